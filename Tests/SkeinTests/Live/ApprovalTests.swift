@testable import Chaos
import Glibc
import Postgres
import TestServers
import Testing

/// A cutover that begins by itself, or does not come to its end at once.
@Suite("Live: approval, refusal, withdrawal", .serialized, .enabled(if: TestServers.areAvailable))
struct ApprovalTests {
    private static func plan(fence: String, approval: String = "automatic") -> String {
        Migration.livePlan(fence: fence).replacing(
            "fence:", with: "approval: \(approval), fence:")
    }

    /// Damages and mends what the migration has copied, behind its back.
    private static let damage =
        "set session_replication_role = replica; update public.names set n = -1 where n = 17; "
        + "delete from public.names where n = 18"
    private static let mended = """
        set session_replication_role = replica; update public.names set n = 17 where n = -1;
        insert into public.names values (md5('18'), 18, repeat('n', 100))
        """

    @Test(.timeLimit(.minutes(4)))
    func `automatic: it begins by itself, and tells begin and end as events`() async throws {
        try await Migration.live("auto", plan: Self.plan(fence: "read-only")) { migration in
            let migrated = try await migration.skein("migrate", "--json")
            #expect(migrated.exitCode == 0, "\(migrated)")
            let events = ["cutover-ready", "cutover-begun", "cutover-completed", "end"]
            let told = migrated.stdout.split(separator: "\n").compactMap { line in
                events.first { line.contains("\"event\":\"\($0)\"") }
            }
            #expect(told == events)
            #expect(migrated.stdout.firstMatch(of: /"event":"cutover-completed".*"seconds":[0-9.]+/) != nil)
            try await migration.expectEqual()
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `automatic: refused for open transactions it follows on, and asks again`() async throws {
        try await Migration.live("autoopen", plan: Self.plan(fence: "none")) { migration in
            let application = try Chaos.connection(to: migration.source)
            let run = try migration.start("migrate", ["--no-color"])
            // A slot would wait for it, so it begins later; until then a copy waits for somebody.
            let table = "select pg_catalog.to_regclass('public.names') is not null"
            try await migration.wait(on: migration.target, until: table)
            let holder = try Chaos.connection(to: migration.target)
            try holder.execute("begin; lock table public.names in access exclusive mode")
            try await migration.waitForCopies(done: 1)
            try application.execute("begin; update public.accounts set balance = 0 where id = 1")
            try holder.execute("rollback")
            try await run.waitUntilSaid("the cutover was refused")
            try await run.waitUntilSaid("asked for again in 15 s")
            #expect(run.stderr.contains("still open"), "\(run.stderr)")
            try application.execute("commit")
            try await migration.waitUntilArrived()
            let migrated = try await run.wait(atMost: 60)
            #expect(migrated.exitCode == 0, "\(migrated)")
            try await migration.expectEqual()
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `automatic: with more lag than allowed it waits, and begins when that is gone`() async throws {
        let manual = Self.plan(fence: "read-only", approval: "manual")
        try await Migration.live("autolag", plan: manual) { migration in
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await run.waitUntilSaid("ready for cutover")
            run.send(SIGTERM)
            #expect(try await run.wait().exitCode == 4)
            try migration.writePlan(Self.plan(fence: "read-only"))
            // The applier waits for its table.
            let holder = try Chaos.connection(to: migration.target)
            try holder.execute("begin; lock table public.scratch in share mode")
            try await migration.applyToSource("update scratch set body = 'late' where id = 1")
            run = try migration.start("migrate", ["--no-color"])
            try await Task.sleep(for: .seconds(12))
            let isClosed = try await TestServers.column("select count(*) from skein.cutover", on: migration.target)
            #expect(run.isRunning && isClosed == ["0"], "\(run.stderr)")
            try holder.execute("rollback")
            let migrated = try await run.wait(atMost: 60)
            #expect(migrated.exitCode == 0, "\(migrated)")
            try await migration.expectEqual()
        }
    }

    @Test(.timeLimit(.minutes(4)), arguments: ["automatic", "manual"])
    func `rows that differ end it with 3, the fence stays, and once mended it completes`(
        approval: String
    ) async throws {
        let plan = Self.plan(fence: "read-only", approval: approval)
        try await Migration.live("differs", plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.wait(
                on: migration.target, until: "select pg_catalog.to_regclass('public.names') is not null")
            try await migration.wait(
                on: migration.target,
                until: "select bool_and(state = 'done') from skein.task where id like 'copy:public.names:%'")
            try await TestServers.execute(Self.damage, on: migration.target)
            if approval == "manual" {
                try await migration.waitUntilFollowing(run)
                let cutover = try await migration.cutOver()
                #expect(cutover.exitCode == 3, "\(cutover)")
                #expect(cutover.stderr.contains("public.names"), "\(cutover)")
            }
            let migrated = try await run.wait(atMost: 90)
            #expect(migrated.exitCode == 3, "\(migrated)")
            #expect(migrated.stderr.contains("public.names"), "\(migrated)")
            let fence = try await TestServers.column(
                """
                select s.setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
                where d.datname = current_database() and s.setrole = 0
                """, on: migration.source)
            #expect(fence == ["{default_transaction_read_only=on}"])
            let command = approval == "manual" ? "cutover" : "migrate"
            let still = try await migration.skein(command, "--no-color")
            #expect(still.exitCode == 3, "\(still)")
            try await TestServers.execute(Self.mended, on: migration.target)
            let done = try await migration.skein(command, "--no-color")
            #expect(done.exitCode == 0, "\(done)")
            try await migration.expectEqual()
        }
    }

    /// A comparison may take hours, and the application is fenced meanwhile.
    @Test(.timeLimit(.minutes(4)), arguments: ["manual", "automatic"])
    func `--abort from another terminal ends what runs, and the migration follows again`(
        approval: String
    ) async throws {
        let plan = Self.plan(fence: "read-only", approval: approval)
        try await Migration.live("withdraw", plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitForCopies(done: 1)
            // The fence waits for it, so that there is time for what follows.
            let application = try Chaos.connection(to: migration.source)
            try application.execute("begin; update public.accounts set balance = 0 where id = 1")
            let isManual = approval == "manual"
            if isManual { try await run.waitUntilSaid("ready for cutover", atMost: 90) }
            let cutover = isManual ? try migration.start("cutover", ["--no-color"]) : nil
            try await migration.wait(on: migration.target, atMost: 90, until: "select count(*) = 1 from skein.cutover")
            // Nothing is compared while somebody holds the table.
            let holder = try Chaos.connection(to: migration.target)
            try holder.execute("begin; lock table public.events in access exclusive mode")
            try application.execute("commit")
            try await migration.wait(
                on: migration.target,
                until: """
                    select exists (
                        select from pg_catalog.pg_locks l
                        join pg_catalog.pg_stat_activity a using (pid)
                        where not l.granted and l.relation = 'public.events'::regclass
                            and exists (select from skein.cutover where drained is not null))
                    """)
            let aborted = try await migration.skein("cutover", "--abort", "--no-color", atMost: 30)
            #expect(aborted.exitCode == 0 && aborted.stdout.contains("withdrawn"), "\(aborted)\n\(run.stderr)")
            if let cutover {
                let ended = try await cutover.wait(atMost: 60)
                #expect(ended.exitCode == 4 && ended.stderr.contains("withdrew"), "\(ended)")
            }
            try await migration.applyToSource("update accounts set balance = 1 where id = 2")
            try holder.execute("rollback")
            #expect(run.isRunning, "\(run.stderr)")
            try await migration.waitUntilFollowing(run)
            #expect(run.stderr.contains("cutover withdrawn"), "\(run.stderr)")
            try await migration.expectCutover(run)
        }
    }
}

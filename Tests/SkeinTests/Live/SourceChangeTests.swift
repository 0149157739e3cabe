@testable import Chaos
import Glibc
import TestServers
import Testing

@Suite("Live: definitions that change on the source", .serialized, .enabled(if: TestServers.areAvailable))
struct SourceChangeTests {
    @Test(.timeLimit(.minutes(4)))
    func `a new column is named with its statement, and after it the same command goes on`() async throws {
        try await Migration.live("ddl") { migration in
            let writers = migration.startWriters(2)
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource("alter table accounts add column nickname text")
            try await migration.applyToSource("update accounts set nickname = 'nick ' || id where id <= 50")
            try await run.waitUntilSaid("nickname")
            try await Task.sleep(for: .seconds(1))
            #expect(run.stderr.contains("accounts"), "\(run.stderr)")
            #expect(run.stderr.contains("add column \"nickname\" text;"), "\(run.stderr)")
            let stopped = try await run.wait(atMost: 60)
            #expect(stopped.exitCode == 4, "\(stopped)")
            try await TestServers.execute("alter table public.accounts add column nickname text", on: migration.target)
            run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a rewrite is told once, and after the table was copied again not at all`() async throws {
        try await Migration.live("rewrite") { migration in
            func follow(_ arguments: String..., until said: String? = nil) async throws -> String {
                let run = try migration.start("migrate", arguments + ["--no-color"])
                try await migration.waitUntilFollowing(run)
                if let said { try await run.waitUntilSaid(said) }
                try await migration.wait(on: migration.target, until: "select count(*) = 0 from skein.resync")
                run.send(SIGTERM)
                return try await run.wait().stderr
            }
            #expect(!(try await follow()).contains("rewritten"))
            try await migration.applyToSource("vacuum full accounts")
            let rewritten = "public.accounts: was rewritten"
            _ = try await follow(until: rewritten)
            #expect(!(try await follow()).contains("rewritten"))
            // The stream tells of it.
            try await migration.applyToSource("truncate scratch; insert into scratch values (1, 'new')")
            try await migration.applyToSource("vacuum full names")
            let told = try await follow(until: "public.names: was rewritten")
            #expect(!told.contains("scratch") && !told.contains(rewritten), "\(told)")
            #expect(!(try await follow("--resync", "public.accounts")).contains(rewritten))
            let shape = try await TestServers.column(
                "select source_shape ->> 'told' from skein.stream", on: migration.target)
            #expect(shape.first??.contains("accounts") == false && shape.first??.contains("names") == true)
            try await migration.applyToSource("vacuum full accounts")
            _ = try await follow(until: rewritten)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a table made on the source meanwhile is named`() async throws {
        try await Migration.live("new") { migration in
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource(
                "create table latecomer (id int primary key); insert into latecomer values (1)")
            run.send(SIGTERM)
            let stopped = try await run.wait()
            #expect(stopped.exitCode == 4, "\(stopped)")
            run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            let cutover = try await migration.cutOver()
            let migrated = try await run.wait(atMost: 30)
            #expect((run.stderr + cutover.stderr + cutover.stdout).contains("latecomer"), "\(migrated)\n\(cutover)")
        }
    }

    /// A replica identity is the parent's only where it is its primary key; and a key can be dropped.
    @Test(.timeLimit(.minutes(4)))
    func `while migrate runs, new partitions and keys that went are named, with what to do`() async throws {
        let sql = """
            create table parted (id int primary key, body text) partition by range (id);
            create table parted_low partition of parted for values from (0) to (100);
            create table keyed (id int primary key, body text);
            insert into parted values (1, 'a'); insert into keyed values (1, 'a');
            """
        let plan = "replication: {spool: {directory: ./spool}}\ncutover: {max-lag: 5 s, fence: read-only}"
        try await Migration.live("parted", sql: [sql], plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource(
                """
                create table parted_more partition of parted for values from (100) to (200);
                insert into parted values (101, 'b');
                alter table keyed drop constraint keyed_pkey
                """)
            await #expect(throws: (any Error).self) {
                try await migration.applyToSource("update keyed set body = 'b'")
            }
            try await run.waitUntilSaid("replica identity full;")
            try await run.waitUntilSaid("public.parted_more: was created as a part of public.parted")
            #expect(run.stderr.contains("public.keyed: updates and deletes fail"), "\(run.stderr)")
            try await migration.applyToSource(
                "alter table keyed add primary key (id); update keyed set body = 'b'; update parted set body = 'c'")
            try await migration.waitUntilFollowing(run)
            let refused = try await migration.cutOver()
            #expect(refused.exitCode != 0)
            let failed = try await run.wait(atMost: 30)
            #expect(failed.exitCode == 1 && failed.stderr.contains("run `skein cutover` again"), "\(failed)")
            try await TestServers.execute(
                "create table public.parted_more partition of public.parted for values from (100) to (200)",
                "insert into public.parted_more values (101, 'c')", on: migration.target)
            let cutover = try await migration.cutOver()
            #expect(cutover.exitCode == 0, "\(cutover)")
            try await migration.expectEqual()
        }
    }
}

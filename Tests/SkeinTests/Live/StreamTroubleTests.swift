@testable import Chaos
import Foundation
import Glibc
import Postgres
import TestServers
import Testing

@Suite("Live: spool and slot in trouble", .serialized, .enabled(if: TestServers.areAvailable))
struct StreamTroubleTests {
    @Test(.timeLimit(.minutes(4)), .enabled(if: getuid() == 0, "mounts a small disk"))
    func `a full disk stops the receiving only, and with room again all arrives`() async throws {
        try await Migration.live("disk") { migration in
            let disk = try SpoolDisk(migration.folder + "/spool", bytes: 1 << 20)
            defer { disk.remove() }
            let writers = migration.startWriters(3, .init(pause: 0.001))
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.applyToSource(
                "insert into scratch select n, repeat('d', 1000) from generate_series(100000, 104000) n")
            try await Task.sleep(for: .seconds(6))
            #expect(run.isRunning, "\(run.stderr)")
            try disk.enlarge()
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a deleted spool is named, and --repair mends it`() async throws {
        try await Migration.live("spool") { migration in
            let writers = migration.startWriters(2)
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            // What is confirmed to the source must not be applied yet: else the spool holds nothing that is missed.
            let blocker = try Chaos.connection(to: migration.target)
            try blocker.execute("begin; lock table public.accounts in share mode")
            try await migration.applyToSource("update public.accounts set owner = 'missed' where id = 1")
            let missed = try #require(
                try await TestServers.column("select pg_current_wal_insert_lsn()", on: migration.source)[0])
            try await migration.wait(
                on: migration.source,
                until: """
                    select confirmed_flush_lsn > '\(missed)' from pg_replication_slots
                    where database = current_database() and not temporary
                    """)
            run.send(SIGKILL)
            _ = try await run.wait()
            try blocker.execute(
                """
                select pg_terminate_backend(pid, 10000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and application_name like 'skein/%'
                """)
            try blocker.execute("rollback")
            try FileManager.default.removeItem(atPath: migration.folder + "/spool")
            let refused = try await migration.skein("migrate", "--no-color")
            #expect(refused.exitCode == 1, "\(refused)")
            #expect(refused.stderr.contains("--repair"), "\(refused)")
            #expect(refused.stderr.contains("spool"), "\(refused)")
            run = try migration.start("migrate", ["--repair", "--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)), arguments: [false, true])
    func `a lost slot is noticed at once, and --repair mends it`(isWhileCopying: Bool) async throws {
        try await Migration.live("slot") { migration in
            let writers = migration.startWriters(2)
            var run = try migration.start("migrate", ["--no-color"])
            if isWhileCopying {
                try await migration.waitForCopies(done: 3)
            } else {
                try await migration.waitUntilFollowing(run)
            }
            try await TestServers.blocking { [source = migration.source] in
                let connection = try Chaos.connection(to: source)
                for _ in 0..<200 {
                    let slots = try connection.query(
                        "select slot_name, active_pid from pg_replication_slots where database = current_database()")
                    if slots.count == 0 { return }
                    if let pid = slots[0, 1] { try connection.query("select pg_terminate_backend($1)", [pid]) }
                    _ = try? connection.query("select pg_drop_replication_slot($1)", [slots.text(0, 0)])
                }
            }
            let lost = try await run.wait(atMost: 30)
            #expect(lost.exitCode == 1, "\(lost)")
            #expect(lost.stderr.contains("--repair"), "\(lost)")
            #expect(lost.stderr.contains("slot"), "\(lost)")
            // Whatever is truncated while the slot is made spoils that one, and another is made.
            let holder = try Chaos.connection(to: migration.source)
            try holder.execute("begin; insert into public.scratch values (888888, 'open')")
            run = try migration.start("migrate", ["--repair", "--no-color"])
            try await migration.wait(
                on: migration.source,
                until: """
                    select bool_or(\(holder.backendPID) = any (pg_blocking_pids(pid))) from pg_stat_activity
                    where backend_type = 'walsender'
                    """)
            try await migration.applyToSource("truncate public.pairs")
            try holder.execute("rollback")
            try await run.waitUntilSaid("retry    repair in")
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `--resync copies a table again while everything else goes on`() async throws {
        try await Migration.live("resync") { migration in
            let writers = migration.startWriters(2)
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            run.send(SIGTERM)
            #expect(try await run.wait().exitCode == 4)
            try await TestServers.execute(
                "set session_replication_role = replica; delete from public.names where n % 3 = 0; "
                    + "update public.accounts set owner = 'wrong' where id % 5 = 0", on: migration.target)
            for table in ["public.names", "public.accounts"] {
                run = try migration.start("migrate", ["--resync", table, "--no-color"])
                try await migration.waitUntilFollowing(run)
                try await migration.wait(on: migration.target, until: "select count(*) = 0 from skein.resync")
                if table == "public.names" {
                    run.send(SIGTERM)
                    #expect(try await run.wait().exitCode == 4)
                }
            }
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `--resync beside a running migrate is done by that one, and ends when the table is in step`() async throws {
        try await Migration.live("beside") { migration in
            let writers = migration.startWriters(2)
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await TestServers.execute(
                "set session_replication_role = replica; delete from public.names where n % 3 = 0",
                on: migration.target)
            // What has begun before has to end first.
            let holder = try Chaos.connection(to: migration.source)
            try holder.execute("begin; insert into public.scratch values (777777, 'open')")
            let stopped = try migration.start("migrate", ["--resync", "public.names", "--no-color"])
            try await stopped.waitUntilSaid("is copied again")
            stopped.send(SIGINT)
            let left = try await stopped.wait(atMost: 60)
            #expect(left.exitCode == 4 && left.stderr.contains("wish stays"), "\(left)")
            let again = try migration.start("migrate", ["--resync", "public.names", "--json"])
            try await Task.sleep(for: .seconds(1))
            #expect(again.isRunning)
            try holder.execute("rollback")
            let copied = try await again.wait(atMost: 60)
            #expect(copied.exitCode == 0 && copied.stdout.contains(#""result":"in-step""#), "\(copied)")
            #expect(run.isRunning, "\(run.stderr)")
            let third = try migration.start("migrate", ["--resync", "public.names", "--no-color"])
            try await migration.stop(writers)
            let done = try await third.wait(atMost: 60)
            #expect(done.exitCode == 0 && done.stdout.contains("in step: public.names"), "\(done)")
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `--resync beside a migrate that is killed ends with 4, and the next migrate carries it out`() async throws {
        try await Migration.live("besidekill") { migration in
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            let holder = try Chaos.connection(to: migration.source)
            try holder.execute("begin; insert into public.scratch values (777777, 'open')")
            let waiting = try migration.start("migrate", ["--resync", "public.names", "--no-color"])
            try await waiting.waitUntilSaid("is copied again")
            run.send(SIGKILL)
            _ = try await run.wait()
            let left = try await waiting.wait(atMost: 30)
            #expect(left.exitCode == 4 && left.stderr.contains("has ended"), "\(left)")
            try holder.execute("rollback")
            run = try migration.start("migrate", ["--no-color"])
            try await migration.wait(
                on: migration.target,
                until: "select not exists (select from skein.resync) and not exists (select from skein.lane_table)")
            try await migration.expectCutover(run)
        }
    }

    /// Commits of copies are asynchronous: a crash of the target may take back the last of them.
    @Test(.timeLimit(.minutes(4)))
    func `a copy that the target's crash has taken back is made again`() async throws {
        try await Migration.live("takenback") { migration in
            let writers = migration.startWriters(2)
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            // What the process would do in the moment of the crash must not wait for what is done here, nor end it.
            run.send(SIGSTOP)
            try await TestServers.execute(
                """
                select pg_terminate_backend(pid, 10000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and application_name like 'skein/%';
                set session_replication_role = replica;
                delete from public.names;
                update skein.task set state = 'pending', watermark = null, insert_lsn = null, slot_generation = null
                where id like 'copy:public.names:%';
                """, on: migration.target)
            run.send(SIGCONT)
            try await migration.wait(
                on: migration.target,
                until: "select bool_and(state = 'done') from skein.task where id like 'copy:public.names:%'")
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }
}

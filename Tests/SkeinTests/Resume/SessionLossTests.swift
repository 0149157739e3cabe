@testable import Chaos
import Postgres
import TestServers
import Testing

@Suite("Sessions that are ended in the middle of a copy", .serialized, .enabled(if: TestServers.areAvailable))
struct SessionLossTests {
    @Test(.timeLimit(.minutes(2)))
    func `the session that holds the snapshot`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            #expect(try await migration.terminate(like: "snapshot", on: migration.source) == 1)
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.stderr.contains("snapshot taken again"), "\(result)")
            #expect(try await migration.differences() == [], "\(result)")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `the session that holds the claims`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            // Its indexes wait for this, so that the run is not over before it was asked for.
            let holder = try Chaos.connection(to: migration.target)
            try holder.execute("begin; lock table public.events in row exclusive mode")
            let old = try await TestServers.column(
                "select pid \(migration.sessions(like: "control"))", on: migration.target)
            #expect(try await migration.terminate(like: "control", on: migration.target) == 1)
            // The process counts as alive again a moment later.
            try await migration.wait(
                on: migration.target,
                until: """
                    select count(*) > 0 from pg_catalog.pg_locks
                    where locktype = 'advisory' and objsubid = 2 and granted and pid <> \(old[0] ?? "0")
                        and pid in (select pid \(migration.sessions(like: "control")))
                    """)
            let status = try await migration.skein("status", "--json")
            #expect(status.stdout.contains(#""is_running" : true"#), "\(status)")
            try holder.execute("rollback")
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [], "\(result)")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `any of them, again and again`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            for round in 1...12 where run.isRunning {
                let database = round.isMultiple(of: 2) ? migration.source : migration.target
                _ = try await TestServers.column(
                    """
                    select pg_catalog.pg_terminate_backend(pid) from (
                        select pid \(migration.sessions()) order by random() limit 2) s
                    """, on: database)
                try await Task.sleep(for: .milliseconds(300))
            }
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [], "\(result)")
        }
    }
}

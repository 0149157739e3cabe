import Glibc
import TestServers
import Testing

@Suite("Two processes for one plan", .serialized, .enabled(if: TestServers.areAvailable))
struct TwoProcessesTests {
    private static let copiedAgain = "select id from skein.task where id like 'copy:%' and attempts > 1"

    @Test(.timeLimit(.minutes(2)))
    func `started at once, they share the work and copy nothing twice`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let runs = [try migration.start("migrate"), try migration.start("migrate")]
            for run in runs {
                let result = try await run.wait()
                #expect(result.exitCode == 0, "\(result)")
                #expect(result.stderr.contains("done     copy:"), "it had no share: \(result)")
            }
            #expect(try await TestServers.column(Self.copiedAgain, on: migration.target) == [])
            #expect(try await migration.differences() == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `one that is started in the middle joins in`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let first = try migration.start("migrate", ["--table-jobs", "1"])
            try await migration.waitForCopy()
            let second = try migration.start("migrate")
            let results = [try await first.wait(), try await second.wait()]
            for result in results { #expect(result.exitCode == 0, "\(result)") }
            #expect(results[1].stderr.contains("done     copy:"), "it had no share: \(results[1])")
            #expect(try await TestServers.column(Self.copiedAgain, on: migration.target) == [])
            #expect(try await migration.differences() == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `when one is killed, the other takes its claims over within seconds`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let first = try migration.start("migrate")
            try await migration.waitForCopies(done: 1)
            let second = try migration.start("migrate")
            try await second.waitUntilSaid("goes on, ")
            try await migration.waitForCopy()
            first.send(SIGKILL)
            #expect(try await first.wait().signal == SIGKILL)
            let result = try await second.wait(atMost: 30)
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [], "\(result)")
        }
    }

    /// Its sessions are ended by the server while it stands still, as when its network is cut; somebody else finishes
    /// the migration, and then it wakes up.
    @Test(.timeLimit(.minutes(2)))
    func `one that slept while its work was taken over spoils nothing`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let sleeper = try migration.start("migrate")
            try await migration.waitForCopy()
            sleeper.send(SIGSTOP)
            for database in [migration.source, migration.target] { try await migration.terminate(on: database) }
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result)")
            sleeper.send(SIGCONT)
            let late = try await sleeper.wait()
            #expect(late.exitCode == 0, "\(late)")
            #expect(try await migration.differences() == [], "\(late)")
        }
    }
}

import Execution
import Faults
import Glibc
import TestServers
import Testing

@Suite("Killed at a fault point, the same command goes on", .serialized, .enabled(if: TestServers.areAvailable))
struct FaultPointTests {
    /// A point, and at which passing the process dies.
    struct Fault: Sendable, CustomTestStringConvertible {
        var point: FaultPoint
        var passing: Int
        var testDescription: String { "\(point.rawValue):\(passing)" }
        var environment: [String: String] { ["SKEIN_FAULT": testDescription] }

        /// Those that a migration in offline mode passes.
        static let offline: [FaultPoint] = [
            .stateCreated, .snapshotExported, .recheckReset, .taskClaimed, .taskBegun, .taskDone, .taskCommitted,
            .copyMoved, .copyCommitted, .schemaDumped, .schemaBatch, .outsideTransaction, .beforeFinish, .dropBegun,
        ]
        static let first = offline.map { Fault(point: $0, passing: 1) }

        /// Where a point is passed often, in the middle of it, too.
        static let later: [Fault] = offline.flatMap { point -> [Fault] in
            let passings: [Int] =
                switch point {
                case .taskClaimed, .taskBegun, .taskDone, .taskCommitted: LongTests.areWanted ? [5, 20, 35] : [20]
                case .copyMoved, .copyCommitted: LongTests.areWanted ? [4, 9] : [9]
                case .schemaBatch, .outsideTransaction: [3]
                default: []
                }
            return passings.map { Fault(point: point, passing: $0) }
        }
    }

    @Test(arguments: Fault.first + Fault.later)
    func `both databases are equal after a kill and the same command`(_ fault: Fault) async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            let arguments = try await prepare(fault.point, migration)
            let killed = try await migration.start("migrate", arguments, environment: fault.environment).wait()
            #expect(killed.signal == SIGKILL, "the point was not passed: \(killed)")
            let resumed = try await migration.start("migrate", arguments).wait()
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(try await migration.differences() == [])
            let again = try await migration.skein("migrate")
            #expect(again.exitCode == 0)
            #expect(again.stdout.contains("already done"), "\(again)")
        }
    }

    /// Brings a migration to where the point will be passed.
    /// - Returns: arguments for `migrate`.
    private func prepare(_ point: FaultPoint, _ migration: Migration) async throws -> [String] {
        switch point {
        case .dropBegun:
            #expect(try await migration.skein("migrate").exitCode == 0)
            return ["--drop-if-exists", "--yes"]
        case .recheckReset:
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.committed:8"])
            #expect(killed.signal == SIGKILL)
            try await TestServers.execute(
                "update public.events set body = 'changed' where id % 100 = 1", on: migration.source)
            return []
        default: return []
        }
    }
}

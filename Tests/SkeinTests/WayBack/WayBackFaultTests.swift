@testable import Chaos
import Faults
import Glibc
import TestServers
import Testing

/// A process dies at each point of the way back, and the same command goes on.
@Suite("The way back, killed at a fault point", .enabled(if: TestServers.areAvailable && OwnServers.canStart))
struct WayBackFaultTests {
    static let opening: [FaultPoint] = [.fallbackRecorded, .fallbackPrepared, .fallbackOpened]
    static let rollback: [FaultPoint] = [
        .rollbackRequested, .fenceRecorded, .fenceSet, .rollbackFenced, .markerStored, .markerWritten, .rollbackDrained,
        .endMarkerWritten, .rollbackCounted, .rollbackSequencesSet, .rollbackCompleting, .rollbackCompleted,
        .fenceLifted, .rollbackUnfenced, .rollbackTold,
    ]
    static let cleaning: [FaultPoint] = [.cleanSlotDropped, .cleanPublicationsDropped, .fallbackCleaned]

    /// Passed here alone.
    static let points = opening + rollback + cleaning

    @Test(.timeLimit(.minutes(6)))
    func `from the cutover to the cleaning`() async throws {
        try await Migration.withWayBack("back_faults") { migration in
            let points = FaultSequence(migration)
            try await points.reachTheGate()
            for point in Self.opening { try await points.die(at: point, of: "cutover") }
            // Withdrawn with the way back half made, which then begins anew.
            #expect(try await migration.skein("cutover", "--abort").exitCode == 0)
            try await points.reachTheGate()
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)")
            let writers = migration.startTargetWriters(2)
            let carrying: [FaultPoint] = [.spoolSynced, .applyBeforeCommit, .applyCommitted, .streamBeforeConfirm]
            for point in carrying { try await points.dieCarryingBack(at: point) }
            for point in Self.rollback { try await points.die(at: point, of: "rollback", ["--yes"]) }
            try await migration.stop(writers)
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)")
            try await migration.expectRolledBack(writers)
            for point in Self.cleaning { try await points.die(at: point, of: "clean", ["--prune"]) }
            try await migration.expectCleaned()
        }
    }
}

extension FaultSequence {
    /// `migrate` behind the cutover; nothing is written to the source, whose fence stands.
    func dieCarryingBack(at point: FaultPoint) async throws {
        let process = try migration.start("migrate", ["--no-color"], environment: ["SKEIN_FAULT": point.rawValue])
        let end = try await process.wait(atMost: 45)
        guard end.signal == SIGKILL else { throw Survived(description: "\(point.rawValue): \(end)") }
    }
}

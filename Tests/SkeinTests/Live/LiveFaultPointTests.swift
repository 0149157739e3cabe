@testable import Chaos
import Faults
import Glibc
import TestServers
import Testing

/// A process dies at each point, and the same command goes on: through one migration after the other, point by point in
/// the order in which they come, while the source changes in between.
@Suite("Live, killed at a fault point, the same command goes on", .enabled(if: TestServers.areAvailable))
struct LiveFaultPointTests {
    static let copying: [FaultPoint] = [
        .stateCreated, .taskClaimed, .identityRecorded, .identityAltered, .publicationCreated, .outsideTransaction,
        .taskBegun, .taskDone, .taskCommitted, .slotCreated, .slotStored, .schemaDumped, .schemaBatch,
        .liveSnapshotTaken, .liveCopyMoved,
    ]
    /// Come with tables that are only copied in part, which the test sees to.
    static let between: [FaultPoint] = [.copyCommitted, .blockHolderExported, .blocksStartedOver]
    static let following: [FaultPoint] = [
        .applyConfigured, .applyRowRead, .spoolBeforeSync, .spoolSynced, .streamBeforeConfirm, .applyBeforeCommit,
        .applyCommitted, .spoolRotated, .spoolBeforeRelease, .applyFlushedPart,
    ]
    static let cutover: [FaultPoint] = [
        .gateOpened, .fenceRecorded, .fenceSet, .markerStored, .markerWritten, .drainDone, .recopyMoved,
        .triggersRestored, .endMarkerWritten, .completing, .cutoverCompleted, .beforeFinish,
    ]
    static let cleaning: [FaultPoint] = [
        .cleanFenceLifted, .cleanSlotDropped, .cleanPublicationsDropped, .cleanSourceCleaned,
    ]
    static let withdrawing: [FaultPoint] = [
        .undoReopened, .fenceLifted, .undoUnfenced, .undoCleared, .undoDone,
    ]
    static let resync: [FaultPoint] = [.resyncFrozen, .resyncMoved, .resyncCopied, .resyncJoined]
    static let repair: [FaultPoint] = [.repairBegun, .repairPieceMoved, .repairPieceCommitted]

    /// Passed where the target's TimescaleDB has the community licence: `PolicyTests`.
    static let licensed: [FaultPoint] = [.policiesSet, .policiesCommitted]

    /// To the target, behind the migration's back.
    private static let damage = "set session_replication_role = replica; delete from public.items where id % 3 = 0"

    @Test func `every point is passed here or offline`() {
        let live = Self.copying + Self.between + Self.following + Self.cutover + Self.cleaning + Self.withdrawing
        let elsewhere =
            FaultPointTests.Fault.offline + RolesTests.points + WayBackFaultTests.points + [
                .chunksLevelled, .extensionRowsMoved,
            ]
        let passed = Set(live + Self.resync + Self.repair + Self.licensed + elsewhere)
        #expect(Set(FaultPoint.allCases).subtracting(passed) == [])
    }

    @Test(.timeLimit(.minutes(6)))
    func `from the first task to the cleaning`() async throws {
        try await Migration.live("faults", sql: FaultSchema.batches, plan: FaultSchema.plan) { migration in
            let points = FaultSequence(migration)
            for point in Self.copying { try await points.die(at: point) }
            try await points.dieBetweenPieces(of: "public.documents")
            // To a piece that is copied, from one that is not: the row's large value is nowhere, and not in the stream.
            try await migration.applyToSource(
                "update documents set id = id + 10000 where id < 60; update documents set id = -id where id > 200")
            try await points.die(at: .blockHolderExported)
            try await points.dieBetweenPieces(of: "public.names")
            try await points.die(at: .blocksStartedOver)
            for point in Self.following {
                if point == .spoolRotated || point == .applyFlushedPart {
                    try await migration.applyToSource(FaultSchema.largeTransaction)
                }
                try await points.die(at: point)
            }
            try await points.reachTheGate()
            for point in Self.cutover { try await points.die(at: point, of: "cutover") }
            let cutover = try await migration.skein("cutover", "--no-color")
            try #require(cutover.exitCode == 0, "\(cutover)")
            try await migration.expectEqual()
            let again = try await migration.skein("migrate")
            #expect(again.stdout.contains("already done"), "\(again)")
            for point in Self.cleaning { try await points.die(at: point, of: "clean", ["--prune"]) }
            let cleaned = try await migration.skein("clean", "--prune")
            #expect(cleaned.exitCode == 0, "\(cleaned)")
            let left = try await migration.leftovers()
            #expect(left == [])
        }
    }

    @Test(.timeLimit(.minutes(6)))
    func `a cutover withdrawn, a table copied again, a repair`() async throws {
        try await Migration.live("undone", sql: FaultSchema.batches, plan: FaultSchema.plan) { migration in
            let points = FaultSequence(migration)
            try await points.reachTheGate()
            try await points.die(at: .triggersRestored, of: "cutover")
            for point in Self.withdrawing { try await points.die(at: point, of: "cutover", ["--abort"]) }
            let aborted = try await migration.skein("cutover", "--abort")
            try #require(aborted.exitCode == 0, "\(aborted)")
            try await TestServers.execute(Self.damage, on: migration.target)
            for point in Self.resync { try await points.die(at: point, ["--resync", "public.items"]) }
            try await points.reachTheGate()
            let slots = "from pg_replication_slots where database = current_database()"
            try await migration.wait(on: migration.source, until: "select count(*) = 0 \(slots) and active")
            try await migration.applyToSource("select pg_drop_replication_slot(slot_name) \(slots)")
            try await TestServers.execute(Self.damage, on: migration.target)
            for point in Self.repair { try await points.die(at: point, ["--repair"]) }
            let run = try migration.start("migrate", ["--repair", "--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.expectCutover(run)
        }
    }
}

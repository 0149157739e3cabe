#if canImport(Glibc)
    private import Glibc
#endif
private import Synchronization

/// Named places at which a test kills this process, to show that the same command then goes on.
///
/// `SKEIN_FAULT=copy.before-commit` kills at the first passing, `copy.before-commit:3` at the third. Unset, a passing
/// costs one comparison.
package enum FaultPoint: String, CaseIterable, Sendable {
    case stateCreated = "state.created"
    case snapshotExported = "snapshot.exported"
    case recheckReset = "recheck.after-reset"
    case taskClaimed = "task.claimed"
    case taskBegun = "task.begun"
    case taskDone = "task.before-commit"
    case taskCommitted = "task.committed"
    case copyMoved = "copy.before-commit"
    case copyCommitted = "copy.committed"
    case schemaDumped = "schema.dumped"
    case schemaBatch = "schema.batch-committed"
    case extensionRowsMoved = "extension-rows.before-commit"
    case outsideTransaction = "task.outside-transaction"
    case beforeFinish = "run.before-finish"
    case dropBegun = "drop.before-commit"
    case rolesMade = "roles.before-commit"
    case ownersSet = "owners.before-commit"
    case privilegesGranted = "privileges.before-commit"
    case spoolBeforeSync = "spool.before-sync"
    case spoolSynced = "spool.synced"
    case spoolRotated = "spool.rotated"
    case spoolBeforeRelease = "spool.before-release"
    case streamBeforeConfirm = "stream.before-confirm"

    // Of a cutover.

    case gateOpened = "gate.opened"
    case drainDone = "drain.done"
    case triggersRestored = "triggers.restored"
    case chunksLevelled = "chunks.before-commit"
    case recopyMoved = "recopy.before-commit"
    case endMarkerWritten = "cutover.end-marker-written"
    case completing = "cutover.before-complete"
    case cutoverCompleted = "cutover.completed"
    case undoReopened = "undo.reopened"
    case undoUnfenced = "undo.unfenced"
    case undoCleared = "undo.cleared"
    case undoDone = "undo.done"

    // Of the way back.

    case fallbackRecorded = "fallback.recorded"
    case fallbackPrepared = "fallback.prepared"
    case fallbackOpened = "fallback.opened"
    case rollbackRequested = "rollback.requested"
    case rollbackFenced = "rollback.fenced"
    case rollbackDrained = "rollback.drained"
    case rollbackCounted = "rollback.counted"
    case rollbackSequencesSet = "rollback.sequences-set"
    case rollbackCompleting = "rollback.before-complete"
    case rollbackCompleted = "rollback.completed"
    case rollbackUnfenced = "rollback.unfenced"
    case rollbackTold = "rollback.told"
    case fallbackCleaned = "fallback.target-cleaned"

    case policiesSet = "policies.before-commit"
    case policiesCommitted = "policies.committed"

    // On the source of a live migration.

    case identityRecorded = "identity.recorded"
    case identityAltered = "identity.altered"
    case publicationCreated = "publication.created"
    case slotCreated = "slot.created"
    case slotStored = "slot.stored"
    case fenceRecorded = "fence.recorded"
    case fenceSet = "fence.set"
    case fenceLifted = "fence.lifted"
    case markerStored = "marker.stored"
    case markerWritten = "marker.written"
    case cleanFenceLifted = "clean.fence-lifted"
    case cleanSlotDropped = "clean.slot-dropped"
    case cleanPublicationsDropped = "clean.publications-dropped"
    case cleanSourceCleaned = "clean.source-cleaned"

    // Copying live.

    case liveSnapshotTaken = "live-copy.snapshot-taken"
    case liveCopyMoved = "live-copy.before-commit"
    case blockHolderExported = "block-holder.exported"
    case blocksStartedOver = "block-holder.started-over"
    case resyncFrozen = "resync.frozen"
    case resyncMoved = "resync.before-commit"
    case resyncCopied = "resync.copied"
    case resyncJoined = "resync.joined"
    case repairBegun = "repair.begun"
    case repairPieceMoved = "repair.before-commit"
    case repairPieceCommitted = "repair.piece-committed"

    case applyFlushedPart = "apply.flushed-part"
    case applyBeforeCommit = "apply.before-commit"
    case applyCommitted = "apply.committed"
    case applyRowRead = "apply.row-read"
    case applyConfigured = "apply.before-configuration"

    private static let armed: (name: String, passing: Int)? = {
        guard let value = unsafe getenv("SKEIN_FAULT") else { return nil }
        let parts = unsafe String(cString: value).split(separator: ":", maxSplits: 1)
        return parts.first.map { (String($0), parts.count > 1 ? Int(parts[1]) ?? 1 : 1) }
    }()
    private static let passings = Atomic(0)

    /// Kills this process, as power loss would, where the environment says so.
    package func pass() {
        guard let armed = Self.armed, armed.name == rawValue else { return }
        let count = Self.passings.add(1, ordering: .relaxed).newValue
        if count == armed.passing { kill(getpid(), SIGKILL) }
    }
}

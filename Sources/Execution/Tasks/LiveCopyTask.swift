private import Faults
private import PlanFile
package import Planning
internal import Postgres

/// Copies one piece while the application writes to the source: read in a transaction of its own there, under a
/// snapshot that becomes its watermark; written, with watermark and "done", in one transaction on the target.
///
/// Killed before the target's commit: nothing has happened, the piece is copied under another snapshot next time. Killed
/// after it: it is done.
package enum LiveCopyTask {
    package static func run(_ piece: Piece, _ scope: TaskScope) throws -> TaskOutcome {
        if case .blocks = piece.rows { return try BlockCopy.run(piece, scope) }
        let source = try scope.ends.source()
        let migration = scope.context.migration
        let outcome = try scope.inTransaction { target in
            let slot = try SlotRecord.read(target, migration: migration)
            let (moved, snapshot) = try LockedReading.run(
                source, locking: [piece.table], chunksOf: [piece], .covering(slot.snapshot)
            ) { snapshot in
                FaultPoint.liveSnapshotTaken.pass()
                return (try copy(piece, from: source, to: target, scope), snapshot)
            }
            // Behind the source's transaction, which need not stay open for it.
            try ServerFlush.wait(source, for: snapshot.insertLSN)
            try slot.hold(target, migration: migration)
            try slot.mark([scope.number], target, migration: migration)
            FaultPoint.liveCopyMoved.pass()
            return TaskOutcome(rows: moved.rows, bytes: moved.bytes, copied: snapshot.copied)
        }
        FaultPoint.copyCommitted.pass()
        return outcome
    }

    /// Under the lock, before the first row: a rewrite that came before does no harm, another shape does.
    static func copy(
        _ piece: Piece, from source: Connection, to target: Connection, _ scope: TaskScope,
    ) throws -> CopyResult {
        let agreed = try TableShape.agreed(piece, source, target)
        return try CopyTask.move(
            agreed, from: source, to: target, scope, isFrozen: agreed.mayFreeze && !scope.isRedo)
    }
}

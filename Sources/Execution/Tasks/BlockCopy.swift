private import ChangeStream
private import Faults
private import LogicalDecoding
private import PlanFile
internal import Planning
private import Postgres

/// Copies one of a table's block pieces. Numbers of blocks name the same rows under one snapshot alone, so all pieces of
/// the table are read under one, which a holder keeps open.
///
/// The table's states, in `skein.block_snapshot`:
/// - no row: nobody has begun;
/// - generation n, holder alive: pieces are copied under it, by any process;
/// - generation n, holder gone: whoever finds out exports another snapshot. Where it sees the same, n stays; else, in
///   one transaction, n + 1 is recorded, all rows of the table are deleted and its finished pieces are to be copied
///   again. A copy under n that is still under way finds n gone when it says "done", and is rolled back.
enum BlockCopy {
    static func run(_ piece: Piece, _ scope: TaskScope) throws -> TaskOutcome {
        let context = scope.context
        let target = try scope.ends.target()
        let store = BlockSnapshotStore(target, context, table: piece.tableOID)
        let slot = try SlotRecord.read(target, migration: context.migration)
        let known = try store.read()
        guard let known, known.slotGeneration == slot.generation else {
            return try copy(piece, scope, under: renewed(known, piece, slot, scope))
        }
        do {
            return try copy(piece, scope, under: known)
        } catch is SnapshotLost {
            try Task.checkCancellation()
            // Nothing of it is committed: it is read again under another.
            return try copy(piece, scope, under: renewed(known, piece, slot, scope))
        } catch let error as PostgresError where error.sqlState == "55P03" {
            try giveWay(known, piece, scope)
            throw error
        }
    }

    /// Whoever waits for the table exclusively has the application's statements queue behind, and waits for the holder,
    /// which lasts as long as the table is copied. So the holder ends, and the table starts over once the lock is free:
    /// the source stays healthy (DESIGN.md, section 1).
    private static func giveWay(_ block: BlockSnapshot, _ piece: Piece, _ scope: TaskScope) throws {
        let source = try scope.ends.source()
        guard try source.query(selectExclusiveWaiters, [String(piece.tableOID)]).count > 0 else { return }
        BlockHolders.process.release(piece.tableOID, scope.context)
        try BlockHolders.end(pid: block.holderPID, source, scope.context)
    }

    private static let selectExclusiveWaiters = """
        select pid from pg_catalog.pg_locks
        where locktype = 'relation' and relation = $1::oid and not granted and mode = 'AccessExclusiveLock'
            and database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        """

    private static func copy(_ piece: Piece, _ scope: TaskScope, under block: BlockSnapshot) throws -> TaskOutcome {
        let context = scope.context
        let (source, target) = (try scope.ends.source(), try scope.ends.target())
        let store = BlockSnapshotStore(target, context, table: piece.tableOID)
        let reference = SnapshotReference(
            id: block.id, generation: block.generation, text: block.snapshot.watermark.description)
        let outcome = try scope.inTransaction { target in
            let slot = try SlotRecord.read(target, migration: context.migration)
            let moved = try LockedReading.run(source, locking: piece.table, under: reference) {
                FaultPoint.liveSnapshotTaken.pass()
                return try LiveCopyTask.copy(piece, from: source, to: target, scope)
            }
            try ServerFlush.wait(source, for: block.snapshot.insertLSN)
            try slot.hold(target, migration: context.migration)
            guard slot.generation == block.slotGeneration else { throw ClaimLost() }
            try store.hold(generation: block.generation)
            try slot.mark([scope.number], target, migration: context.migration)
            FaultPoint.liveCopyMoved.pass()
            return TaskOutcome(rows: moved.rows, bytes: moved.bytes, copied: block.snapshot.copied)
        }
        FaultPoint.copyCommitted.pass()
        if try store.isComplete() {
            BlockHolders.process.release(piece.tableOID, context)
            // Another process's, which cannot know.
            try BlockHolders.end(pid: block.holderPID, source, context)
        }
        return outcome
    }

    /// Exports a new snapshot for the table, unless another process was faster.
    /// - Returns: the snapshot to read under.
    /// - Throws: `ClaimLost` where the table starts over: the run looks at the state again, which says what is to be
    ///   done.
    private static func renewed(
        _ known: BlockSnapshot?, _ piece: Piece, _ slot: SlotRecord, _ scope: TaskScope,
    ) throws -> BlockSnapshot {
        let context = scope.context
        let target = try scope.ends.target()
        let store = BlockSnapshotStore(target, context, table: piece.tableOID)
        let (exported, holder) = try BlockHolders.process.export(
            piece.table, oid: piece.tableOID, for: slot, context)
        FaultPoint.blockHolderExported.pass()
        let renewal: Renewal = try target.transaction {
            try record(exported, replacing: known, piece, slot, context, target)
        }
        switch renewal {
        case .adopted(let snapshot):
            BlockHolders.process.keep(holder, piece.tableOID, context)
            return snapshot
        case .startedOver:
            BlockHolders.process.keep(holder, piece.tableOID, context)
            FaultPoint.blocksStartedOver.pass()
            throw ClaimLost()
        case .tooLate:
            // Another worker's, of this process or another, serves both.
            guard let present = try store.read(), present.slotGeneration == slot.generation else { throw ClaimLost() }
            return present
        }
    }

    private enum Renewal {
        case adopted(BlockSnapshot)
        case startedOver
        case tooLate
    }

    private static func record(
        _ exported: BlockSnapshot, replacing known: BlockSnapshot?, _ piece: Piece, _ slot: SlotRecord,
        _ context: RunContext, _ target: Connection,
    ) throws -> Renewal {
        // What was read under a generation must never be older than the state says after a crash.
        try target.execute("set local synchronous_commit = on")
        try slot.hold(target, migration: context.migration)
        let store = BlockSnapshotStore(target, context, table: piece.tableOID)
        var next = exported
        if let known {
            // Waits for the commit of what is just being done, and keeps others from it.
            guard try store.read(isLocking: true) == known else { return .tooLate }
            if known.slotGeneration == slot.generation, known.snapshot.watermark == exported.snapshot.watermark {
                // No transaction id was given out between the two: they see the same.
                next.generation = known.generation
                next.snapshot.insertLSN = max(known.snapshot.insertLSN, exported.snapshot.insertLSN)
                try store.replace(by: next)
                return .adopted(next)
            }
            next.generation = known.generation + 1
            try store.replace(by: next)
        } else {
            guard try store.insert(next) else { return .tooLate }
        }
        let done = try store.lockDone()
        guard !done.isEmpty else { return .adopted(next) }
        try target.execute(CopyTask.silence)
        try RowRemoval.rows(
            of: piece.whole, isParent: context.decisions.parents.contains(piece.targetTable), target)
        try TaskStore(target, migration: context.migration).reset(done)
        return .startedOver
    }
}

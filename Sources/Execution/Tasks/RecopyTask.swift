private import ChangeStream
private import LogicalDecoding
private import Faults
private import PlanFile
internal import Planning
private import Postgres

/// Tables without a replica identity are followed for inserts and truncates alone. Once everything up to the marker is
/// applied, each is compared with the source, and copied again whole where it differs. Always: the source's counters of
/// updates and deletes are best effort, and an update that moved a row between pieces doubled it (EXACTNESS.md, 27).
///
/// All in one transaction on the target. What is copied again gets its new watermark with it, so that a cutover that is
/// given up leaves tables that can be followed on.
enum RecopyTask {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        // What the applier has consumed lies before this.
        let consumed = try PieceSnapshot.takeBehindAll(source).watermark
        return try scope.inTransaction { target in
            try MilestoneTask.holdCutover(scope, target)
            var again: [QualifiedName] = []
            var (rows, bytes): (Int64, Int64) = (0, 0)
            for copied in Self.copied(scope.context) {
                guard let moved = try renew(copied, from: source, to: target, scope, consumed) else { continue }
                again.append(copied.piece.table)
                rows += moved.rows
                bytes += moved.bytes
            }
            FaultPoint.recopyMoved.pass()
            return TaskOutcome(rows: rows, bytes: bytes, warning: Self.warning(again))
        }
    }

    /// A table that is followed for inserts only, as one piece, and the numbers of the tasks that copied it.
    struct Copied: Sendable, Equatable {
        var piece: Piece
        var tasks: [Int]
    }

    static func copied(_ context: RunContext) -> [Copied] {
        let unfollowed = Set(
            (context.decisions.following?.tables ?? []).filter { $0.identity == .insertsOnly }.map(\.name))
        var found: [QualifiedName: Copied] = [:]
        for (number, task) in context.tasks.enumerated() {
            guard case .copy(var piece) = task.action, unfollowed.contains(piece.table) else { continue }
            piece.rows = .all
            (piece.number, piece.count, piece.mayFreeze) = (1, 1, false)
            found[piece.table, default: Copied(piece: piece, tasks: [])].tasks.append(number)
        }
        return found.values.sorted { $0.piece.table < $1.piece.table }
    }

    /// - Returns: nil where the table is equal.
    private static func renew(
        _ copied: Copied, from source: Connection, to target: Connection, _ scope: TaskScope, _ consumed: Watermark,
    ) throws -> CopyResult? {
        let (context, table) = (scope.context, copied.piece.table)
        let isParent = context.decisions.parents.contains(table)
        let (moved, snapshot) = try LockedReading.run(
            source, locking: [table], chunksOf: [copied.piece], .afterAll(of: consumed)
        ) { snapshot in
            // What casts to text give depends on the search_path; copying sets another.
            try target.execute("set local search_path = ''; set local jit = off")
            try source.execute("set local jit = off")
            let compared = try ComparedTable.read(table, on: source)
            let here = try TableChecksum.compute(compared, where: nil, includingChildren: isParent, on: target)
            let there = try TableChecksum.compute(
                compared, where: nil, includingChildren: copied.piece.isChunked, on: source)
            if here == there { return (CopyResult?.none, snapshot) }
            let agreed = try TableShape.agreed(copied.piece, source, target)
            try target.execute(CopyTask.silence)
            try RowRemoval.all(of: table, isParent: isParent, target)
            return (try CopyTask.move(agreed, from: source, to: target, scope, isFrozen: false), snapshot)
        }
        guard let moved else { return nil }
        try ServerFlush.wait(source, for: snapshot.insertLSN)
        try target.query(
            """
            update skein.task set watermark = $3, insert_lsn = $4::pg_lsn
            where migration = $1 and number = any ($2::integer[])
            """,
            [
                String(context.migration), PostgresArray.literal(copied.tasks.map(String.init)),
                snapshot.watermark.description, snapshot.insertLSN.description,
            ])
        return moved
    }

    private static func warning(_ tables: [QualifiedName]) -> String? {
        guard !tables.isEmpty else { return nil }
        let more = tables.count > 10 ? " and \(tables.count - 10) more" : ""
        return "rows of tables without a replica identity were updated or deleted on the source; copied again whole: "
            + tables.prefix(10).map(\.description).joined(separator: ", ") + more
    }
}

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
        let tables = Self.copied(scope.context)
        // What has to end first is waited for here, where nothing is locked that a withdrawal needs.
        for copied in tables.prefix(1) {
            try LockedReading.waitUntilAdmitted(source, locking: copied.tables, .afterAll(of: consumed))
        }
        return try scope.inTransaction { target in
            try MilestoneTask.holdCutover(scope, target)
            var again: [QualifiedName] = []
            var (rows, bytes): (Int64, Int64) = (0, 0)
            for copied in tables {
                guard let moved = try renew(copied, from: source, to: target, scope, consumed) else { continue }
                again.append(copied.compared.table)
                rows += moved.reduce(0) { $0 + $1.rows }
                bytes += moved.reduce(0) { $0 + $1.bytes }
            }
            FaultPoint.recopyMoved.pass()
            return TaskOutcome(rows: rows, bytes: bytes, warning: Self.warning(again))
        }
    }

    /// Tables that are followed for inserts only, each as one piece; with those whose rows cannot be told from theirs.
    static func copied(_ context: RunContext) -> [WholeTable] {
        let unfollowed = (context.decisions.following?.tables ?? []).filter { $0.identity == .insertsOnly }
        return context.wholes(of: unfollowed.map(\.name))
    }

    /// - Returns: nil where the table is equal.
    private static func renew(
        _ copied: WholeTable, from source: Connection, to target: Connection, _ scope: TaskScope, _ consumed: Watermark,
    ) throws -> [CopyResult]? {
        let context = scope.context
        let isParent = context.decisions.parents.contains(copied.target)
        let tables = Set(copied.tables + [copied.compared.table]).sorted()
        let (moved, snapshot) = try LockedReading.run(
            source, locking: tables, chunksOf: copied.pieces, .afterAll(of: consumed)
        ) { snapshot in
            // What casts to text give depends on the search_path; copying sets another.
            try target.execute("set local search_path = ''; set local jit = off")
            try source.execute("set local jit = off")
            let (there, here) = try copied.checksums(isParent: isParent, source: source, target: target)
            if here == there { return ([CopyResult]?.none, snapshot) }
            try LaterParts.refuse(source, context, of: [copied.target])
            let pieces = try copied.pieces.map { try TableShape.agreed($0, source, target) }
            try target.execute(CopyTask.silence)
            try copied.remove(isParent: isParent, target)
            let moved = try pieces.map {
                try CopyTask.move($0, from: source, to: target, scope, isFrozen: false)
            }
            return (moved, snapshot)
        }
        guard let moved else { return nil }
        try ServerFlush.wait(source, for: snapshot.insertLSN)
        try target.query(
            """
            update skein.task set watermark = $3, insert_lsn = $4::pg_lsn
            where migration = $1 and number = any ($2::integer[])
            """,
            [
                String(context.migration), PostgresArray.literal(copied.numbers.map(String.init)),
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

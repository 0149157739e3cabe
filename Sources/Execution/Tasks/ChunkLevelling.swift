private import Faults
internal import PlanFile
private import Planning
private import Postgres

/// Rows of chunks that were dropped on the source, by a retention policy or by hand, vanish there without a DELETE in
/// the stream. Once everything up to the marker is applied, what lies outside of the source's chunks goes on the target,
/// too, in one transaction: a row of the source is always in a chunk, so nothing that it still has is outside of them.
///
/// Where the cutover is withdrawn afterwards, nothing is lost either: the source has no such rows. A range that was
/// dropped and filled again is no gap; the comparison finds what differs there.
enum ChunkLevelling {
    static func run(_ tables: [QualifiedName], _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try scope.inTransaction { target in
            try MilestoneTask.holdCutover(scope, target)
            var (rows, told): (Int64, [String]) = (0, [])
            for table in tables {
                let removed = try level(table, source, target)
                rows += removed.reduce(0) { $0 + $1.rows }
                told += removed.map { "\(table) \($0.gap.text)" }
            }
            FaultPoint.chunksLevelled.pass()
            guard !told.isEmpty else { return TaskOutcome() }
            let more = told.count > 10 ? " and \(told.count - 10) more" : ""
            return TaskOutcome(
                rows: rows,
                warning: "chunks were dropped on the source, and these ranges are gone on the target, too: "
                    + told.prefix(10).joined(separator: ", ") + more)
        }
    }

    private static func level(
        _ table: QualifiedName, _ source: Connection, _ target: Connection,
    ) throws -> [(gap: ChunkGap, rows: Int64)] {
        // Dropped, or no hypertable any more: what that means is told elsewhere.
        guard let dimension = try SourceDimension.read(table, source) else { return [] }
        var removed: [(gap: ChunkGap, rows: Int64)] = []
        for gap in try dimension.gaps(of: table, source) {
            let condition = gap.condition(dimension.column, dimension.type)
            let exists = "select exists (select from \(table.sql) where \(condition))"
            // Written to behind the marker: that is the completion's to tell.
            guard try target.scalar(exists) == "t", try source.scalar(exists) != "t" else { continue }
            try dropChunks(table, gap, dimension.type, target)
            try target.execute(CopyTask.silence)
            let deleted = try target.query("delete from \(table.sql) where \(condition)")
            // Dropping hands on by an event trigger.
            try target.execute("set local session_replication_role = origin")
            removed.append((gap, Int64(deleted.affectedRows)))
        }
        return removed
    }

    /// Chunks of the target that lie within the gap: faster than deleting their rows.
    private static func dropChunks(
        _ table: QualifiedName, _ gap: ChunkGap, _ type: String, _ target: Connection,
    ) throws {
        let view = "timescaledb_information.hypertables"
        guard type != "timestamp", try target.scalar("select pg_catalog.to_regclass('\(view)')") != nil,
            try target.scalar(selectIsHypertable, [table.schema, table.name]) == "t",
            let schema = try target.scalar(SchemaTask.extensionSchema)
        else { return }
        let bounds = [
            gap.upper.map { "older_than => \(Piece.literal($0))::\(type)" },
            gap.lower.map { "newer_than => \(Piece.literal($0))::\(type)" },
        ].compactMap(\.self)
        guard !bounds.isEmpty else { return }
        try target.query(
            "select \(QualifiedName.quoted(schema)).drop_chunks(\(Piece.literal(table.sql))::pg_catalog.regclass, "
                + bounds.joined(separator: ", ") + ")")
    }

    private static let selectIsHypertable = """
        select exists (
            select from timescaledb_information.hypertables h
            where h.hypertable_schema = $1 and h.hypertable_name = $2)
        """
}

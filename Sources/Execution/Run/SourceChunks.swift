package import PlanFile
package import Planning
package import Postgres

/// The chunks of a hypertable on the source, which are read through the hypertable.
///
/// A chunk can be compressed, recompressed, merged or dropped while it is read, and TimescaleDB plans a query by what a
/// chunk is now, not by what the transaction's snapshot shows: rows that recompression has moved would be looked for
/// where the snapshot does not see them yet. So the chunks are locked before the snapshot is taken, in a mode that
/// compression (SHARE and above), merging and dropping wait for, and writers do not.
package enum SourceChunks {
    /// What the lock statement needs, weakest that keeps compression out. A role that may only read gets ACCESS SHARE,
    /// which keeps out truncation at a compression's end, and drops.
    enum Mode: String {
        case rowExclusive = "row exclusive"
        case accessShare = "access share"
    }

    /// The chunks that hold rows of some pieces, by name; outside a transaction as they are now, within one as its
    /// snapshot shows them.
    package static func list(_ pieces: [Piece], on source: Connection) throws -> [QualifiedName] {
        var found: Set<QualifiedName> = []
        for piece in pieces where piece.isChunked {
            let rows = try source.query(
                "\(selectChunks)\(condition(piece.rows))", [piece.table.schema, piece.table.name])
            for row in rows.indices { found.insert(QualifiedName(schema: rows.text(row, 0), name: rows.text(row, 1))) }
        }
        return found.sorted()
    }

    private static let selectChunks = """
        select k.chunk_schema, k.chunk_name from timescaledb_information.chunks k
        where k.hypertable_schema = $1 and k.hypertable_name = $2
        """

    /// Chunks that lie in users' schemas now, where a dump takes them for tables of their own.
    static func inUserSchemas(_ source: Connection) throws -> [ExcludedObject] {
        let view = "timescaledb_information.chunks"
        guard try source.scalar("select pg_catalog.to_regclass('\(view)')") != nil else { return [] }
        let rows = try source.query(
            """
            select c.oid from \(view) k
            join pg_catalog.pg_namespace n on n.nspname = k.chunk_schema
            join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = k.chunk_name
            where k.chunk_schema !~ '^_timescaledb_'
            """)
        return rows.indices.compactMap { row in
            rows.oid(row, 0).map { ExcludedObject(catalog: "pg_class", oid: $0) }
        }
    }

    /// Those whose ranges meet the piece's. Borders of dates and timestamps without zone are shown as if in UTC.
    private static func condition(_ rows: Piece.Rows) -> String {
        guard case .range(_, let type, let lower, let upper) = rows else { return "" }
        let isTime = type == "date" || type.hasPrefix("timestamp")
        let (suffix, cast) = isTime ? ("", "timestamptz") : ("_integer", "bigint")
        let parts = [
            lower.map { "k.range_end\(suffix) > \(Piece.literal($0))::\(cast)" },
            upper.map { "k.range_start\(suffix) < \(Piece.literal($0))::\(cast)" },
        ]
        return parts.compactMap(\.self).map { " and \($0)" }.joined()
    }

    /// Locks tables in ACCESS SHARE mode and chunks as said above, in a transaction that was just begun and is begun
    /// again by `begin` where the role may not.
    static func lock(
        _ source: Connection, tables: [QualifiedName], chunks: [QualifiedName], begin: String,
    ) throws {
        try source.execute(begin)
        do {
            try lock(source, tables, .accessShare)
            try lock(source, chunks, .rowExclusive)
        } catch let error as PostgresError where error.sqlState == "42501" && !chunks.isEmpty {
            try source.execute("rollback; \(begin)")
            try lock(source, tables, .accessShare)
            try lock(source, chunks, .accessShare)
        }
    }

    private static func lock(_ source: Connection, _ tables: [QualifiedName], _ mode: Mode) throws {
        for start in stride(from: 0, to: tables.count, by: 500) {
            let names = tables[start..<min(start + 500, tables.count)].map { "only " + $0.sql }
            try source.execute("lock table \(names.joined(separator: ", ")) in \(mode.rawValue) mode")
        }
    }
}

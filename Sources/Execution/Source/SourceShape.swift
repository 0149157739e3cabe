private import PlanFile
package import Postgres

/// What the source's tables were like at one moment: what of it changes silently never shows in the stream
/// (EXACTNESS.md, 18).
package struct SourceShape: Sendable, Codable, Equatable {
    package struct Table: Sendable, Codable, Equatable {
        package var oid: UInt32
        package var schema: String
        package var name: String
        /// As in `pg_class`: `r` or `p`.
        package var kind: String
        /// Another one after TRUNCATE, VACUUM FULL, CLUSTER and rewrites; 0 for partitioned tables.
        package var filenode: UInt32
        /// As in `pg_class`: `p` or `u`.
        package var persistence: String
        /// As in `pg_class`, with the index's name behind an `i`.
        package var identity: String
        package var parents: [UInt32]
        /// `name type`, in their order; of followed tables and what they are parts of, else nil.
        package var columns: [String]?
        /// The transaction that changed the table's row of `pg_class` last; nil where columns were changed by it or
        /// later, so that it may have rewritten rows to others.
        package var changedBy: UInt32?
    }

    /// By oid: ordinary and partitioned tables of the database, those of the system, of extensions, of TimescaleDB's own
    /// (chunks come and go) and of Skein left out.
    package var tables: [Table]
    /// Oids of the tables whose changes are followed, ascending.
    package var followed: [UInt32]
    /// What a person was told of what has changed since; nil: nothing yet.
    package var told: [SourceDifference]?

    /// Tables were copied again as they are now: what their rewrites did is on the target.
    /// - Parameter now: read under the copy's snapshot and locks.
    package mutating func accept(_ copied: Set<UInt32>, from now: SourceShape) {
        let present = Dictionary(now.tables.map { ($0.oid, $0) }) { first, _ in first }
        for index in tables.indices where copied.contains(tables[index].oid) {
            guard let table = present[tables[index].oid] else { continue }
            tables[index].filenode = table.filenode
            tables[index].columns = table.columns
            // One that is not logged stays one: its changes are in no stream.
            if table.persistence == "p" { tables[index].persistence = "p" }
            // Should it happen again, it is news.
            let name = tables[index].qualified
            told?.removeAll { $0.table == name && $0.kind != .identity }
        }
    }

    /// What the stream told of by itself: files that a truncation changed which has been applied. Whoever rewrote the
    /// table before it has rewritten nothing that is left.
    /// - Parameters:
    ///   - truncations: by the table's oid, the newest one's transaction.
    ///   - now: the source as it is.
    /// - Returns: whether there were any.
    package mutating func accept(truncations: [UInt32: UInt32], from now: SourceShape) -> Bool {
        let present = Dictionary(now.tables.map { ($0.oid, $0) }) { first, _ in first }
        var found = false
        for index in tables.indices {
            guard let xid = truncations[tables[index].oid], let table = present[tables[index].oid],
                table.filenode != tables[index].filenode, table.changedBy == xid
            else { continue }
            tables[index].filenode = table.filenode
            found = true
        }
        return found
    }

    /// One query of the catalogs, of some milliseconds for a thousand tables.
    /// - Parameter following: oids of the followed tables; those that are gone are kept in the answer.
    package static func read(_ source: Connection, following: [UInt32]) throws -> SourceShape {
        let followed = following.sorted()
        let rows = try source.query(selectTables, [PostgresArray.literal(followed.map { String($0) })])
        let chunks = try chunks(source)
        let tables = rows.indices.compactMap { row -> Table? in
            let name = QualifiedName(schema: rows.text(row, 1), name: rows.text(row, 2))
            guard !chunks.contains(name) else { return nil }
            return Table(
                oid: rows.oid(row, 0) ?? 0, schema: rows.text(row, 1), name: rows.text(row, 2),
                kind: rows.text(row, 3), filenode: rows.oid(row, 4) ?? 0, persistence: rows.text(row, 5),
                identity: rows.text(row, 6), parents: rows.array(row, 7).compactMap { UInt32($0) },
                columns: rows[row, 8].map(PostgresArray.elements), changedBy: rows.oid(row, 9))
        }
        return SourceShape(tables: tables, followed: followed)
    }

    /// TimescaleDB's chunks that lie in users' schemas.
    private static func chunks(_ source: Connection) throws -> Set<QualifiedName> {
        let view = "timescaledb_information.chunks"
        guard try source.scalar("select pg_catalog.to_regclass('\(view)')") != nil else { return [] }
        let rows = try source.query(
            "select chunk_schema, chunk_name from \(view) where chunk_schema !~ '^_timescaledb_'")
        return Set(rows.indices.map { QualifiedName(schema: rows.text($0, 0), name: rows.text($0, 1)) })
    }

    private static let selectTables = """
        with recursive related (oid) as (
            select unnest($1::oid[])
            union
            select i.inhparent from related r join pg_catalog.pg_inherits i on i.inhrelid = r.oid
        )
        select c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, c.relpersistence,
            c.relreplident::text || coalesce((
                select ' ' || x.indexrelid::regclass::text
                from pg_catalog.pg_index x where x.indrelid = c.oid and x.indisreplident), ''),
            array(select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid = c.oid order by i.inhseqno),
            case when c.oid in (select r.oid from related r) then array(
                select a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) end,
            case when not exists (
                select from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and pg_catalog.age(a.xmin) <= pg_catalog.age(c.xmin)) then c.xmin end
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_|^skein|^_timescaledb_'
            and n.nspname <> 'information_schema'
            and not exists (
                select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by c.oid
        """
}

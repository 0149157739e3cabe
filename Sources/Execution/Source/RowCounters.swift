package import Postgres

/// How many rows were updated and deleted, as the source counts them, of tables that are followed for inserts only.
///
/// Best effort: counters come late, count what was rolled back, and are lost in a crash. They tell early what is to
/// come; the cutover compares these tables in any case (EXACTNESS.md, 27).
package struct RowCounters: Sendable, Codable, Equatable {
    package struct Counts: Sendable, Codable, Equatable {
        package var updated: Int64
        package var deleted: Int64
    }

    /// When the database's statistics were reset last.
    package var reset: String?
    /// By table oid, as text.
    package var tables: [String: Counts]

    package static func read(_ source: Connection, tables: [UInt32]) throws -> RowCounters {
        let reset = try source.scalar(
            "select stats_reset from pg_catalog.pg_stat_database where datname = current_database()")
        let rows = try source.query(selectCounts, [PostgresArray.literal(tables.map { String($0) })])
        let counts = rows.indices.map { row in
            (
                rows.text(row, 0),
                Counts(updated: Int64(rows.int(row, 1) ?? 0), deleted: Int64(rows.int(row, 2) ?? 0))
            )
        }
        return RowCounters(reset: reset, tables: Dictionary(counts) { first, _ in first })
    }

    /// A hypertable's are its chunks'.
    private static let selectCounts = """
        select coalesce(i.inhparent, s.relid), sum(s.n_tup_upd)::bigint, sum(s.n_tup_del)::bigint
        from pg_catalog.pg_stat_all_tables s
        left join pg_catalog.pg_inherits i on i.inhrelid = s.relid and s.schemaname ~ '^_timescaledb_'
        where coalesce(i.inhparent, s.relid) = any ($1::oid[])
        group by 1
        """

    package enum Change: Sendable, Equatable, Codable {
        /// Rows that were changed since.
        case changed(updated: Int64, deleted: Int64)
        /// The counters were reset in between: nobody knows.
        case unknown
    }

    /// Tables, by oid, whose copies on the target are no longer what the source has, as far as the source counts.
    package func changes(since before: RowCounters) -> [UInt32: Change] {
        var found: [UInt32: Change] = [:]
        for (table, was) in before.tables {
            guard let oid = UInt32(table) else { continue }
            guard let now = tables[table], reset == before.reset, now.updated >= was.updated,
                now.deleted >= was.deleted
            else {
                found[oid] = .unknown
                continue
            }
            if now != was {
                found[oid] = .changed(updated: now.updated - was.updated, deleted: now.deleted - was.deleted)
            }
        }
        return found
    }
}

internal import Postgres

/// What the target says of statements of ours that are under way: `pg_stat_progress_copy`, `…_create_index`,
/// `…_analyze`, `…_vacuum`, of sessions with our name alone.
enum ServerProgress {
    /// - Parameter planName: as written.
    /// - Returns: by the name that the session has on the server (`Connection.shortened`).
    static func read(_ target: Connection, planName: String) throws -> [String: TaskProgress] {
        // Long names are shortened in the middle; of what else this finds no task has the name.
        let prefix = String(Connection.shortened("skein/\(planName)/").prefix(38))
        let rows = try target.query(select(version: target.serverVersion), [prefix])
        var found: [String: TaskProgress] = [:]
        for row in rows.indices {
            func count(_ column: Int) -> Int64 { rows[row, column].flatMap { Int64($0) } ?? 0 }
            let phase = rows.text(row, 2)
            found[rows.text(row, 0)] =
                switch rows.text(row, 1) {
                case "copy": TaskProgress(rows: count(4), bytes: count(3))
                case "index":
                    TaskProgress(
                        indexPhase: phase, blocks: (count(3), count(4)), tuples: (count(5), count(6)))
                default:
                    TaskProgress(
                        fraction: count(4) > 0 ? min(1, Double(count(3)) / Double(count(4))) : nil, step: phase)
                }
        }
        return found
    }

    /// The views came with 14, 12, 13 and 9.6.
    private static func select(version: Int) -> String {
        var parts = [
            "select pid, 'vacuum' as kind, phase, heap_blks_scanned, heap_blks_total, null::bigint, null::bigint, "
                + "datname from pg_catalog.pg_stat_progress_vacuum"
        ]
        if version >= 120_000 {
            parts.append(
                "select pid, 'index', phase, blocks_done, blocks_total, tuples_done, tuples_total, datname "
                    + "from pg_catalog.pg_stat_progress_create_index")
        }
        if version >= 130_000 {
            parts.append(
                "select pid, 'analyze', phase, sample_blks_scanned, sample_blks_total, null, null, datname "
                    + "from pg_catalog.pg_stat_progress_analyze")
        }
        if version >= 140_000 {
            parts.append(
                "select pid, 'copy', null, bytes_processed, tuples_processed, null, null, datname "
                    + "from pg_catalog.pg_stat_progress_copy")
        }
        return """
            select a.application_name, p.kind, p.phase, p.a, p.b, p.c, p.d
            from (\(parts.joined(separator: " union all "))) p (pid, kind, phase, a, b, c, d, database)
                join pg_catalog.pg_stat_activity a using (pid)
            where pg_catalog.starts_with(a.application_name, $1) and p.database = current_database()
            """
    }
}

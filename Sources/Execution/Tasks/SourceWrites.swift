private import PlanFile
private import Planning
package import Postgres

/// Whether the application wrote to the source while it was copied offline.
package enum SourceWrites {
    /// Changed rows per table so far, as the source counts them; text of a JSON object by table OID.
    ///
    /// Statistics are no proof (they come late, and can be reset), so they only serve to name tables; what is equal is
    /// for the snapshots and the verification to say.
    package static func counters(_ source: Connection) throws -> String {
        try source.scalar(selectCounters) ?? "{}"
    }

    private static let selectCounters = """
        select coalesce(jsonb_object_agg(relid::text, n_tup_ins + n_tup_upd + n_tup_del), '{}')
        from pg_catalog.pg_stat_user_tables
        """

    /// Warns, naming the tables, where the source was written to since its snapshot was taken.
    package static func check(_ scope: TaskScope) throws -> TaskOutcome {
        let context = scope.context
        let source = try scope.ends.source()
        return try scope.inTransaction { target in
            let store = StateStore(target)
            guard let record = try store.migration(named: context.planName), let before = record.writeCounters,
                try SourceReading.snapshotText(source) != record.snapshot
            else { return TaskOutcome() }
            // A session that ends hands its counters over; one that stays, at the latest a second later (pgstat.c).
            if try source.scalar(othersAreConnected) == "t" { try source.execute("select pg_catalog.pg_sleep(1.1)") }
            let rows = try source.query(selectChanged, [before])
            // Those whose rows were read, a hypertable's partitions on the source among them.
            let selected = Set(context.tasks.compactMap { $0.action.copiedPiece?.table })
            let changed = rows.indices.compactMap { row -> String? in
                let name = QualifiedName(schema: rows.text(row, 0), name: rows.text(row, 1))
                return selected.contains(name) ? "\(name) (\(rows.text(row, 2)) changes)" : nil
            }
            guard !changed.isEmpty else { return TaskOutcome() }
            let more = changed.count > 10 ? " and \(changed.count - 10) more" : ""
            return TaskOutcome(
                warning: "the source was written to while it was copied, and these writes are not on the target: "
                    + changed.prefix(10).joined(separator: ", ") + more
                    + "; stop the application and run migrate again with --drop-if-exists")
        }
    }

    private static let othersAreConnected = """
        select exists (
            select from pg_catalog.pg_stat_activity
            where datname = current_database() and backend_type = 'client backend'
                and not pg_catalog.starts_with(application_name, 'skein/'))
        """

    /// Rows of a hypertable are changed on its chunks.
    private static let selectChanged = """
        select coalesce(n.nspname, s.schemaname), coalesce(c.relname, s.relname),
            sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del - coalesce((b.value)::bigint, 0))::bigint
        from pg_catalog.pg_stat_user_tables s
        left join jsonb_each_text($1::jsonb) b on b.key = s.relid::text
        left join pg_catalog.pg_inherits i on i.inhrelid = s.relid and s.schemaname ~ '^_timescaledb_'
        left join pg_catalog.pg_class c on c.oid = i.inhparent
        left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > coalesce((b.value)::bigint, 0)
        group by 1, 2
        order by 3 desc, 1, 2
        """
}

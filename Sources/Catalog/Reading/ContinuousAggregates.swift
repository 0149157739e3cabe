internal import PlanFile
internal import Postgres

/// Of continuous aggregates, jobs, and what TimescaleDB puts beside users' objects.
extension CatalogReading {
    /// Each after those that it reads.
    func continuousAggregates(
        _ dimensions: [QualifiedName: [Catalog.Dimension]], _ chunks: [QualifiedName: [Catalog.Chunk]],
        _ columnstores: [QualifiedName: Catalog.Columnstore],
    ) throws -> [Catalog.ContinuousAggregate] {
        let found = try attempt { try connection.query(Self.continuousAggregateQuery) }
        var waiting: [Catalog.ContinuousAggregate] =
            found?.rows { row -> Catalog.ContinuousAggregate? in
                let view = QualifiedName(schema: row.text(), name: row.text())
                let source = QualifiedName(schema: row.text(), name: row.text())
                let own = QualifiedName(schema: row.text(), name: row.text())
                return Catalog.ContinuousAggregate(
                    view: view, source: source, materialization: own, isMaterializedOnly: row.bool(),
                    isFinalized: row.bool(), definition: row.text(), columnstore: columnstores[own],
                    indexes: row.texts(), dimension: dimensions[own]?.first, chunks: chunks[own] ?? [])
            } ?? []
        waiting.sort { $0.view < $1.view }
        var ordered: [Catalog.ContinuousAggregate] = []
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.materialization))
            let ready = waiting.filter { !open.contains($0.source) }
            // They cannot go round in a circle; should they seem to, nothing is lost.
            guard !ready.isEmpty else { return ordered + waiting }
            ordered += ready
            waiting.removeAll { !open.contains($0.source) }
        }
        return ordered
    }

    /// `finalized` came with 2.7 and went with 2.30, when nothing else was left. The index on the time bucket is made
    /// with the aggregate, as are those on it and each grouping column.
    private static let continuousAggregateQuery = """
        select v.view_schema, v.view_name, v.hypertable_schema, v.hypertable_name,
            v.materialization_hypertable_schema, v.materialization_hypertable_name, v.materialized_only,
            coalesce((pg_catalog.to_jsonb(v) ->> 'finalized')::boolean, true), v.view_definition,
            array(
                select pg_catalog.pg_get_indexdef(i.indexrelid)
                from pg_catalog.pg_index i
                join pg_catalog.pg_class c on c.oid = i.indrelid
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = v.materialization_hypertable_schema
                    and c.relname = v.materialization_hypertable_name
                order by i.indexrelid)
        from timescaledb_information.continuous_aggregates v
        """

    /// Those that users made: TimescaleDB's own have ids below 1000.
    func jobs(_ aggregates: [Catalog.ContinuousAggregate]) throws -> [Catalog.Job] {
        let views = Dictionary(aggregates.map { ($0.materialization, $0.view) }) { first, _ in first }
        let found = try attempt { try connection.query(Self.jobQuery) }
        return found?.rows { row -> Catalog.Job? in
            let id = row.int()
            let procedure = QualifiedName(schema: row.text(), name: row.text())
            func name(_ schema: String?, _ name: String?) -> QualifiedName? {
                schema.flatMap { schema in name.map { QualifiedName(schema: schema, name: $0) } }
            }
            return Catalog.Job(
                id: id, procedure: procedure, scheduleInterval: row.text(), maxRuntime: row.optionalText(),
                maxRetries: row.int(), retryPeriod: row.optionalText(), isScheduled: row.bool(),
                isFixedSchedule: row.bool(), initialStart: row.optionalText(), config: row.optionalText(),
                subject: name(row.optionalText(), row.optionalText()).map { views[$0] ?? $0 },
                checkProcedure: name(row.optionalText(), row.optionalText()), owner: row.text(),
                applicationName: row.text())
        } ?? []
    }

    private static let jobQuery = """
        select j.job_id, j.proc_schema, j.proc_name, j.schedule_interval::text, j.max_runtime::text, j.max_retries,
            j.retry_period::text, j.scheduled, j.fixed_schedule, j.initial_start::text, j.config::text,
            j.hypertable_schema, j.hypertable_name, j.check_schema, j.check_name, j.owner::text, j.application_name
        from timescaledb_information.jobs j
        where j.job_id >= 1000
        order by j.job_id
        """

    /// Triggers whose functions are TimescaleDB's, and chunks that lie in users' schemas: pg_dump takes both for users'.
    func timescaleObjects() throws -> [Catalog.ObjectID] {
        try connection.query(timescaleObjectQuery).rows { row in
            Catalog.ObjectID(catalog: row.text(), oid: row.oid())
        }
        .sorted()
    }

    private var timescaleObjectQuery: String {
        let isByOID = scope.chunks == .byOID
        let chunk = isByOID ? "k.relid = c.oid" : "k.schema_name = n.nspname and k.table_name = c.relname"
        return """
            select 'pg_trigger', t.oid
            from pg_catalog.pg_trigger t
            join pg_catalog.pg_proc p on p.oid = t.tgfoid
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            where n.nspname ~ '^_timescaledb_' and not t.tgisinternal
            union all
            select 'pg_class', c.oid
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join _timescaledb_catalog.chunk k on \(chunk)
            where n.nspname !~ '^_timescaledb_'
            """
    }
}

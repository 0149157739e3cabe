private import PlanFile
internal import Planning
private import Postgres

/// Continuous aggregates on the target: made empty, filled once all rows have arrived.
///
/// A refresh computes every bucket whose rows are there, and notes that nothing else is stale. Buckets whose rows the
/// source has dropped are then copied from its materialization. The order matters: TimescaleDB takes everything for
/// stale that was never refreshed, and a policy's first run would empty those buckets.
enum AggregateTask {
    static func create(_ aggregate: AggregateDefinition, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            var query = aggregate.definition
            if query.hasSuffix(";") { query.removeLast() }
            try target.execute(
                "create materialized view \(aggregate.view.sql) with (timescaledb.continuous, "
                    + "timescaledb.materialized_only = \(aggregate.isMaterializedOnly)) as \(query) with no data")
            let (own, schema) = try (materialization(aggregate.view, target), target.scalar(SchemaTask.extensionSchema))
            if let interval = aggregate.chunkInterval {
                try target.query(
                    "select \(QualifiedName.quoted(schema ?? "public")).set_chunk_time_interval("
                        + "\(Piece.literal(own.sql))::pg_catalog.regclass, \(HypertableDDL.literal(interval)))")
            }
            try createIndexes(aggregate, own, target)
            return TaskOutcome()
        }
    }

    /// Those that TimescaleDB has not made by itself.
    private static func createIndexes(
        _ aggregate: AggregateDefinition, _ own: QualifiedName, _ target: Connection,
    ) throws {
        let rows = try target.query(selectIndexes, [own.sql])
        let present = Set(rows.indices.map { tail(rows.text($0, 0)) })
        let place = " ON \(aggregate.materialization.description) USING "
        for index in aggregate.indexes where !present.contains(tail(index)) {
            try target.execute(index.replacing(place, with: " ON \(own.sql) USING "))
        }
    }

    /// The method and what follows it.
    private static func tail(_ definition: String) -> String {
        definition.firstRange(of: " USING ").map { String(definition[$0.upperBound...]) } ?? definition
    }

    private static let selectIndexes = """
        select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i
        where i.indrelid = $1::pg_catalog.regclass
        """

    /// - Throws: where there is no such continuous aggregate.
    private static func materialization(_ view: QualifiedName, _ target: Connection) throws -> QualifiedName {
        let rows = try target.query(selectMaterialization, [view.schema, view.name])
        guard rows.count == 1 else { throw StateError.unexpected("\(view) is no continuous aggregate on the target") }
        return QualifiedName(schema: rows.text(0, 0), name: rows.text(0, 1))
    }

    private static let selectMaterialization = """
        select v.materialization_hypertable_schema, v.materialization_hypertable_name
        from timescaledb_information.continuous_aggregates v
        where v.view_schema = $1 and v.view_name = $2
        """

    // MARK: Filling

    /// Twice is harmless: buckets are computed again, and copied ones replaced.
    static func fill(_ aggregate: AggregateDefinition, _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try scope.outsideTransaction { target in
            let schema = try target.scalar(SchemaTask.extensionSchema) ?? "public"
            try target.execute(
                "call \(QualifiedName.quoted(schema)).refresh_continuous_aggregate("
                    + "\(Piece.literal(aggregate.view.sql))::pg_catalog.regclass, null, null)")
            let rows = try copyOldBuckets(aggregate, source, target, scope.meter)
            return TaskOutcome(rows: rows)
        }
    }

    private static func copyOldBuckets(
        _ aggregate: AggregateDefinition, _ source: Connection, _ target: Connection, _ meter: CopyMeter,
    ) throws -> Int64 {
        let own = try materialization(aggregate.view, target)
        return try source.transaction("begin isolation level repeatable read read only") {
            guard let condition = try oldBuckets(aggregate, source) else { return 0 }
            let columns = try columns(of: aggregate.materialization, source)
            return try target.transaction {
                try target.execute(CopyTask.silence)
                try target.execute("delete from \(own.sql) where \(condition)")
                let copied = try CopyPump.run(
                    from: source,
                    "copy (select \(columns) from \(aggregate.materialization.sql) where \(condition)) to stdout",
                    to: target, "copy \(own.sql) (\(columns)) from stdin", copied: meter.bytes)
                return copied.rows
            }
        }
    }

    /// The buckets that stretches without chunks reach into, as a condition; nil where there are none. The stretch behind
    /// the last chunk has no rows and never had.
    private static func oldBuckets(_ aggregate: AggregateDefinition, _ source: Connection) throws -> String? {
        let dimension = try SourceDimension.read(aggregate.materialization, source)
        guard let dimension else { return nil }
        let gaps = try dimension.gaps(of: aggregate.source, source).filter { $0.upper != nil || $0.lower == nil }
        let table = aggregate.materialization.sql
        let conditions = gaps.map { gap in
            guard let lower = gap.lower else { return gap.condition(dimension.column, dimension.type) }
            // The bucket in which the stretch begins lost some of its rows, too.
            let begin = "\(Piece.literal(lower))::\(dimension.type)"
            return "\(dimension.column) >= coalesce((select max(\(dimension.column)) from \(table) "
                + "where \(dimension.column) <= \(begin)), \(begin)) and "
                + ChunkGap(upper: gap.upper).condition(dimension.column, dimension.type)
        }
        return conditions.isEmpty ? nil : conditions.map { "(\($0))" }.joined(separator: " or ")
    }

    private static func columns(of table: QualifiedName, _ connection: Connection) throws -> String {
        try TableShape.read(table, on: connection).columns.map { QualifiedName.quoted($0.name) }.joined(separator: ", ")
    }
}

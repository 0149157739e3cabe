internal import Catalog
package import PlanFile

/// A continuous aggregate, as it is made again.
package struct AggregateDefinition: Sendable, Codable, Equatable {
    package var view: QualifiedName
    /// What it reads on the source: a hypertable, or the materialization of the continuous aggregate below it.
    package var source: QualifiedName
    /// The hypertable that holds its rows on the source. TimescaleDB names the target's itself.
    package var materialization: QualifiedName
    /// The query.
    package var definition: String
    package var isMaterializedOnly: Bool
    /// Of its materialization, as `create index` statements of the source.
    package var indexes: [String]
    /// Of its materialization's chunks, as SQL writes it: an interval, or a number. Nil: TimescaleDB's own choice.
    package var chunkInterval: HypertableDefinition.Interval?

    init(_ aggregate: Catalog.ContinuousAggregate) {
        view = aggregate.view
        source = aggregate.source
        materialization = aggregate.materialization
        definition = aggregate.definition
        isMaterializedOnly = aggregate.isMaterializedOnly
        indexes = aggregate.indexes
        switch aggregate.dimension?.kind {
        case .time(_, let text): chunkInterval = .interval(text)
        case .integer(let number): chunkInterval = .integer(number)
        case .space, nil: chunkInterval = nil
        }
    }
}

/// The columnstore of a hypertable or a continuous aggregate, as it is set again.
package struct ColumnstoreDefinition: Sendable, Codable, Equatable {
    package var table: QualifiedName
    package var isAggregate: Bool
    package var segmentBy: [String]
    /// As TimescaleDB's option takes them: `"time" DESC NULLS LAST`.
    package var orderBy: [String]

    init(_ table: QualifiedName, isAggregate: Bool, _ columnstore: Catalog.Columnstore) {
        self.table = table
        self.isAggregate = isAggregate
        segmentBy = columnstore.segmentBy
        orderBy = columnstore.orderBy.map { column in
            let nulls = column.nullsFirst ? " NULLS FIRST" : " NULLS LAST"
            return QualifiedName.quoted(column.column) + (column.descending ? " DESC" : " ASC") + nulls
        }
    }

    /// The statement that sets it. Names are quoted within the option's literal.
    package var statement: String {
        var options = ["timescaledb.compress = true"]
        if !segmentBy.isEmpty {
            let names = segmentBy.map(QualifiedName.quoted).joined(separator: ", ")
            options.append("timescaledb.compress_segmentby = \(Piece.literal(names))")
        }
        if !orderBy.isEmpty {
            options.append("timescaledb.compress_orderby = \(Piece.literal(orderBy.joined(separator: ", ")))")
        }
        return
            "alter \(isAggregate ? "materialized view" : "table") \(table.sql) set (\(options.joined(separator: ", ")))"
    }
}

/// What is set on the target when everything else is done.
package struct TimescaleSettings: Sendable, Codable, Equatable {
    package var columnstores: [ColumnstoreDefinition]
    package var jobs: [JobDefinition]

    var isEmpty: Bool { columnstores.isEmpty && jobs.isEmpty }

    /// Of everything that is migrated and stays what it is. What the plan says of a hypertable's columnstore or retention
    /// stands for what the source has.
    init(plan: Plan, source: Catalog, selection: ResolvedSelection) {
        let kept = KeptByTimescale(plan: plan, source: source, selection: selection)
        columnstores =
            kept.hypertables.compactMap { hypertable in
                guard kept.entries[hypertable.table]?.columnstore == nil else { return nil }
                return hypertable.columnstore.map {
                    ColumnstoreDefinition(hypertable.table, isAggregate: false, $0)
                }
            }
            + kept.aggregates.compactMap { aggregate in
                aggregate.columnstore.map { ColumnstoreDefinition(aggregate.view, isAggregate: true, $0) }
            }
        jobs = kept.jobs.compactMap { JobDefinition($0) }
    }
}

/// What of a TimescaleDB source is a hypertable, a continuous aggregate or a job on the target, too.
struct KeptByTimescale {
    var hypertables: [Catalog.Hypertable]
    var aggregates: [Catalog.ContinuousAggregate]
    var jobs: [Catalog.Job]
    var entries: [QualifiedName: Plan.Hypertable]

    init(plan: Plan, source: Catalog, selection: ResolvedSelection) {
        self.init(
            plan: plan, source: source,
            relations: Set(selection.relations.filter { !selection.existing.contains($0.oid) }.map(\.name)),
            procedures: selection.extensions.contains { $0.name == "timescaledb" })
    }

    /// - Parameters:
    ///   - relations: those that are migrated, without what the target has already.
    ///   - isKept: TimescaleDB itself is.
    init(plan: Plan, source: Catalog, relations: Set<QualifiedName>, procedures isKept: Bool) {
        let entries = Dictionary(plan.hypertables.map { ($0.table.value, $0) }) { first, _ in first }
        self.entries = entries
        hypertables = source.hypertables.filter { relations.contains($0.table) && entries[$0.table]?.to == nil }
        aggregates = source.continuousAggregates.filter { relations.contains($0.view) }
        let subjects = Set(hypertables.map(\.table) + aggregates.map(\.view))
        jobs = source.jobs.filter { job in
            guard job.procedure.schema.hasPrefix("_timescaledb_") else { return isKept }
            guard let subject = job.subject, subjects.contains(subject) else { return false }
            let entry = entries[subject]
            switch job.procedure.name {
            case "policy_retention": return entry?.retention == nil
            case "policy_compression": return entry?.columnstore == nil
            default: return true
            }
        }
    }
}

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
        return "alter \(isAggregate ? "materialized view" : "table") \(table.sql) set (\(options.joined(separator: ", ")))"
    }
}

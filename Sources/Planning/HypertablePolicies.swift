internal import Catalog
package import PlanFile

/// What the plan says of a hypertable's columnstore and retention.
package struct HypertablePolicies: Sendable, Codable, Equatable {
    package struct Columnstore: Sendable, Codable, Equatable {
        /// Empty: TimescaleDB chooses.
        package var segmentBy: [String]
        /// As SQL: `"time" DESC NULLS LAST`. Empty: TimescaleDB chooses.
        package var orderBy: [String]
        /// An interval; nil: chunks are compressed by hand only.
        package var after: String?
    }

    package var table: QualifiedName
    package var columnstore: Columnstore?
    /// An interval.
    package var dropAfter: String?

    /// Nil where the entry says nothing of either.
    package init?(_ entry: Plan.Hypertable) {
        guard entry.columnstore != nil || entry.retention != nil else { return nil }
        table = entry.table.value
        columnstore = entry.columnstore.map { columnstore in
            Columnstore(
                segmentBy: columnstore.segmentBy.map(\.value), orderBy: columnstore.orderBy.map { Self.sql($0.value) },
                after: columnstore.after?.value.text)
        }
        dropAfter = entry.retention?.dropAfter.value.text
    }

    private static func sql(_ order: Plan.OrderedColumn) -> String {
        let nulls = order.nullsFirst.map { $0 ? " NULLS FIRST" : " NULLS LAST" } ?? ""
        return QualifiedName.quoted(order.column) + (order.descending ? " DESC" : "") + nulls
    }
}

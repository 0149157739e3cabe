internal import PlanFile
internal import Postgres

/// The smallest and greatest value of one column of a large table whose statistics have no histogram.
struct ColumnRange {
    private let table: OID
    private let name: QualifiedName
    private let number: Int
    private let column: String

    /// int8, int2, int4, date, timestamp, timestamptz and uuid.
    private static let types: Set<OID> = [20, 21, 23, 1082, 1114, 1184, 2950]

    static func missing(in catalog: Catalog, _ options: CatalogReader.Options) -> [ColumnRange] {
        catalog.relations.flatMap { relation -> [ColumnRange] in
            guard relation.kind == .table, relation.isReadable, relation.tableBytes > options.histogramThreshold else {
                return []
            }
            return relation.columns.compactMap { column in
                guard let statistics = column.statistics, statistics.histogram.isEmpty, types.contains(column.type)
                else { return nil }
                return ColumnRange(
                    table: relation.oid, name: relation.name, number: column.number, column: column.name)
            }
        }
    }

    /// Each range in a transaction of its own. Rows that are dead but not yet vacuumed make the ends of an index slow
    /// to read, and a lock may be in the way: either leaves the range unknown.
    func read(_ connection: Connection, into catalog: inout Catalog) throws {
        let rows: ResultSet
        do {
            rows = try connection.transaction("begin read only") {
                try connection.execute("set local statement_timeout = '5s'; set local lock_timeout = '1s'")
                return try connection.query(query)
            }
        } catch let error as PostgresError {
            guard case .server = error, !error.endsSession else { throw error }
            return
        }
        guard let position = catalog.relations.firstIndex(where: { $0.oid == table }), rows.count > 0 else { return }
        catalog.relations[position].updateColumn(number) { column in
            column.statistics?.minimum = rows[0, 0]
            column.statistics?.maximum = rows[0, 1]
        }
    }

    /// Not `min` and `max`, which uuid lacks before PostgreSQL 18.
    private var query: String {
        let column = QualifiedName.quoted(column)
        let values = "select \(column) as value from only \(name.sql) where \(column) is not null order by 1"
        return """
            select (select v.value::text from (\(values) limit 1) v),
                (select v.value::text from (\(values) desc limit 1) v)
            """
    }
}

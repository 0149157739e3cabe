internal import Catalog
internal import PlanFile

/// A column that a table's rows can be cut along: an index of the table is led by it, and we order its values exactly
/// as the server does.
struct RangeKey {
    var column: Catalog.Column
    /// The type that borders are cast to.
    var sqlType: String
    /// Nil where values between two known ones cannot be named.
    var scale: RangeScale?
    var index: QualifiedName
    /// Primary key, replica identity or another unique key of the table.
    var isOfKey: Bool
    /// How well the heap follows the column: 1 exactly, 0 not at all; nil where it was never analysed.
    var correlation: Double?

    /// Built-in types, by their fixed object ids.
    private static let types: [OID: (String, RangeScale?)] = [
        21: ("smallint", .integer), 23: ("integer", .integer), 20: ("bigint", .integer), 1082: ("date", .date),
        1114: ("timestamp without time zone", .timestamp(hasZone: false)),
        1184: ("timestamp with time zone", .timestamp(hasZone: true)), 2950: ("uuid", .uuid), 17: ("bytea", nil),
        25: ("text", nil), 1043: ("text", nil),
    ]

    /// What borders of a column of this type are cast to, and how its values are counted; nil where it cannot be cut by.
    static func scale(of type: OID) -> (String, RangeScale)? {
        types[type].flatMap { name, scale in scale.map { (name, $0) } }
    }
    /// What borders on a column are cast to, and how they are counted; nil where rows are not cut along such columns.
    static func type(of column: Catalog.Column) -> (String, RangeScale?)? { types[column.type] }

    /// The columns of a table that qualify, best first: of a key before others, then as the heap follows them.
    ///
    /// The index must be whole and valid, with the type's default operator class and the column's own collation; text
    /// only under the C collation, and only where both servers' encoding is UTF-8, in which byte order is order.
    static func candidates(
        in relation: Catalog.Relation, indexes: [Catalog.Index], text: TextOrder,
    ) -> [RangeKey] {
        var best: [Int: RangeKey] = [:]
        for index in indexes where index.method == "btree" && index.isValid && !index.isPartial {
            guard let first = index.keys.first, let number = first.column, first.hasDefaultOperatorClass,
                first.hasColumnCollation, let column = relation.column(number), let (type, scale) = types[column.type]
            else { continue }
            if column.type == 25 || column.type == 1043 {
                guard text.isOfBytes(column.collation) else { continue }
            }
            let isOfKey = index.isUnique && index.isImmediate
            if let other = best[number], other.isOfKey || !isOfKey { continue }
            best[number] = RangeKey(
                column: column, sqlType: type, scale: scale, index: index.name, isOfKey: isOfKey,
                correlation: column.statistics?.correlation.map(abs),
            )
        }
        return best.values.sorted { left, right in
            if left.isOfKey != right.isOfKey { return left.isOfKey }
            let (one, other) = (left.correlation ?? -1, right.correlation ?? -1)
            return one == other ? left.column.number < right.column.number : one > other
        }
    }

    /// Borders that cut the rows into about `count` equal parts, ascending, all different; fewer where statistics do
    /// not tell more, none where they tell nothing.
    func borders(count: Int) -> [String] {
        guard count > 1, let statistics = column.statistics else { return [] }
        if let scale, let distribution = ValueDistribution(statistics, on: scale) {
            return distribution.borders(count: count).map(scale.text)
        }
        let bounds = statistics.histogram
        guard bounds.count > 1 else { return [] }
        var result: [String] = []
        for number in 1..<count {
            let text = bounds[number * (bounds.count - 1) / count]
            if text != result.last, text != bounds.first { result.append(text) }
        }
        return result
    }

    /// The smallest value that statistics know.
    var smallest: String? {
        guard let scale, let statistics = column.statistics else { return nil }
        return ValueDistribution(statistics, on: scale)?.smallest.map(scale.text)
    }
}

/// Whether both servers order text by its bytes.
struct TextOrder {
    private let bothAreUTF8: Bool
    private let isOfBytesByDefault: Bool

    init(_ source: Catalog.Server, _ target: Catalog.Server) {
        let both = [source, target]
        bothAreUTF8 = both.allSatisfy { $0.encoding == "UTF8" }
        isOfBytesByDefault = both.allSatisfy { $0.localeProvider == "c" && Self.names.contains($0.collate) }
    }

    private static let names: Set<String> = ["C", "POSIX"]

    /// - Parameter collation: of a column; `default` is the database's.
    func isOfBytes(_ collation: String?) -> Bool {
        guard bothAreUTF8, let collation else { return false }
        return Self.names.contains(collation) || collation == "default" && isOfBytesByDefault
    }
}

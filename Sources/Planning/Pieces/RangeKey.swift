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

    /// The columns of a table that qualify, best first: of a key before others, then as the heap follows them.
    ///
    /// The index must be whole and valid, with the type's default operator class and the column's own collation; text
    /// only under the C collation, and only where both servers' encoding is UTF-8, in which byte order is order.
    static func candidates(
        in relation: Catalog.Relation, indexes: [Catalog.Index], bothAreUTF8: Bool,
    ) -> [RangeKey] {
        var best: [Int: RangeKey] = [:]
        for index in indexes where index.method == "btree" && index.isValid && !index.isPartial {
            guard let first = index.keys.first, let number = first.column, first.hasDefaultOperatorClass,
                first.hasColumnCollation, let column = relation.numbered(number), let (type, scale) = types[column.type]
            else { continue }
            if column.type == 25 || column.type == 1043 {
                guard bothAreUTF8, ["C", "POSIX"].contains(column.collation) else { continue }
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
        let bounds = statistics.histogram.filter { !$0.hasSuffix("infinity") }
        let texts: [String] =
            bounds.count > 1
            ? (1..<count).map { between(bounds, numerator: $0 * (bounds.count - 1), denominator: count) }
            : uniform(statistics.minimum, statistics.maximum, count)
        var result: [String] = []
        for text in texts where text != result.last && text != bounds.first { result.append(text) }
        return result
    }

    /// The value at `numerator / denominator` of the way through equally filled buckets, counted in buckets.
    private func between(_ bounds: [String], numerator: Int, denominator: Int) -> String {
        let (bucket, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        if remainder == 0 { return bounds[bucket] }
        guard let lower = scale?.number(bounds[bucket]), let upper = scale?.number(bounds[bucket + 1]), let scale else {
            return bounds[2 * remainder >= denominator ? bucket + 1 : bucket]
        }
        return scale.text(lower + Self.part(of: upper - lower, remainder, denominator))
    }

    private func uniform(_ minimum: String?, _ maximum: String?, _ count: Int) -> [String] {
        guard let scale, let lower = minimum.flatMap({ scale.number($0) }),
            let upper = maximum.flatMap({ scale.number($0) }), lower < upper
        else { return [] }
        return (1..<count).map { scale.text(lower + Self.part(of: upper - lower, $0, count)) }
            .filter { $0 != minimum }
    }

    /// `whole × numerator / denominator`, rounded down, without overflow.
    private static func part(of whole: Int128, _ numerator: Int, _ denominator: Int) -> Int128 {
        let (quotient, remainder) = whole.quotientAndRemainder(dividingBy: Int128(denominator))
        return quotient * Int128(numerator) + remainder * Int128(numerator) / Int128(denominator)
    }
}

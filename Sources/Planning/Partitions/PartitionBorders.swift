internal import Catalog
internal import PlanFile

extension PartitionFamily {
    /// Values of a column that rows are compared between.
    struct Borders: Equatable {
        var column: String
        /// As `format_type` writes it.
        var type: String
        /// Ascending, each once.
        var values: [String]
    }

    /// Where the root's partitions begin, where it is partitioned by ranges of the time column; nil where it is not, or
    /// where the column may hold NULL, which is in no range.
    /// - Parameter most: how many ranges there may be between the borders.
    func borders(by time: String?, atMost most: Int) -> Borders? {
        guard let time, let column = root.column(named: time), let (type, scale) = RangeKey.type(of: column), let scale,
            let key = PartitionKey(root), key.strategy == .range, key.columns == [time], most > 1
        else { return nil }
        let begins = members.filter { $0.parents.first == root.oid }.compactMap { member in
            member.partitionBound.flatMap(Self.lowerBound)
        }
        let known = Dictionary(
            begins.compactMap { text in scale.number(text).map { ($0, text) } }
        ) { first, _ in first }
        let sorted = known.sorted { $0.key < $1.key }.map(\.value)
        guard sorted.count > 1 else { return nil }
        // The first begins where everything does.
        let inner = Array(sorted.dropFirst())
        let ranges = min(most, inner.count + 1)
        let chosen = (1..<max(ranges, 1)).map { inner[$0 * inner.count / ranges] }
        return Borders(column: time, type: type, values: chosen)
    }

    /// Of `FOR VALUES FROM ('…') TO ('…')`; nil for MINVALUE and for DEFAULT.
    static func lowerBound(_ bound: String) -> String? {
        let start = "FOR VALUES FROM ("
        guard bound.hasPrefix(start) else { return nil }
        let rest = bound.dropFirst(start.count)
        guard rest.first == "'" else {
            let number = rest.prefix { $0 == "-" || $0.isNumber }
            return number.isEmpty ? nil : String(number)
        }
        let text = rest.dropFirst().prefix { $0 != "'" }
        return text.isEmpty ? nil : String(text)
    }
}

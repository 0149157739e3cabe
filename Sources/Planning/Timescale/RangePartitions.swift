internal import Catalog
package import PlanFile

/// What a hypertable of the source becomes with `to: range-partitions`: a table partitioned by its time column, a
/// partition for each range of chunks, and one for all else.
package struct RangePartitions: Sendable, Codable, Equatable {
    package struct Part: Sendable, Codable, Equatable {
        package var name: QualifiedName
        /// Text under our pinned settings: `lower <= value < upper`.
        package var lower: String
        package var upper: String
    }
    package var table: QualifiedName
    package var column: String
    package var parts: [Part]
    /// Of rows outside of all ranges, such as those that come later.
    package var rest: QualifiedName
}

extension RangePartitions {
    /// - Parameter names: gives the partitions theirs.
    init?(_ relation: Catalog.Relation, _ hypertable: Catalog.Hypertable, _ names: inout GeneratedNames) {
        guard let column = relation.column(named: hypertable.timeColumn),
            let (_, scale) = RangeKey.scale(of: column.type)
        else { return nil }
        table = relation.name
        self.column = column.name
        parts = []
        var ends: [Int128: Int128] = [:]
        for chunk in hypertable.chunks {
            guard let start = chunk.start.flatMap({ scale.number($0) }),
                let end = chunk.end.flatMap({ scale.number($0) })
            else { continue }
            // Space partitions share their ranges.
            ends[start] = max(ends[start] ?? end, end)
        }
        let starts = ends.keys.sorted()
        for (position, start) in starts.enumerated() {
            // After a change of the interval, ranges of different partitions may overlap.
            let next = position + 1 < starts.count ? starts[position + 1] : .max
            guard let end = ends[start].map({ min($0, next) }), end > start else { continue }
            let text = scale.text(start)
            let label = "p" + text.prefix { $0 != "+" }.filter { $0.isASCII && $0.isNumber }.dropping("000000")
            let sign = text.hasPrefix("-") ? "m" : ""
            parts.append(
                Part(name: names.name(relation.name, nil, sign + label), lower: text, upper: scale.text(end)))
        }
        rest = names.name(relation.name, nil, "default")
    }
}

extension String {
    /// Without an ending that says nothing: a day's hours, minutes and seconds.
    fileprivate func dropping(_ suffix: String) -> String {
        count > 8 && hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

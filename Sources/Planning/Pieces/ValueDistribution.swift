internal import Catalog

/// How a column's values lie, as statistics tell: buckets that hold equally many rows, and frequent values, which the
/// buckets leave out.
struct ValueDistribution {
    /// Rows between two values, or at one where both are equal.
    private struct Segment {
        var lower: Int128
        var upper: Int128
        /// Share of the rows.
        var share: Double
    }
    private let scale: RangeScale
    private var segments: [Segment] = []

    /// Nil where statistics tell nothing, or hold a value that we do not read.
    init?(_ statistics: Catalog.ColumnStatistics, on scale: RangeScale) {
        self.scale = scale
        var bounds: [Int128] = []
        for text in statistics.histogram where !text.hasSuffix("infinity") {
            guard let number = scale.number(text) else { return nil }
            bounds.append(number)
        }
        var common: [(value: Int128, share: Double)] = []
        for (text, share) in zip(statistics.commonValues, statistics.commonFrequencies)
        where !text.hasSuffix("infinity") {
            guard let number = scale.number(text) else { return nil }
            common.append((number, share))
        }
        common.sort { $0.value < $1.value }
        let rest = max(1 - statistics.nullFraction - common.reduce(0) { $0 + $1.share }, 0)
        if bounds.count > 1 {
            let share = rest / Double(bounds.count - 1)
            for (lower, upper) in zip(bounds, bounds.dropFirst()) {
                segments.append(Segment(lower: lower, upper: upper, share: share))
            }
        } else if common.isEmpty, let lower = statistics.minimum.flatMap({ scale.number($0) }),
            let upper = statistics.maximum.flatMap({ scale.number($0) })
        {
            segments.append(Segment(lower: lower, upper: upper, share: 1))
        }
        insert(common)
        guard !segments.isEmpty else { return nil }
    }

    /// Frequent values divide the buckets that they lie in.
    private mutating func insert(_ common: [(value: Int128, share: Double)]) {
        var result: [Segment] = []
        var rest = segments[...]
        for (value, share) in common {
            while let segment = rest.first, segment.upper <= value {
                result.append(segment)
                rest.removeFirst()
            }
            if let segment = rest.first, segment.lower < value {
                let part = Double(value - segment.lower) / Double(segment.upper - segment.lower)
                result.append(Segment(lower: segment.lower, upper: value, share: segment.share * part))
                rest[rest.startIndex] = Segment(
                    lower: value, upper: segment.upper, share: segment.share * (1 - part))
            }
            result.append(Segment(lower: value, upper: value, share: share))
        }
        segments = result + rest
    }

    /// The share of the rows below a value, of all that are known.
    func share(below value: Int128) -> Double {
        let total = segments.reduce(0) { $0 + $1.share }
        guard total > 0 else { return 0 }
        let below = segments.reduce(0.0) { sum, segment in
            if segment.upper < value { return sum + segment.share }
            guard segment.lower < value, segment.upper > segment.lower else { return sum }
            return sum + segment.share * Double(value - segment.lower) / Double(segment.upper - segment.lower)
        }
        return below / total
    }

    /// The smallest value known.
    var smallest: Int128? { segments.first?.lower }

    /// Values that cut the rows into about `count` equal parts, ascending and all different, none of them at or below
    /// the smallest.
    func borders(count: Int) -> [Int128] {
        let total = segments.reduce(0) { $0 + $1.share }
        guard count > 1, total > 0, let greatest = segments.last?.upper else { return [] }
        var result: [Int128] = []
        var (position, before) = (0, 0.0)
        for number in 1..<count {
            let wanted = total * Double(number) / Double(count)
            while position < segments.count - 1, before + segments[position].share < wanted {
                before += segments[position].share
                position += 1
            }
            let segment = segments[position]
            let part = segment.share > 0 ? min(max((wanted - before) / segment.share, 0), 1) : 0
            let border =
                segment.lower == segment.upper
                // All rows of one value stay together, on the side that leaves the parts more even. Beyond the
                // greatest value the type may end.
                ? part < 0.5 || greatest <= segment.lower ? segment.lower : segment.lower + 1
                : segment.lower + Self.part(of: segment.upper - segment.lower, part)
            if let last = result.last ?? smallest, border > last { result.append(border) }
        }
        return result
    }

    private static func part(of whole: Int128, _ part: Double) -> Int128 {
        // Rounded to the nearest, as exact as a fraction of 2^32 parts goes, and without overflow.
        let (unit, half): (Int128, Int128) = (1 << 32, 1 << 31)
        let parts = Int128((part * 4_294_967_296).rounded())
        return whole / unit * parts + (whole % unit * parts + half) / unit
    }
}

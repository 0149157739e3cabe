/// A size in bytes, as `10 GB` in a plan: powers of 1024, as PostgreSQL counts them.
package struct ByteCount: Hashable, Sendable, Comparable {
    package var bytes: Int64
    package init(bytes: Int64) { self.bytes = bytes }
    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A duration as written in a plan: `30 s`, `7 days`, `2 years`. Months and years are kept apart, as in PostgreSQL's
/// interval, because their length is not fixed.
package struct PlanDuration: Hashable, Sendable {
    package var months: Int
    package var days: Int
    package var microseconds: Int64
    /// As written; accepted by PostgreSQL as an interval.
    package var text: String

    package init(months: Int = 0, days: Int = 0, microseconds: Int64 = 0, text: String) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
        self.text = text
    }

    /// In seconds, a month counted as 30 days, as TimescaleDB and `extract(epoch …)` estimate it.
    package var approximateSeconds: Double {
        Double(months) * 30 * 86_400 + Double(days) * 86_400 + Double(microseconds) / 1_000_000
    }
}

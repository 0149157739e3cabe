import FoundationEssentials

/// Moments as logs and events write them.
enum EventTime {
    /// `2026-11-21T09:41:52.831Z`
    static var now: String { text(Date()) }

    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

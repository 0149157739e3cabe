/// Points in time as a report writes them, UTC.
enum ReportTime {
    private static func civil(_ seconds: Double) -> (date: String, clock: String) {
        let whole = Int(seconds.rounded(.down))
        let second = ((whole % 86_400) + 86_400) % 86_400
        // Days since 0000-03-01, in eras of 400 years: Howard Hinnant, "chrono-compatible low-level date algorithms".
        let days = (whole - second) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return (
            "\(year)-\(two(month))-\(two(day))",
            "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
        )
    }

    /// `2026-11-21 09:41:52 UTC`
    static func text(_ seconds: Double) -> String {
        let (date, clock) = civil(seconds)
        return "\(date) \(clock) UTC"
    }

    static func date(_ seconds: Double) -> String { civil(seconds).date }
    /// `09:41:52`
    static func clock(_ seconds: Double) -> String { civil(seconds).clock }
    /// `09:41`
    static func minute(_ seconds: Double) -> String { String(civil(seconds).clock.prefix(5)) }
}

/// Numbers as people read them.
enum Measure {
    /// `1 index job`, `3 index jobs`, `12,345 rows`.
    static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        "\(grouped(Int64(clamping: number))) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// Thousands separated by commas.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// Powers of 1024, as PostgreSQL counts them: `812 kB`, `1.4 GB`, `23 GB`.
    static func bytes(_ bytes: Int64) -> String {
        var value = bytes
        var remainder: Int64 = 0
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            (value, remainder) = (value / 1024, value % 1024)
            unit += 1
        }
        let tenths = remainder * 10 / 1024
        return value < 10 && unit > 0 && tenths > 0 ? "\(value).\(tenths) \(units[unit])" : "\(value) \(units[unit])"
    }

    /// `under a minute`, `about 12 minutes`, `about 3 hours`.
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<60: "under a minute"
        case ..<5400: "about \(count(Int((seconds / 60).rounded(.up)), "minute"))"
        case ..<172_800: "about \(count(Int((seconds / 3600).rounded(.up)), "hour"))"
        default: "about \(count(Int((seconds / 86_400).rounded(.up)), "day"))"
        }
    }
}

/// Types whose values we can count along, so that values between two known ones can be named: the value as an integer
/// and back, in the text that the server writes under our pinned settings (ISO dates, UTC).
enum RangeScale: Equatable {
    case integer
    /// Days since 1970.
    case date
    /// Microseconds since 1970.
    case timestamp(hasZone: Bool)
    /// The 128 bits, as the server compares them.
    case uuid

    static let microsecondsPerDay: Int128 = 86_400_000_000

    /// Nil for `infinity` and for whatever we do not read.
    func number(_ text: String) -> Int128? {
        switch self {
        case .integer: return Int128(text)
        case .uuid: return UInt128(text.filter { $0 != "-" }, radix: 16).map { Int128(bitPattern: $0 ^ (1 << 127)) }
        case .date: return CalendarText(text)?.days
        case .timestamp:
            return CalendarText(text).map { $0.days * Self.microsecondsPerDay + $0.microseconds }
        }
    }

    func text(_ number: Int128) -> String {
        switch self {
        case .integer: return String(number)
        case .uuid:
            let digits = String(UInt128(bitPattern: number) ^ (1 << 127), radix: 16)
            let padded = Array(String(repeating: "0", count: 32 - digits.count) + digits)
            return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(padded[$0]) }.joined(separator: "-")
        case .date: return CalendarText.date(days: number)
        case .timestamp(let hasZone):
            let days = number.floorDivided(by: Self.microsecondsPerDay)
            let zone = hasZone ? "+00" : ""
            return CalendarText.text(days: days, microseconds: number - days * Self.microsecondsPerDay, zone: zone)
        }
    }
}

extension Int128 {
    /// Rounded towards negative infinity.
    func floorDivided(by divisor: Int128) -> Int128 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}

/// A date, with or without a time of day and a zone, as PostgreSQL writes it in ISO style.
struct CalendarText {
    /// Since 1970-01-01, in the proleptic Gregorian calendar.
    var days: Int128 = 0
    var microseconds: Int128 = 0

    /// `2024-02-29`, `0044-03-15 BC`, `2024-02-29 12:34:56.789+00`.
    init?(_ text: String) {
        var rest = Substring(text)
        let isBC = rest.hasSuffix(" BC")
        if isBC { rest.removeLast(3) }
        let parts = rest.split(separator: " ", maxSplits: 1)
        let date = (parts.first ?? "").split(separator: "-").map { Int128($0) }
        guard date.count == 3, let year = date[0], let month = date[1], let day = date[2], (1...12).contains(month),
            (1...31).contains(day)
        else { return nil }
        days = Self.days(year: isBC ? 1 - year : year, month: month, day: day)
        if parts.count == 2, let time = Self.microseconds(parts[1]) {
            microseconds = time
        } else if parts.count == 2 {
            return nil
        }
    }

    private static func microseconds(_ text: Substring) -> Int128? {
        let sign = text.firstIndex { $0 == "+" || $0 == "-" }
        let clock = text[..<(sign ?? text.endIndex)].split(separator: ":")
        guard clock.count == 3, let hours = Int128(clock[0]), let minutes = Int128(clock[1]) else { return nil }
        let seconds = clock[2].split(separator: ".", maxSplits: 1)
        guard let whole = seconds.first.flatMap({ Int128($0) }) else { return nil }
        var fraction: Int128 = 0
        if seconds.count == 2 {
            let digits = String(seconds[1].prefix(6))
            guard let value = Int128(digits + String(repeating: "0", count: 6 - digits.count)) else { return nil }
            fraction = value
        }
        var zone: Int128 = 0
        if let sign {
            let parts = text[text.index(after: sign)...].split(separator: ":").map { Int128($0) ?? 0 }
            for (part, unit) in zip(parts, [3600, 60, 1] as [Int128]) { zone += part * unit }
            if text[sign] == "-" { zone = -zone }
        }
        return ((hours * 60 + minutes) * 60 + whole - zone) * 1_000_000 + fraction
    }

    static func date(days: Int128) -> String {
        let (text, isBC) = isoDate(days)
        return isBC ? text + " BC" : text
    }

    static func text(days: Int128, microseconds: Int128, zone: String) -> String {
        let (date, isBC) = isoDate(days)
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date) \(clock)\(fraction == 0 ? "" : "." + padded(fraction, 6))\(zone)\(isBC ? " BC" : "")"
    }

    private static func isoDate(_ days: Int128) -> (String, isBC: Bool) {
        let (year, month, day) = civil(days)
        return ("\(padded(year > 0 ? year : 1 - year, 4))-\(padded(month, 2))-\(padded(day, 2))", year <= 0)
    }

    private static func padded(_ number: Int128, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Howard Hinnant's algorithms: https://howardhinnant.github.io/date_algorithms.html
    private static func days(year: Int128, month: Int128, day: Int128) -> Int128 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int128) -> (year: Int128, month: Int128, day: Int128) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }
}

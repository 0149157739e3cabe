/// A moment as PostgreSQL keeps it: microseconds since 2000-01-01 00:00 UTC (`TimestampTz`).
package struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    package let microseconds: Int64
    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// Microseconds since 1970-01-01 00:00 UTC.
    package var sinceUnixEpoch: Int64 { microseconds &+ 946_684_800_000_000 }

    /// Reads what `timestamptz_to_str` writes (`EncodeDateTime` with `USE_ISO_DATES`): `2026-11-21 10:05:05.25+05:30`,
    /// the zone as `±hh[:mm[:ss]]`. Nil for anything else.
    package init?(_ text: some Collection<UInt8>) {
        var rest = text[...]
        func number(_ digits: ClosedRange<Int>) -> Int64? {
            let run = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard digits.contains(run.count) else { return nil }
            rest = rest.dropFirst(run.count)
            return run.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func skip(_ separator: Character) -> Bool {
            guard let first = rest.first, first == separator.asciiValue else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4...6), skip("-"), let month = number(2...2), skip("-"), let day = number(2...2),
            skip(" "), let hour = number(2...2), skip(":"), let minute = number(2...2), skip(":"),
            let second = number(2...2), (1...12).contains(month), (1...31).contains(day),
            // The type ends in this year: later ones would not fit.
            year <= 294_276
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            let before = rest.count
            guard let digits = number(1...6) else { return nil }
            fraction = digits
            for _ in (before - rest.count)..<6 { fraction *= 10 }
        }
        let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard skip("+") || skip("-"), let zoneHours = number(2...2) else { return nil }
        var zone = zoneHours * 3600
        if skip(":") {
            guard let minutes = number(2...2) else { return nil }
            zone += minutes * 60
            if skip(":") {
                guard let seconds = number(2...2) else { return nil }
                zone += seconds
            }
        }
        guard rest.isEmpty else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - sign * zone
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// Days from 2000-01-01 to a date of the Gregorian calendar; years are counted from March, so that the leap day is
    /// a year's last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let daysBefore = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
        return daysBefore + dayOfYear - 730_425
    }
}

/// A date or timestamp as the server writes it with DateStyle ISO (`EncodeDateOnly`, `EncodeDateTime`):
/// `2024-02-29`, `0044-03-15 10:00:00.25+00 BC`, `infinity`. A zone is taken into account, whichever it is.
struct ISOTime {
    /// As the server keeps a date: days since 2000-01-01, the infinities at both ends of 32 bits.
    private(set) var date: Int64?
    /// As the server keeps a timestamp: microseconds since 2000-01-01, the infinities at both ends of 64 bits. Nil where
    /// the number is out of the type's range.
    private(set) var timestamp: Int64?

    /// Nil for anything else.
    init?(_ text: Span<UInt8>) {
        if Self.ends(text, with: "-infinity", from: 0) {
            (date, timestamp) = (Int64(Int32.min), .min)
            return
        }
        if Self.ends(text, with: "infinity", from: 0) {
            (date, timestamp) = (Int64(Int32.max), .max)
            return
        }
        var reader = Reader()
        // Dates end in the year 5874897.
        guard let year = reader.number(text, digits: 4...7), reader.skip(text, "-"),
            let month = reader.number(text, digits: 2...2), reader.skip(text, "-"),
            let day = reader.number(text, digits: 2...2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let time = Self.time(text, &reader)
        let isBC = Self.ends(text, with: " BC", from: reader.offset)
        guard let time, isBC || reader.offset == text.count, year > 0 else { return nil }
        let days = Self.days(year: isBC ? 1 - year : year, month: month, day: day)
        date = days
        let (midnight, isTooFar) = days.multipliedReportingOverflow(by: 86_400_000_000)
        let (moment, isTooFarByTime) = midnight.addingReportingOverflow(time)
        timestamp = isTooFar || isTooFarByTime ? nil : moment
    }

    /// Microseconds since midnight, UTC; 0 where there is no time of day. Nil for what is none.
    private static func time(_ text: Span<UInt8>, _ reader: inout Reader) -> Int64? {
        let start = reader
        guard reader.skip(text, " "), let hours = reader.number(text, digits: 2...2) else {
            reader = start
            return 0
        }
        guard reader.skip(text, ":"), let minutes = reader.number(text, digits: 2...2), reader.skip(text, ":"),
            let seconds = reader.number(text, digits: 2...2)
        else { return nil }
        var fraction: Int64 = 0
        if reader.skip(text, ".") {
            let before = reader.offset
            guard let digits = reader.number(text, digits: 1...6) else { return nil }
            fraction = digits
            for _ in (reader.offset - before)..<6 { fraction *= 10 }
        }
        guard let zone = zone(text, &reader) else { return nil }
        return ((hours * 60 + minutes) * 60 + seconds - zone) * 1_000_000 + fraction
    }

    /// Seconds east of UTC: `±hh[:mm[:ss]]`, 0 where there is none.
    private static func zone(_ text: Span<UInt8>, _ reader: inout Reader) -> Int64? {
        let isWest = reader.skip(text, "-")
        guard isWest || reader.skip(text, "+") else { return 0 }
        guard let hours = reader.number(text, digits: 2...2) else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] as [Int64] where reader.skip(text, ":") {
            guard let number = reader.number(text, digits: 2...2) else { return nil }
            seconds += number * unit
        }
        return isWest ? -seconds : seconds
    }

    private static func ends(_ text: Span<UInt8>, with end: StaticString, from offset: Int) -> Bool {
        guard text.count - offset == end.utf8CodeUnitCount else { return false }
        for index in offset..<text.count where unsafe text[index] != end.utf8Start[index - offset] { return false }
        return true
    }

    /// Days from 2000-01-01 to a date of the proleptic Gregorian calendar, by Howard Hinnant's algorithm: years are
    /// counted from March, so that the leap day is a year's last. Year 0 is 1 BC.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 730_425
    }

    private struct Reader {
        var offset = 0

        mutating func number(_ text: Span<UInt8>, digits: ClosedRange<Int>) -> Int64? {
            var (number, count) = (0 as Int64, 0)
            while offset < text.count, text[offset] >= 0x30, text[offset] <= 0x39, count < digits.upperBound {
                number = number * 10 + Int64(text[offset] - 0x30)
                offset += 1
                count += 1
            }
            return count >= digits.lowerBound ? number : nil
        }

        mutating func skip(_ text: Span<UInt8>, _ separator: Character) -> Bool {
            guard offset < text.count, text[offset] == separator.asciiValue else { return false }
            offset += 1
            return true
        }
    }
}

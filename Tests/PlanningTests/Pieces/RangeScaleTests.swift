import Testing

@testable import Planning

@Suite("A scale of values")
struct RangeScaleTests {
    @Test(
        "reads and writes what the server does",
        arguments: [
            (RangeScale.integer, "-9223372036854775808", -9_223_372_036_854_775_808),
            (.date, "1970-01-01", 0), (.date, "2000-02-29", 11_016), (.date, "1969-12-31", -1),
            (.date, "1900-03-01", -25_508), (.date, "0001-01-01", -719_162), (.date, "0001-12-31 BC", -719_163),
            (.date, "4713-01-01 BC", -2_440_550), (.date, "294276-12-31", 106_762_939),
            (.timestamp(hasZone: false), "1970-01-01 00:00:00", 0),
            (.timestamp(hasZone: false), "2024-02-29 12:34:56.789", 1_709_210_096_789_000),
            (.timestamp(hasZone: true), "1969-12-31 23:59:59.999999+00", -1),
            (.timestamp(hasZone: true), "0044-03-15 10:00:00+00 BC", -63_517_788_000_000_000),
        ] as [(RangeScale, String, Int128)]
    )
    func roundTrip(scale: RangeScale, text: String, number: Int128) {
        #expect(scale.number(text) == number)
        // A fraction is written with all six digits.
        let written = scale.text(number)
        #expect(scale.number(written) == number)
        if !text.contains(".789") { #expect(written == text) }
    }

    @Test("takes a zone into account that is not UTC")
    func zones() {
        let scale = RangeScale.timestamp(hasZone: true)
        let utc = scale.number("2024-01-01 12:00:00+00")
        #expect(scale.number("2024-01-01 17:45:00+05:45") == utc)
        #expect(scale.number("2024-01-01 04:00:00-08") == utc)
    }

    @Test(
        "does not read what has no place on it",
        arguments: [
            (RangeScale.date, "infinity"), (.timestamp(hasZone: true), "-infinity"), (.integer, "1.5"),
            (.uuid, "not a uuid"), (.date, "2024-13-01"), (.timestamp(hasZone: false), "2024-01-01 noon"),
        ] as [(RangeScale, String)]
    )
    func unreadable(scale: RangeScale, text: String) { #expect(scale.number(text) == nil) }

    @Test("keeps the order of uuids, and writes them whole")
    func uuids() throws {
        let texts = [
            "00000000-0000-0000-0000-000000000000", "7fffffff-ffff-ffff-ffff-fffffffffffe",
            "80000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-fffffffffffe",
        ]
        let numbers = try texts.map { try #require(RangeScale.uuid.number($0)) }
        #expect(numbers == numbers.sorted())
        #expect(numbers.map(RangeScale.uuid.text) == texts)
    }

    @Test("counts every day of eight centuries once")
    func calendar() {
        var expected = RangeScale.date.number("1600-01-01")!
        for year in 1600..<2400 {
            for month in 1...12 {
                let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
                let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
                let text = "\(year)-\(month < 10 ? "0" : "")\(month)-01"
                #expect(RangeScale.date.number(text) == expected)
                #expect(RangeScale.date.text(expected) == text)
                expected += Int128(days)
            }
        }
    }
}

import PlanFile
import Testing

@Suite("Sizes and durations")
struct QuantityTests {
    @Test(
        "sizes count in powers of 1024",
        arguments: [
            ("1 B", 1), ("100 bytes", 100), ("64 kB", 65_536), ("512MB", 536_870_912), ("10 GB", 10_737_418_240),
            ("3  TB", 3_298_534_883_328), ("8191 PB", 9_222_246_136_947_933_184),
        ])
    func sizes(_ text: String, _ bytes: Int64) throws {
        let size = try ByteCount(parsing: text)
        #expect(size.bytes == bytes)
        #expect(try ByteCount(parsing: size.text) == size)
    }

    @Test("a size is shown in the largest unit that divides it")
    func shown() {
        #expect(
            [1, 1024, 1536, 1 << 30, 3 << 39].map { ByteCount(bytes: $0).text } == [
                "1 B", "1 kB", "1536 B", "1 GB", "1536 GB",
            ])
    }

    @Test(
        "durations keep months, days and time apart",
        arguments: [
            ("30 s", 0, 0, 30_000_000), ("500 ms", 0, 0, 500_000), ("7us", 0, 0, 7), ("1 h", 0, 0, 3_600_000_000),
            ("7 days", 0, 7, 0), ("2 weeks", 0, 14, 0), ("1 day 12 hours", 0, 1, 43_200_000_000),
            ("2 years", 24, 0, 0), ("1 year 1 mon 1 week 1 day 1 min", 13, 8, 60_000_000),
            ("0 days 1 s", 0, 0, 1_000_000), ("2147483647 days", 0, 2_147_483_647, 0),
        ])
    func durations(_ text: String, _ months: Int, _ days: Int, _ microseconds: Int64) throws {
        let duration = try PlanDuration(parsing: text)
        #expect(duration == PlanDuration(months: months, days: days, microseconds: microseconds, text: text))
    }

    @Test(
        "what is no size or duration says why",
        arguments: [
            "", " ", "s", "7", "-7 s", "+7 s", "7.5 s", "7 s,", "7 s 8", "7 parsecs", "0 s", "1 s 1 second",
            "2147483648 days", "178956971 years", "9223372036855 s", "99999999999999999999 s", "٧ s",
        ])
    func refused(_ text: String) {
        #expect(throws: ValueProblem.self) { try PlanDuration(parsing: text) }
        #expect(throws: ValueProblem.self) { try ByteCount(parsing: text) }
    }
}

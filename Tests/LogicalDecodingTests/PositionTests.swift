import LogicalDecoding
import Testing

@Suite struct PositionTests {
    @Test(arguments: [("0/0", 0), ("16/B374D848", 0x16_B374_D848), ("FFFFFFFF/FFFFFFFF", UInt64.max), ("0/1", 1)])
    func `A WAL position is written as the server writes it`(text: String, value: UInt64) {
        #expect(LSN(text)?.rawValue == value)
        #expect(LSN(rawValue: value).description == text)
    }

    @Test func `Leading zeros and lower case are read`() {
        #expect(LSN("00000016/b374d848") == LSN("16/B374D848"))
    }

    @Test(arguments: ["", "/", "1", "1/", "/1", "1/2/3", "123456789/0", "g/0", " 1/2", "-1/2", "1/+2"])
    func `What is no WAL position is refused`(text: String) { #expect(LSN(text) == nil) }

    private static let aCases: [(String, Int64)] = [
        ("2000-01-01 00:00:00+00", 0),
        ("2000-01-01 00:00:00.000001+00", 1),
        ("1999-12-31 23:59:59.5+00", -500_000),
        ("1970-01-01 00:00:00+00", -946_684_800_000_000),
        ("2024-02-29 12:34:56.789+00", 762_525_296_789_000),
        ("2000-03-01 05:30:00+05:30", 60 * 86_400_000_000),
        ("1999-12-31 19:00:00-05", 0),
        ("1999-12-31 23:36:00.25-00:24:30", 30_250_000),
        ("2100-03-01 00:00:00+00", 36_584 * 86_400_000_000),
        ("10000-01-01 00:00:00+00", 2_921_940 * 86_400_000_000),
    ]

    @Test(arguments: aCases)
    func `A timestamp is read to the microsecond`(text: String, microseconds: Int64) {
        #expect(Timestamp(text.utf8)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "infinity", "2024-01-01", "2024-01-01 00:00:00", "2024-13-01 00:00:00+00", "2024-01-01 00:00:00.+00",
        "2024-01-01 00:00:00.1234567+00", "2024-01-01 00:00:00+00 BC", "2024-01-01T00:00:00+00",
        "294277-01-01 00:00:00+00", "999999-12-31 00:00:00+00", "2024-01-01 00:00:00Z",
    ])
    func `What is no timestamp of the server is refused`(text: String) { #expect(Timestamp(text.utf8) == nil) }
}

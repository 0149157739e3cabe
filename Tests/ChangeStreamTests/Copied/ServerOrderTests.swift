import LogicalDecoding
import Planning
import Postgres
import TestServers
import Testing

@testable import ChangeStream

/// For many values of every type that rows are cut along: the piece whose SQL condition holds, asked from the server,
/// is the finder's.
@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct `A finder of pieces agrees with the server` {
    struct Sample: Sendable, CustomTestStringConvertible {
        var type: String
        /// Writes the binary form.
        var send: String
        /// Values made of `h`, a random bigint, and `n`, its number.
        var random: [String]
        var special: [String]
        var testDescription: String { type }
    }

    static let samples = [
        Sample(
            type: "smallint", send: "int2send", random: ["(h % 32768)::smallint"], special: ["-32768", "32767", "0"]),
        Sample(
            type: "integer", send: "int4send", random: ["(h % 2147483648)::integer", "(h % 100)::integer"],
            special: ["-2147483648", "2147483647", "0", "-1"]),
        Sample(
            type: "bigint", send: "int8send", random: ["h", "h % 100"],
            special: ["-9223372036854775808", "9223372036854775807", "0", "-1"]),
        Sample(
            type: "date", send: "date_send",
            random: [
                "date '2000-01-01' + (abs(h % 2147000000) - 2451000)::integer",
                "date '2000-01-01' + (h % 1000000)::integer",
            ],
            special: [
                "infinity", "-infinity", "4714-11-24 BC", "5874897-12-31", "0001-12-31 BC", "0001-01-01", "2000-02-29",
            ]),
        Sample(
            type: "timestamp without time zone", send: "timestamp_send",
            random: [wide("timestamp"), near("timestamp")], special: moments),
        Sample(
            type: "timestamp with time zone", send: "timestamptz_send",
            random: [wide("timestamptz"), near("timestamptz")], special: moments),
        Sample(
            type: "uuid", send: "uuid_send", random: ["md5(h::text)::uuid"],
            special: [
                "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "7fffffff-ffff-ffff-ffff-ffffffffffff", "80000000-0000-0000-0000-000000000000",
            ]),
        Sample(
            type: "bytea", send: "byteasend", random: ["substr(decode(md5(h::text), 'hex'), 1, (n % 5)::integer)"],
            special: ["", "\\x00", "\\x0000", "\\xff", "\\xff00", "\\x7f", "\\x80"]),
        Sample(
            type: "text", send: "textsend",
            random: [
                "substr(md5(h::text), 1, (n % 4)::integer)",
                "chr((32 + abs(h % 55000))::integer) || substr(md5(h::text), 1, (n % 3)::integer)",
            ],
            special: ["", " ", "a", "a ", "A", "é", "\u{1F600}", "\u{FFFD}", "\u{7F}", "a'b\\c", "\\x61"]),
    ]

    private static let moments = [
        "infinity", "-infinity", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "2000-01-01 00:00:00",
        "1999-12-31 23:59:59.999999", "0001-12-31 23:59:59.5 BC", "0044-03-15 10:00:00.25 BC", "0001-01-01 00:00:00",
    ]
    private static func wide(_ type: String) -> String {
        "\(type) '2000-01-01 00:00' + (abs(h % 108000000) - 2450000) * interval '1 day' + (h % 86400000000) * interval "
            + "'1 microsecond'"
    }
    private static func near(_ type: String) -> String {
        "\(type) '2000-01-01 00:00' + (h % 100000000) * interval '1 microsecond'"
    }

    @Test(arguments: samples)
    func `for values of every type, in text and in binary form`(sample: Sample) async throws {
        let seed = UInt32.random(in: 0 ... .max)
        let (rows, borders) = try await TestServers.withConnection(to: try TestServers.requireSource()) { connection in
            try Self.judged(sample, seed: seed, connection)
        }
        let table = try followedTable(type: sample.type, borders: borders, hasNull: true)
        let finder = try PieceFinder(table, columns: ["v"])
        #expect(rows.count > 400)
        for row in rows {
            guard let text = row.text, let binary = row.binary else {
                #expect(try finder.piece(.null) == row.piece)
                continue
            }
            #expect(try finder.piece(.text, Array(text.utf8)) == row.piece, "\(text), seed \(seed), \(borders)")
            #expect(try finder.piece(.binary, binary) == row.piece, "\(text) in binary form, seed \(seed), \(borders)")
        }
    }

    private struct Judged: Sendable {
        var text: String?
        var binary: [UInt8]?
        var piece: Int
    }

    /// Fills a temporary table, cuts it at values of its own, and asks which condition each row fulfils.
    private static func judged(
        _ sample: Sample, seed: UInt32, _ connection: Connection,
    ) throws -> (rows: [Judged], borders: [String]) {
        let collation = sample.type == "text" ? " collate \"C\"" : ""
        try connection.execute("create temporary table t (v \(sample.type)\(collation))")
        let special = sample.special.map { "(\(Piece.literal($0))::\(sample.type))" }.joined(separator: ", ")
        try connection.execute("insert into t values (null), \(special)")
        for random in sample.random {
            try connection.execute(
                """
                insert into t select \(random) from (
                    select n, ('x' || substr(md5(n || '\(seed)'), 1, 16))::bit(64)::bigint as h
                    from generate_series(1, 400) n) as numbers
                """)
        }
        let borderRows = try connection.query(
            """
            select v::text from (
                select v from (select distinct v from t where v is not null) as known
                order by md5(v::text || '\(seed)') limit 30) as chosen
            order by chosen.v
            """)
        let borders = borderRows.indices.map { borderRows.text($0, 0) }
        let pieces = try followedTable(type: sample.type, borders: borders, hasNull: true).pieces
        let cases = pieces.enumerated().map { "when \($1.rows.condition ?? "true") then \($0)" }
        let answer = try connection.query(
            "select v::text, encode(\(sample.send)(v), 'hex'), case \(cases.joined(separator: " ")) end from t")
        let rows = try answer.indices.map { index in
            Judged(
                text: answer[index, 0], binary: answer[index, 1].map(unhexed),
                piece: try #require(answer.int(index, 2)))
        }
        return (rows, borders)
    }

    private static func unhexed(_ text: String) -> [UInt8] {
        let digits = text.utf8.map { UInt8($0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

import LogicalDecoding
import PlanFile
import Planning
import Testing

@testable import ChangeStream

/// A table whose pieces are the ranges between borders, and one for NULL.
func followedTable(
    column: String = "v", type: String = "bigint", borders: [String] = [], hasNull: Bool = false,
    identity: FollowingDecision.Identity = .columns(["v"]), watermarks: [String] = [],
) throws -> FollowedTable {
    let bounds: [String?] = [nil] + borders + [nil]
    var rows = zip(bounds, bounds.dropFirst()).map { lower, upper in
        Piece.Rows.range(column: column, type: type, lower: lower, upper: upper)
    }
    if hasNull { rows.append(.null(column: column)) }
    let pieces = try rows.enumerated().map { position, rows in
        let text = position < watermarks.count ? watermarks[position] : "10:10:"
        return CopiedPiece(rows: rows, watermark: try #require(Watermark(text)), insertLSN: LSN(rawValue: 1))
    }
    return FollowedTable(
        name: QualifiedName(schema: "public", name: "t"), sourceOID: 1, columns: [column], identity: identity,
        pieces: pieces,
    )
}

extension PieceFinder {
    func piece(_ kind: Value.Kind, _ bytes: [UInt8] = []) throws(PieceFinderFailure) -> Int {
        unsafe try piece(kind: kind, bytes: bytes.span.bytes)
    }
    func piece(_ text: String) throws(PieceFinderFailure) -> Int { try piece(.text, Array(text.utf8)) }
}

struct `A finder of pieces` {
    private func reason(_ body: () throws -> Void) -> PieceFinderFailure.Reason? {
        do { try body() } catch { return (error as? PieceFinderFailure)?.reason }
        return nil
    }

    @Test func `finds the column that decides in the stream's relation`() throws {
        let table = try followedTable(borders: ["5"])
        #expect(try PieceFinder(table, columns: ["a", "v"]).column == 1)
        #expect(reason { _ = try PieceFinder(table, columns: ["a"]) } == .missingColumn("v"))
    }

    @Test func `finds pieces that come in any order`() throws {
        var table = try followedTable(borders: ["-5", "0", "70"], hasNull: true)
        table.pieces = [4, 2, 0, 3, 1].map { table.pieces[$0] }
        let finder = try PieceFinder(table, columns: ["v"])
        #expect(try ["-6", "-5", "-1", "0", "69", "70"].map(finder.piece) == [2, 4, 4, 1, 1, 3])
        #expect(try finder.piece(.null) == 0)
    }

    @Test func `judges all rows alike where one watermark holds for all`() throws {
        var table = try followedTable()
        table.pieces[0].rows = .all
        #expect(try PieceFinder(table, columns: []).column == nil)
        #expect(try PieceFinder(table, columns: []).piece(.unchanged) == 0)
        table.pieces = [(0, 8), (8, nil)].map { first, end in
            CopiedPiece(
                rows: .blocks(first: first, end: end), watermark: table.pieces[0].watermark,
                insertLSN: LSN(rawValue: 1))
        }
        #expect(try PieceFinder(table, columns: []).column == nil)
        table.pieces[1].watermark.xmax += 1
        #expect(reason { _ = try PieceFinder(table, columns: []) } == .severalWatermarks)
    }

    @Test func `refuses pieces that do not hold every row once`() throws {
        let whole = try followedTable(borders: ["5", "9"])
        var table = whole
        table.pieces = []
        #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } == .noPieces)
        for missing in 0..<3 {
            table = whole
            table.pieces.remove(at: missing)
            #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } != nil)
        }
        table = whole
        table.pieces.append(table.pieces[1])
        #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } == .bordersDoNotMeet(piece: 3))
        table = whole
        table.pieces[1].rows = .all
        #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } == .mixedPieces)
        table = try followedTable(borders: ["9", "5"])
        #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } != nil)
        table = try followedTable(type: "numeric", borders: ["5"])
        #expect(reason { _ = try PieceFinder(table, columns: ["v"]) } == .unknownType("numeric"))
        table = try followedTable(borders: ["five"])
        #expect(
            reason { _ = try PieceFinder(table, columns: ["v"]) } == .unreadableBorder(column: "v", type: "bigint"))
    }

    @Test func `needs the value, and a piece for NULL`() throws {
        let table = try followedTable(borders: ["5"])
        let finder = try PieceFinder(table, columns: ["v"])
        for kind in [Value.Kind.unchanged, .absent] {
            #expect(reason { _ = try finder.piece(kind) } == .valueNotSent(column: "v"))
        }
        #expect(reason { _ = try finder.piece(.null) } == .noPieceForNull(column: "v"))
        // test_decoding leaves NULLs out of old rows.
        let full = try PieceFinder(followedTable(borders: ["5"], hasNull: true, identity: .full), columns: ["v"])
        #expect(try full.piece(.absent) == 2)
    }

    @Test(
        arguments: [
            ("bigint", "5", ["", "-", "1.5", "9223372036854775808", "-9223372036854775809", "x", " 1"]),
            ("date", "2000-01-01", ["", "2000-13-01", "2000-01-01x", "tomorrow", "2000-1-1", "0000-01-01"]),
            (
                "timestamp with time zone", "2000-01-01 00:00:00+00",
                ["2000-01-01 00:00", "2000-01-01 00:00:00+", "2000-01-01T00:00:00Z", "2000-01-01 00:00:00 AD"],
            ),
            ("uuid", "00000000-0000-0000-0000-000000000000", ["00000000000000000000000000000000", "", "x"]),
            ("bytea", "\\x00", ["", "\\", "\\001", "\\x0"]),
        ] as [(String, String, [String])],
    )
    func `does not guess at what it cannot read`(type: String, border: String, texts: [String]) throws {
        let finder = try PieceFinder(followedTable(type: type, borders: [border]), columns: ["v"])
        for text in texts {
            let expected = PieceFinderFailure.Reason.unreadableValue(column: "v", type: type, isBinary: false)
            #expect(reason { _ = try finder.piece(text) } == expected, "\(text)")
        }
        if type != "bytea" {
            let expected = PieceFinderFailure.Reason.unreadableValue(column: "v", type: type, isBinary: true)
            #expect(reason { _ = try finder.piece(.binary, [1, 2, 3]) } == expected)
        }
    }

    @Test func `takes a zone into account that is not UTC`() throws {
        let table = try followedTable(type: "timestamp with time zone", borders: ["2024-01-01 12:00:00+00"])
        let finder = try PieceFinder(table, columns: ["v"])
        let texts = ["2024-01-01 17:45:00+05:45", "2024-01-01 17:44:59.999999+05:45", "2024-01-01 04:00:00-08"]
        #expect(try texts.map(finder.piece) == [1, 0, 1])
    }

    @Test func `tells what a TRUNCATE must still delete`() throws {
        let table = try followedTable(
            borders: ["5", "9"], hasNull: true, watermarks: ["100:100:", "100:110:105", "103:103:", "120:120:"])
        let finder = try PieceFinder(table, columns: ["v"])
        #expect(finder.conditions(notShown: 99) == .none)
        #expect(finder.conditions(notShown: 120) == .all)
        #expect(
            finder.conditions(notShown: 105)
                == .some([
                    "\"v\" < '5'::bigint", "\"v\" >= '5'::bigint and \"v\" < '9'::bigint", "\"v\" >= '9'::bigint",
                ]))
        #expect(finder.conditions(notShown: 102) == .some(["\"v\" < '5'::bigint"]))
        #expect(finder.shows(1, 104))
        #expect(!finder.shows(1, 105))
        var whole = table
        whole.pieces = [table.pieces[1]]
        whole.pieces[0].rows = .all
        #expect(try PieceFinder(whole, columns: []).conditions(notShown: 105) == .all)
        #expect(try PieceFinder(whole, columns: []).conditions(notShown: 104) == .none)
    }
}

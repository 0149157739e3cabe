package import LogicalDecoding
internal import PlanFile
private import Planning

/// Which piece of its table a changed row belongs to, and whether that piece shows a transaction.
package struct PieceFinder: Sendable {
    /// Pieces whose watermarks do not show a transaction.
    package enum NotShown: Sendable, Equatable {
        case all
        case none
        /// The conditions of those pieces' rows, in the order of the pieces.
        case some([String])
    }

    private let table: FollowedTable
    private let borders: PieceBorders?
    /// For each range of `borders` its position in the table's pieces.
    private let rangePieces: [Int]
    private let nullPiece: Int?
    private let columnName: String
    private let type: String

    /// The column of the relation that decides. Nil: all rows are judged alike, as there is one piece, or block pieces,
    /// which share one watermark.
    package let column: Int?

    /// - Parameters:
    ///   - table: all its pieces must be there; they may come in any order.
    ///   - columns: of the relation, as the stream sends them.
    /// - Throws: `PieceFinderFailure` where the pieces are not a partition of all rows, a border cannot be read, or the
    ///   stream does not carry the column that they are cut along.
    package init(_ table: FollowedTable, columns: [String]) throws(PieceFinderFailure) {
        func failure(_ reason: PieceFinderFailure.Reason) -> PieceFinderFailure {
            PieceFinderFailure(table: table.name, reason: reason)
        }
        guard let first = table.pieces.first else { throw failure(.noPieces) }
        self.table = table
        var ranges: [PieceBorders.Range] = []
        var (places, nullPiece, cut) = ([Int](), Int?.none, (column: String, type: String)?.none)
        var nullColumn: String?
        for (position, piece) in table.pieces.enumerated() {
            switch piece.rows {
            case .range(let column, let type, let lower, let upper):
                guard cut.map({ $0 == (column, type) }) ?? true else { throw failure(.mixedPieces) }
                cut = (column, type)
                ranges.append(PieceBorders.Range(lower: lower, upper: upper))
                places.append(position)
            case .null(let column):
                guard nullPiece == nil else { throw failure(.mixedPieces) }
                (nullPiece, nullColumn) = (position, column)
            case .all:
                guard table.pieces.count == 1 else { throw failure(.mixedPieces) }
            case .blocks:
                guard case .blocks = first.rows else { throw failure(.mixedPieces) }
                guard piece.watermark == first.watermark else { throw failure(.severalWatermarks) }
            }
        }
        rangePieces = places
        self.nullPiece = nullPiece
        (columnName, type) = cut ?? ("", "")
        guard let cut else {
            guard nullPiece == nil else { throw failure(.mixedPieces) }
            (borders, column) = (nil, nil)
            return
        }
        guard places.count + (nullPiece == nil ? 0 : 1) == table.pieces.count, nullColumn ?? cut.column == cut.column
        else { throw failure(.mixedPieces) }
        do {
            borders = try PieceBorders(ranges, type: cut.type)
        } catch {
            switch error {
            case .unknownType: throw failure(.unknownType(cut.type))
            case .unreadableBorder: throw failure(.unreadableBorder(column: cut.column, type: cut.type))
            case .bordersDoNotMeet(let piece): throw failure(.bordersDoNotMeet(piece: piece))
            }
        }
        guard let column = columns.firstIndex(of: cut.column) else { throw failure(.missingColumn(cut.column)) }
        self.column = column
    }

    /// The position in the table's pieces of the one that holds a row; any row's where `column` is nil.
    /// - Parameters:
    ///   - kind: of the value of `column`; NULL has its piece. Absent is NULL where all of the old row is sent
    ///     (test_decoding leaves NULLs out).
    ///   - bytes: the value, in text or binary form.
    package func piece(kind: Value.Kind, bytes: RawSpan) throws(PieceFinderFailure) -> Int {
        guard let borders else { return 0 }
        switch kind {
        case .text, .binary:
            let span = Span<UInt8>(_bytes: bytes)
            guard let range = borders.range(of: span, isBinary: kind == .binary) else {
                throw failure(.unreadableValue(column: columnName, type: type, isBinary: kind == .binary))
            }
            return rangePieces[range]
        case .absent where table.identity == .full, .null:
            guard let nullPiece else { throw failure(.noPieceForNull(column: columnName)) }
            return nullPiece
        case .absent, .unchanged: throw failure(.valueNotSent(column: columnName))
        }
    }

    /// Whether the piece's rows show what the transaction did; then a change by it to such a row is skipped.
    /// - Parameters:
    ///   - piece: as `piece(kind:bytes:)` gives it.
    ///   - xid: the top-level transaction's, as the stream sends it.
    package func shows(_ piece: Int, _ xid: UInt32) -> Bool { table.pieces[piece].watermark.sees(xid) }

    /// What a TRUNCATE by a transaction must still delete: the rows of the pieces that do not show it.
    package func conditions(notShown xid: UInt32) -> NotShown {
        guard borders != nil else { return shows(0, xid) ? .none : .all }
        let hidden = table.pieces.filter { !$0.watermark.sees(xid) }
        if hidden.isEmpty { return .none }
        if hidden.count == table.pieces.count { return .all }
        return .some(hidden.compactMap(\.rows.condition))
    }

    private func failure(_ reason: PieceFinderFailure.Reason) -> PieceFinderFailure {
        PieceFinderFailure(table: table.name, reason: reason)
    }
}

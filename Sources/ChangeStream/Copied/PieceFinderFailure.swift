package import PlanFile

/// Why it cannot be told which piece a row belongs to. Holds no row data: borders come from statistics, which are data,
/// so they are not named either.
package struct PieceFinderFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// No piece of the table has a watermark; changes must wait for all of them (EXACTNESS.md, 10).
        case noPieces
        /// The pieces are not of one kind, or cut along several columns.
        case mixedPieces
        /// Block pieces whose watermarks differ: a row's block is not in the stream.
        case severalWatermarks
        /// The ranges leave rows out or share some; the number of the piece, from 1, in the order of the borders.
        case bordersDoNotMeet(piece: Int)
        /// Rows are not cut along this type.
        case unknownType(String)
        case unreadableBorder(column: String, type: String)
        /// The stream's relation does not have the column that decides.
        case missingColumn(String)
        case unreadableValue(column: String, type: String, isBinary: Bool)
        /// The change does not carry the value that decides.
        case valueNotSent(column: String)
        /// NULL, and there is no piece for it.
        case noPieceForNull(column: String)
    }

    package var table: QualifiedName
    package var reason: Reason

    package init(table: QualifiedName, reason: Reason) {
        self.table = table
        self.reason = reason
    }
}

extension PieceFinderFailure: CustomStringConvertible {
    package var description: String {
        let what =
            switch reason {
            case .noPieces: "none of its pieces has a watermark"
            case .mixedPieces: "its pieces are not cut along one column"
            case .severalWatermarks: "its pieces are block ranges that were read at different moments"
            case .bordersDoNotMeet(let piece): "range \(piece) does not begin where the one before it ends"
            case .unknownType(let type): "rows are not cut along type \(type)"
            case .unreadableBorder(let column, let type):
                "a border of column \(column) cannot be read as \(type)"
            case .missingColumn(let column): "the change stream does not carry column \(column)"
            case .unreadableValue(let column, let type, let isBinary):
                "a value of column \(column) cannot be read as \(type) in \(isBinary ? "binary" : "text") form"
            case .valueNotSent(let column): "a change came without the value of column \(column)"
            case .noPieceForNull(let column): "column \(column) is NULL, and no piece holds such rows"
            }
        return "the piece of a row of \(table) cannot be told: \(what)"
    }
}

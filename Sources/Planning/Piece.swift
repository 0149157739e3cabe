package import PlanFile

/// A part of one table's rows that one task copies, verifies or copies again.
package struct Piece: Sendable, Codable, Equatable {
    /// The rows, as a condition that every version of the server reads alike.
    package enum Rows: Sendable, Codable, Equatable {
        /// All of them.
        case all
        /// `lower <= column < upper`; nil is open, infinity included. Bounds are text under our pinned settings, to be
        /// cast to `type` (as `format_type` writes it).
        case range(column: String, type: String, lower: String?, upper: String?)
        /// The rows whose `column` is NULL.
        case null(column: String)
        /// `ctid` from block `first` up to, not including, block `end`; nil: to the table's end.
        case blocks(first: Int64, end: Int64?)
    }

    package var table: QualifiedName
    /// On the source.
    package var tableOID: UInt32
    /// From 1.
    package var number: Int
    /// How many pieces the table has.
    package var count: Int
    package var rows: Rows
    /// The columns that travel, in order; generated ones are left out. Empty where the table has none.
    package var columns: [String]
    package var isBinary: Bool
    /// The piece is the whole of a table that is a plain table on the target, so that it may be truncated and copied
    /// with FREEZE in one transaction.
    package var mayFreeze: Bool
    package var estimatedRows: Int64
    package var estimatedBytes: Int64
    /// The table on the target that the rows go to, where it has another name: a partition's hypertable.
    package var target: QualifiedName?
    /// Where `target` is given: the condition that holds there for exactly the rows of `table`. Nil: none tells them from
    /// the rows of the other tables that go there.
    package var territory: String?
    /// Of a piece that is compared alone: rows of the table's children on the source belong to it.
    package var includesChildren: Bool?
    /// Of these children, by their object ids on the source, the plan moves no rows.
    package var leavesOut: [UInt32]?
    /// Nil where states of older versions do not say.
    private var readsChunks: Bool?

    package init(
        table: QualifiedName, tableOID: UInt32, number: Int, count: Int, rows: Rows, columns: [String], isBinary: Bool,
        mayFreeze: Bool, estimatedRows: Int64, estimatedBytes: Int64, isChunked: Bool = false,
    ) {
        self.table = table
        self.tableOID = tableOID
        self.number = number
        self.count = count
        self.rows = rows
        self.columns = columns
        self.isBinary = isBinary
        self.mayFreeze = mayFreeze
        self.estimatedRows = estimatedRows
        self.estimatedBytes = estimatedBytes
        readsChunks = isChunked ? true : nil
    }

    /// The table is a hypertable of the source: there its rows are in chunks below it.
    package var isChunked: Bool { readsChunks ?? false }

    /// The condition for a `where` clause, nil for all rows. Bounds come from catalogs and are quoted as literals.
    package var condition: String? { rows.condition }

    /// The table on the target.
    package var targetTable: QualifiedName { target ?? table }

    /// The condition for a `where` clause on the source.
    package var sourceCondition: String? {
        guard let leavesOut, !leavesOut.isEmpty else { return condition }
        let others = "tableoid not in (\(leavesOut.map { String($0) }.joined(separator: ", ")))"
        return condition.map { "(\($0)) and \(others)" } ?? others
    }

    /// The condition for a `where` clause on the target, nil for all rows of its table there.
    package var targetCondition: String? {
        guard let territory else { return condition }
        return condition.map { "(\(territory)) and (\($0))" } ?? territory
    }

    /// Nothing tells the rows of the piece's table from those of others in the target's table.
    package var isMixed: Bool { target != nil && territory == nil }

    /// A string literal; `standard_conforming_strings` is pinned on.
    package static func literal(_ text: String) -> String {
        "'" + QualifiedName.doubling("'", in: text) + "'"
    }
}

extension Piece.Rows {
    /// The condition for a `where` clause, nil for all rows. Bounds come from catalogs and are quoted as literals.
    package var condition: String? {
        switch self {
        case .all: return nil
        case .null(let column): return "\(QualifiedName.quoted(column)) is null"
        case .range(let column, let type, let lower, let upper):
            let name = QualifiedName.quoted(column)
            let parts =
                [
                    lower.map { "\(name) >= \(Piece.literal($0))::\(type)" },
                    upper.map { "\(name) < \(Piece.literal($0))::\(type)" },
                ]
                .compactMap { $0 }
            // Both ends open is every row that is not NULL.
            return parts.isEmpty ? "\(name) is not null" : parts.joined(separator: " and ")
        case .blocks(let first, let end):
            let from = "ctid >= '(\(first),0)'::pg_catalog.tid"
            return end.map { "\(from) and ctid < '(\($0),0)'::pg_catalog.tid" } ?? from
        }
    }
}

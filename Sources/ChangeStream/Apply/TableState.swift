internal import LogicalDecoding
internal import PlanFile

/// Which changes of one table its copied rows show already (EXACTNESS.md, 5 and 15).
struct TableState {
    private let table: AppliedTable
    private var finder: PieceFinder?
    /// From here on every change is applied untested.
    private(set) var bound: LSN
    /// Rows that were read again, by their keys.
    private var rows: [RowKey: RereadRow] = [:]

    init(_ table: AppliedTable) {
        self.table = table
        bound = table.followed.newestInsertLSN
    }

    /// Whether a transaction that commits at or behind `floor` must be tested.
    func isTested(_ floor: LSN) -> Bool { floor < bound }

    mutating func add(_ key: RowKey, _ row: RereadRow) {
        rows[key] = row
        bound = max(bound, row.insertLSN)
    }

    /// Whether the copied rows show what a transaction did to a row.
    /// - Parameters:
    ///   - row: in the table's order; what decides is known, or absent where it is NULL in an old row.
    ///   - key: the row's.
    mutating func shows(_ xid: UInt32, _ row: [StreamValue], key: [StreamValue]) throws -> Bool {
        if !rows.isEmpty, let own = rows[RowKey(key)] { return own.watermark.sees(xid) }
        let finder = try madeFinder()
        guard let column = finder.column else { return finder.shows(0, xid) }
        let value = row[column]
        let piece = try finder.piece(kind: value.kind, bytes: unsafe value.bytes.bytes)
        return finder.shows(piece, xid)
    }

    /// What of the table a TRUNCATE must still delete, and which rows are spared because they were read after it.
    mutating func truncation(_ xid: UInt32) throws -> (PieceFinder.NotShown, spared: [[String]]) {
        let conditions = try madeFinder().conditions(notShown: xid)
        return (conditions, rows.values.filter { $0.watermark.sees(xid) && !$0.key.isEmpty }.map(\.key))
    }

    private mutating func madeFinder() throws -> PieceFinder {
        if let finder { return finder }
        let finder = try PieceFinder(table.followed, columns: table.columns.map(\.name))
        self.finder = finder
        return finder
    }
}

/// A row that was read from the source by its key: a piece inside a piece (EXACTNESS.md, 15).
struct RereadRow: Sendable, Equatable {
    var watermark: Watermark
    var insertLSN: LSN
    /// The values of its key in text form; empty where it was gone.
    var key: [String]
}

/// A row's key as the stream sends it, as text that can be kept: each value its kind and its bytes in hexadecimal.
struct RowKey: Hashable, Sendable {
    let text: String

    init(text: String) { self.text = text }

    init(_ key: [StreamValue]) {
        text = key.map { value in
            guard value.hasBytes else { return "n" }
            let digits = unsafe value.bytes.map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
            return (value.kind == .text ? "t" : "b") + digits.joined()
        }
        .joined(separator: ",")
    }
}

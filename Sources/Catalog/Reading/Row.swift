internal import Postgres

/// Reads a row's values one after the other, in the order the query selects them.
struct Row {
    private let rows: ResultSet
    private let row: Int
    private var column = 0

    init(_ rows: ResultSet, _ row: Int) {
        self.rows = rows
        self.row = row
    }

    private mutating func advance() -> Int {
        defer { column += 1 }
        return column
    }

    mutating func optionalText() -> String? { rows[row, advance()] }
    /// Empty where NULL.
    mutating func text() -> String { rows.text(row, advance()) }
    mutating func optionalInt() -> Int? { rows.int(row, advance()) }
    /// 0 where NULL.
    mutating func int() -> Int { rows.int(row, advance()) ?? 0 }
    mutating func bytes() -> Int64 { Int64(rows.int(row, advance()) ?? 0) }
    mutating func bool() -> Bool { rows.bool(row, advance()) }
    mutating func optionalDouble() -> Double? { rows.double(row, advance()) }
    /// 0, which is no object's, where NULL.
    mutating func oid() -> OID { rows.oid(row, advance()) ?? 0 }
    /// Nil where NULL or 0.
    mutating func optionalOID() -> OID? { rows.oid(row, advance()).flatMap { $0 == 0 ? nil : $0 } }
    mutating func texts() -> [String] { rows.array(row, advance()) }
    /// Of an array, `{1,2}`.
    mutating func ints() -> [Int] { rows.array(row, advance()).compactMap { Int($0) } }
    /// Of an `int2vector` or `oidvector`, `1 2`.
    mutating func vector() -> [Int] { text().split(separator: " ").compactMap { Int($0) } }
}

extension ResultSet {
    /// All rows; those for which `body` returns nil are left out.
    func rows<R>(_ body: (inout Row) throws -> R?) rethrows -> [R] {
        var values: [R] = []
        values.reserveCapacity(count)
        for index in indices {
            var row = Row(self, index)
            if let value = try body(&row) { values.append(value) }
        }
        return values
    }
}

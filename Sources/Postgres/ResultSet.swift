private import CLibPQ

/// The rows of one answer, in text format. Owns the `PGresult`; not `Sendable`: take values out and send those.
@safe package final class ResultSet {
    private let raw: OpaquePointer

    /// Takes ownership.
    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }
    deinit { unsafe PQclear(raw) }

    package var count: Int { Int(unsafe PQntuples(raw)) }
    package var columnCount: Int { Int(unsafe PQnfields(raw)) }
    package var indices: Range<Int> { 0..<count }
    /// Rows inserted, updated, deleted, selected or copied, as the command tag says.
    package var affectedRows: Int { Int(unsafe String(cString: PQcmdTuples(raw))) ?? 0 }

    /// A value as text; nil where it is NULL.
    package subscript(_ row: Int, _ column: Int) -> String? {
        precondition(row < count && column < columnCount, "row \(row), column \(column) of \(count) x \(columnCount)")
        guard unsafe PQgetisnull(raw, Int32(row), Int32(column)) == 0 else { return nil }
        let length = Int(unsafe PQgetlength(raw, Int32(row), Int32(column)))
        guard let value = unsafe PQgetvalue(raw, Int32(row), Int32(column)) else { return nil }
        return unsafe String(decoding: UnsafeRawBufferPointer(start: value, count: length), as: UTF8.self)
    }

    /// A value that the query never leaves NULL; empty where it is.
    package func text(_ row: Int, _ column: Int) -> String { self[row, column] ?? "" }
    package func int(_ row: Int, _ column: Int) -> Int? { self[row, column].flatMap { Int($0) } }
    package func double(_ row: Int, _ column: Int) -> Double? { self[row, column].flatMap { Double($0) } }
    package func oid(_ row: Int, _ column: Int) -> UInt32? { self[row, column].flatMap { UInt32($0) } }
    package func bool(_ row: Int, _ column: Int) -> Bool { self[row, column] == "t" }
    /// An array of text without NULLs, in PostgreSQL's output form `{a,"b c"}`.
    package func array(_ row: Int, _ column: Int) -> [String] { self[row, column].map(PostgresArray.elements) ?? [] }
}

/// PostgreSQL's text form of one-dimensional arrays.
package enum PostgresArray {
    /// The elements of `{a,"b \"c\"",NULL}`; an unquoted NULL is left out.
    package static func elements(_ text: String) -> [String] {
        var elements: [String] = []
        var element: [UInt8] = []
        var (isQuoted, wasQuoted, isEscaped) = (false, false, false)
        func finish() {
            let value = String(decoding: element, as: UTF8.self)
            if wasQuoted || (!value.isEmpty && value != "NULL") { elements.append(value) }
            element.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        for byte in text.utf8.dropFirst().dropLast() {
            switch byte {
            case _ where isEscaped:
                element.append(byte)
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                wasQuoted = true
            case UInt8(ascii: ",") where !isQuoted: finish()
            default: element.append(byte)
            }
        }
        finish()
        return elements
    }

    /// The text form of an array parameter.
    package static func literal(_ elements: [String]) -> String {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (position, element) in elements.enumerated() {
            if position > 0 { text.append(UInt8(ascii: ",")) }
            text.append(UInt8(ascii: "\""))
            // Bytes, since a quote before a combining mark is another `Character`.
            for byte in element.utf8 {
                if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }
}

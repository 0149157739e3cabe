internal import LogicalDecoding
internal import Postgres

/// Values as the server takes many of them at once: binary arrays, rows of COPY.
struct WireBuffer {
    private(set) var bytes: [UInt8] = []

    /// When it is sent on.
    static let full = 128 << 10

    var count: Int { bytes.count }

    mutating func removeAll() {
        // What one huge row needed is given back.
        bytes.removeAll(keepingCapacity: bytes.capacity < 8 << 20)
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws(PostgresError) -> R) throws(PostgresError) -> R {
        unsafe try bytes.span.bytes.withUnsafeBytes { (raw) throws(PostgresError) in unsafe try body(raw) }
    }

    private mutating func append(_ value: Int32) {
        unsafe withUnsafeBytes(of: value.bigEndian) { raw in unsafe bytes.append(contentsOf: raw) }
    }

    private mutating func append(_ value: Int16) {
        unsafe withUnsafeBytes(of: value.bigEndian) { raw in unsafe bytes.append(contentsOf: raw) }
    }

    // MARK: Arrays (`array_recv`)

    /// One dimension from 1; `count` elements follow.
    mutating func beginArray(of type: UInt32, count: Int) {
        append(1 as Int32)
        // Whether there are NULLs; the server finds out itself.
        append(0 as Int32)
        append(Int32(bitPattern: type))
        append(Int32(truncatingIfNeeded: count))
        append(1 as Int32)
    }

    /// A length and the bytes; -1 for NULL. The same in arrays and in rows of a binary COPY.
    mutating func append(_ cell: Cell, _ arena: Arena) {
        guard cell.kind == .text || cell.kind == .binary else { return append(-1 as Int32) }
        append(Int32(truncatingIfNeeded: cell.length))
        let start = Int(cell.offset)
        bytes.append(contentsOf: arena.bytes[start..<start + Int(cell.length)])
    }

    // MARK: COPY

    mutating func beginBinaryCopy() {
        bytes.append(contentsOf: "PGCOPY\n".utf8)
        bytes.append(contentsOf: [0xFF, 0x0D, 0x0A, 0])
        append(0 as Int32)
        append(0 as Int32)
    }

    mutating func appendBinaryRow(_ cells: ArraySlice<Cell>, _ arena: Arena) {
        append(Int16(truncatingIfNeeded: cells.count))
        for cell in cells { append(cell, arena) }
    }

    mutating func endBinaryCopy() { append(-1 as Int16) }

    mutating func appendTextRow(_ cells: ArraySlice<Cell>, _ arena: Arena) {
        for cell in cells {
            if cell.kind == .null {
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(ascii: "N"))
            } else {
                appendEscaped(arena.bytes, Int(cell.offset)..<Int(cell.offset) + Int(cell.length))
            }
            bytes.append(UInt8(ascii: "\t"))
        }
        bytes[bytes.count - 1] = UInt8(ascii: "\n")
    }

    /// COPY's text form takes a backslash before itself, a tab, a line feed and a carriage return.
    private mutating func appendEscaped(_ source: [UInt8], _ range: Range<Int>) {
        var start = range.lowerBound
        for index in range {
            let escaped: UInt8
            switch source[index] {
            case UInt8(ascii: "\\"): escaped = UInt8(ascii: "\\")
            case UInt8(ascii: "\t"): escaped = UInt8(ascii: "t")
            case UInt8(ascii: "\n"): escaped = UInt8(ascii: "n")
            case UInt8(ascii: "\r"): escaped = UInt8(ascii: "r")
            default: continue
            }
            bytes.append(contentsOf: source[start..<index])
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(escaped)
            start = index + 1
        }
        bytes.append(contentsOf: source[start..<range.upperBound])
    }
}

extension Arena {
    /// Lends cells as the parameters of a statement.
    func withParameters(
        _ cells: [Cell], _ body: (ParameterList) throws(PostgresError) -> Void,
    ) throws(PostgresError) {
        unsafe try bytes.span.bytes.withUnsafeBytes { (raw) throws(PostgresError) in
            var parameters = ParameterList()
            for cell in cells {
                let start = Int(cell.offset)
                switch cell.kind {
                case .text:
                    // Text has a zero byte behind it, so that there is always a byte.
                    guard let base = raw.baseAddress else { return }
                    unsafe parameters.append(text: base + start)
                case .binary:
                    unsafe parameters.append(
                        binary: UnsafeRawBufferPointer(rebasing: raw[start..<start + Int(cell.length)]))
                case .null, .unchanged, .absent: parameters.appendNull()
                }
            }
            try body(parameters)
        }
    }
}

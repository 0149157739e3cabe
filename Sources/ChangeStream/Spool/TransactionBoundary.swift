package import LogicalDecoding

/// What a message is to the transactions of the stream, told by its first bytes; that is all the receiver looks at.
package enum MessageRole: Sendable, Equatable {
    case begin
    case commit
    /// A description of a relation or a type, which pgoutput sends once in a session.
    case description
    case other

    package init(_ message: UnsafeRawBufferPointer, _ plugin: Plugin) {
        switch plugin {
        case .pgoutput:
            switch unsafe message.first {
            case UInt8(ascii: "B"): self = .begin
            case UInt8(ascii: "C"): self = .commit
            case UInt8(ascii: "R"), UInt8(ascii: "Y"): self = .description
            default: self = .other
            }
        case .wal2json:
            // `pg_decode_begin_txn_v2` and `pg_decode_commit_txn_v2` write the action first.
            self =
                unsafe Self.starts(message, with: #"{"action":"B""#)
                ? .begin : Self.starts(message, with: #"{"action":"C""#) ? .commit : .other
        case .testDecoding:
            // Its other messages begin with "table " and "message: ".
            self =
                unsafe Self.starts(message, with: "BEGIN")
                ? .begin : Self.starts(message, with: "COMMIT") ? .commit : .other
        }
    }

    private static func starts(_ message: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        guard message.count >= length else { return false }
        for index in 0..<length where unsafe message[index] != prefix.utf8Start[index] { return false }
        return true
    }
}

/// A message that is not what its plugin writes: cut off, changed on the way, or of a kind we did not ask for. Holds no
/// row data.
package struct DecodingFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The message ends before what must come.
        case truncated
        /// Bytes follow where the message should end.
        case trailingBytes
        /// Ranges are kept in 32 bits; the server's own limit is 1 GB.
        case tooLong
        /// The first byte, or wal2json's action, names no message.
        case unknownMessage
        /// Streamed and prepared transactions, which we do not ask for.
        case unsupported(String)
        /// What must stand here.
        case expected(String)
        /// A name that is not UTF-8.
        case invalidText
        /// pgoutput describes a relation before its first change.
        case unknownRelation(UInt32)
        /// A row of another width than its relation.
        case columnCount(relation: UInt32, expected: Int, found: Int)
        /// A member that a wal2json document must have; where options decide, which.
        case missing(String)
        /// An insert or update without its row (`(no-tuple-data)`).
        case missingRow
        /// JSON nested deeper than any plugin's.
        case nestedTooDeeply
    }

    package var plugin: Plugin
    /// Where in the message, in bytes.
    package var offset: Int
    package var reason: Reason

    package init(plugin: Plugin, offset: Int, reason: Reason) {
        self.plugin = plugin
        self.offset = offset
        self.reason = reason
    }
}

extension DecodingFailure: CustomStringConvertible {
    package var description: String {
        let what =
            switch reason {
            case .truncated: "the message ends too early"
            case .trailingBytes: "the message goes on where it should end"
            case .tooLong: "the message is longer than 4 GB"
            case .unknownMessage: "no message of this kind is known"
            case .unsupported(let what): "\(what) were not asked for and are not supported"
            case .expected(let what): "expected \(what)"
            case .invalidText: "a name is not UTF-8"
            case .unknownRelation(let id): "relation \(id) has not been described before"
            case .columnCount(let relation, let expected, let found):
                "relation \(relation) has \(expected) columns, its row \(found)"
            case .missing(let what): "\(what) is missing"
            case .missingRow: "the row is missing"
            case .nestedTooDeeply: "the JSON is nested too deeply"
            }
        return "a message of \(plugin.rawValue) cannot be read at byte \(offset): \(what)"
    }
}

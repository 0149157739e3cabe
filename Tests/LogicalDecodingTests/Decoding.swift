import LogicalDecoding

extension ChangeDecoder {
    /// Decodes one message and copies what it says.
    mutating func owned(_ message: [UInt8]) throws(DecodingFailure) -> OwnedChange {
        let change = unsafe try decode(message.span.bytes)
        return unsafe owned(change, in: message.span.bytes)
    }

    mutating func owned(_ message: String) throws(DecodingFailure) -> OwnedChange { try owned(Array(message.utf8)) }
}

/// Decodes messages of one stream, in their order.
func decode(_ plugin: Plugin, _ messages: [[UInt8]]) throws -> [OwnedChange] {
    var decoder = ChangeDecoder(plugin)
    var changes: [OwnedChange] = []
    for message in messages { changes.append(try decoder.owned(message)) }
    return changes
}

func decode(_ plugin: Plugin, _ messages: String...) throws -> [OwnedChange] {
    try decode(plugin, messages.map { Array($0.utf8) })
}

/// The failure of decoding the last of some messages.
func failing(_ plugin: Plugin, _ messages: [[UInt8]]) -> DecodingFailure? {
    var decoder = ChangeDecoder(plugin)
    do {
        for message in messages { _ = try decoder.owned(message) }
        return nil
    } catch {
        return error
    }
}

func failing(_ plugin: Plugin, _ messages: String...) -> DecodingFailure? {
    failing(plugin, messages.map { Array($0.utf8) })
}

/// Columns with their values, for rows of any change.
func named(_ relation: Relation, _ values: [OwnedChange.Value]) -> [String: OwnedChange.Value] {
    Dictionary(zip(relation.columns.map(\.name), values)) { first, _ in first }
}

/// Builds messages of pgoutput.
struct Message {
    var bytes: [UInt8]

    init(_ tag: Character) { bytes = [tag.asciiValue ?? 0] }

    static func + <Number: FixedWidthInteger>(left: Self, right: Number) -> Self {
        var message = left
        unsafe withUnsafeBytes(of: right.bigEndian) { unsafe message.bytes.append(contentsOf: $0) }
        return message
    }

    /// A zero-terminated string.
    static func + (left: Self, right: String) -> Self {
        var message = left
        message.bytes += Array(right.utf8) + [0]
        return message
    }

    /// A tag.
    static func + (left: Self, right: Character) -> Self {
        var message = left
        message.bytes.append(right.asciiValue ?? 0)
        return message
    }

    static func + (left: Self, right: [OwnedChange.Value]) -> Self {
        var message = left + UInt16(right.count)
        for value in right {
            switch value {
            case .null, .absent: message = message + Character("n")
            case .unchanged: message = message + Character("u")
            case .text(let text):
                message = message + Character("t") + Int32(text.utf8.count)
                message.bytes += Array(text.utf8)
            case .binary(let bytes):
                message = message + Character("b") + Int32(bytes.count)
                message.bytes += bytes
            }
        }
        return message
    }

    static func relation(_ relation: Relation) -> Self {
        var message =
            Message("R") + relation.id + (relation.namespace == "pg_catalog" ? "" : relation.namespace)
            + relation.name + (relation.replicaIdentity?.rawValue ?? 0) + UInt16(relation.columns.count)
        for column in relation.columns {
            message =
                message + (column.isKey ? 1 : 0 as UInt8) + column.name + (column.typeOID ?? 0) + column.typeModifier
        }
        return message
    }
}

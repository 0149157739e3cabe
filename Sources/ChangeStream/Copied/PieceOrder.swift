/// How the server orders the values of a type that rows are cut along, in the text and in the binary form that the
/// change stream carries. Text is what the server writes under our pinned settings (ISO dates, UTC, hex bytea).
enum PieceOrder: Sendable {
    /// By bytes of the binary form, the shorter of two first where one begins with the other.
    enum ByteType: Sendable {
        /// Under the C collation, in UTF-8.
        case text
        case bytea
        case uuid
    }

    enum NumberType: Sendable {
        /// Bytes of the binary form.
        case integer(width: Int)
        /// Days since 2000-01-01, 32 bits.
        case date
        /// Microseconds since 2000-01-01, 64 bits.
        case timestamp
    }

    case numbers(NumberType)
    case bytes(ByteType)

    /// - Parameter type: as `format_type` writes it; those of `RangeKey`.
    init?(_ type: String) {
        switch type {
        case "smallint": self = .numbers(.integer(width: 2))
        case "integer": self = .numbers(.integer(width: 4))
        case "bigint": self = .numbers(.integer(width: 8))
        case "date": self = .numbers(.date)
        case "timestamp without time zone", "timestamp with time zone": self = .numbers(.timestamp)
        case "uuid": self = .bytes(.uuid)
        case "bytea": self = .bytes(.bytea)
        case "text": self = .bytes(.text)
        default: return nil
        }
    }
}

extension PieceOrder.NumberType {
    /// What the server compares, nil where the bytes are not of the type. The infinities of dates and timestamps are the
    /// lowest and the highest number of their width, as the server keeps them.
    func number(_ bytes: Span<UInt8>, isBinary: Bool) -> Int64? {
        switch self {
        case .integer(let width):
            return isBinary ? Self.bigEndian(bytes, width: width) : Self.decimal(bytes)
        case .date:
            if isBinary { return Self.bigEndian(bytes, width: 4) }
            return ISOTime(bytes)?.date
        case .timestamp:
            if isBinary { return Self.bigEndian(bytes, width: 8) }
            return ISOTime(bytes)?.timestamp
        }
    }

    private static func bigEndian(_ bytes: Span<UInt8>, width: Int) -> Int64? {
        guard bytes.count == width else { return nil }
        var number: Int64 = bytes[0] & 0x80 == 0 ? 0 : -1
        for index in 0..<width { number = number << 8 | Int64(bytes[index]) }
        return number
    }

    private static func decimal(_ bytes: Span<UInt8>) -> Int64? {
        guard bytes.count > 0, bytes.count <= 20 else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        guard bytes.count > (isNegative ? 1 : 0) else { return nil }
        var number: Int64 = 0
        for index in (isNegative ? 1 : 0)..<bytes.count {
            let digit = bytes[index]
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            // Counted downwards, as the lowest number has no positive counterpart.
            let (tens, isTooMany) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLow) = tens.subtractingReportingOverflow(Int64(digit - 0x30))
            guard !isTooMany, !isTooLow else { return nil }
            number = sum
        }
        if isNegative { return number }
        return number == .min ? nil : -number
    }
}

extension PieceOrder.ByteType {
    /// The bytes that the server compares, nil where a border's text is not of the type.
    func bytes(ofBorder text: String) -> [UInt8]? {
        switch self {
        case .text: return Array(text.utf8)
        case .bytea:
            guard text.hasPrefix("\\x") else { return nil }
            return Self.unhexed(text.utf8.dropFirst(2))
        case .uuid:
            let bytes = Self.unhexed(text.utf8.filter { $0 != UInt8(ascii: "-") })
            return bytes?.count == 16 ? bytes : nil
        }
    }

    /// The type's text form as the server writes it: in lower-case hexadecimal digits, whose order is that of the bytes,
    /// so that values in text form are compared without being read.
    func text(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .text: return bytes
        case .bytea: return Array("\\x".utf8) + bytes.flatMap(Self.digits)
        case .uuid:
            return bytes.enumerated().flatMap { position, byte in
                ([4, 6, 8, 10].contains(position) ? [UInt8(ascii: "-")] : []) + Self.digits(byte)
            }
        }
    }

    /// Whether the bytes may be a value of the type; of long ones only the beginning is looked at.
    func isReadable(_ bytes: Span<UInt8>, isBinary: Bool) -> Bool {
        switch self {
        case .text: return true
        case .bytea:
            if isBinary { return true }
            return bytes.count >= 2 && bytes.count % 2 == 0 && bytes[0] == UInt8(ascii: "\\")
                && bytes[1] == UInt8(ascii: "x")
        case .uuid:
            if isBinary { return bytes.count == 16 }
            guard bytes.count == 36 else { return false }
            for index in 0..<36 {
                let isDash = index == 8 || index == 13 || index == 18 || index == 23
                let byte = bytes[index]
                let isDigit = byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
                guard isDash ? byte == UInt8(ascii: "-") : isDigit else { return false }
            }
            return true
        }
    }

    private static func digits(_ byte: UInt8) -> [UInt8] {
        [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x61 - 10 + $0 }
    }

    private static func unhexed(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 2)
        var upper: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            case 0x41...0x46: value = digit - 0x41 + 10
            default: return nil
            }
            if let first = upper {
                result.append(first << 4 | value)
                upper = nil
            } else {
                upper = value
            }
        }
        return result
    }
}

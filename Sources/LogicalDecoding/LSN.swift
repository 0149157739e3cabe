/// A position in the source's write-ahead log: a byte's number.
package struct LSN: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reads `16/B374D848`: two hexadecimal numbers of 32 bits (`pg_lsn_in`). Nil for anything else.
    package init?(_ text: some StringProtocol) {
        let halves = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let high = Self.half(halves[0]), let low = Self.half(halves[1]) else { return nil }
        self.init(rawValue: UInt64(high) << 32 | UInt64(low))
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    private static func half(_ digits: some Collection<UInt8>) -> UInt32? {
        guard (1...8).contains(digits.count) else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard let number = hexadecimalValue(digit) else { return nil }
            value = value << 4 | UInt32(number)
        }
        return value
    }
}

extension LSN: CustomStringConvertible {
    /// As the server writes it (`pg_lsn_out`).
    package var description: String {
        String(rawValue >> 32, radix: 16, uppercase: true) + "/"
            + String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }
}

/// The value of a hexadecimal digit of either case.
func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

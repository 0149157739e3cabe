internal import Planning

/// The borders between range pieces, ascending, and which range a value lies in.
struct PieceBorders: Sendable {
    /// What is wrong with the ranges.
    enum Failure: Error {
        case unknownType
        case unreadableBorder
        /// In the order of the borders, from 1.
        case bordersDoNotMeet(piece: Int)
    }

    /// A range of a table's pieces.
    struct Range {
        var lower: String?
        var upper: String?
    }

    private enum Values: Sendable {
        case numbers([Int64], PieceOrder.NumberType)
        /// The borders' binary and text forms.
        case bytes(binary: [[UInt8]], text: [[UInt8]], PieceOrder.ByteType)
    }

    private let values: Values
    /// Positions in `ranges`, in the order of the borders.
    private let order: [Int]

    /// The ranges in any order; together they must hold every value once.
    init(_ ranges: [Range], type: String) throws(Failure) {
        switch PieceOrder(type) {
        case nil: throw .unknownType
        case .numbers(let kind):
            let (order, borders) = try Self.sorted(ranges, by: <) { text in
                kind.number(Array(text.utf8).span, isBinary: false)
            }
            (self.order, values) = (order, .numbers(borders, kind))
        case .bytes(let kind):
            let (order, borders) = try Self.sorted(ranges, by: { $0.lexicographicallyPrecedes($1) }) { text in
                kind.bytes(ofBorder: text)
            }
            (self.order, values) = (order, .bytes(binary: borders, text: borders.map(kind.text), kind))
        }
    }

    /// Checks that each range begins where the one before it ends, and that the outer ones are open.
    private static func sorted<Key: Equatable>(
        _ ranges: [Range], by precedes: (Key, Key) -> Bool, read: (String) -> Key?,
    ) throws(Failure) -> (order: [Int], borders: [Key]) {
        var keyed: [(position: Int, lower: Key?, upper: Key?)] = []
        for (position, range) in ranges.enumerated() {
            let (lower, upper) = (range.lower.flatMap(read), range.upper.flatMap(read))
            guard (lower == nil) == (range.lower == nil), (upper == nil) == (range.upper == nil) else {
                throw .unreadableBorder
            }
            keyed.append((position, lower, upper))
        }
        keyed.sort { left, right in
            guard let second = right.lower else { return false }
            guard let first = left.lower else { return true }
            return precedes(first, second)
        }
        for (number, range) in keyed.enumerated() {
            let before = number == 0 ? nil : keyed[number - 1].upper
            guard range.lower == before, (range.lower == nil) == (number == 0) else {
                throw .bordersDoNotMeet(piece: number + 1)
            }
            if let lower = range.lower, let upper = range.upper, precedes(upper, lower) {
                throw .bordersDoNotMeet(piece: number + 1)
            }
        }
        guard let last = keyed.last, last.upper == nil else { throw .bordersDoNotMeet(piece: max(keyed.count, 1)) }
        return (keyed.map(\.position), keyed.compactMap(\.lower))
    }

    /// The position in `ranges` of the one that holds a value. Nil where the bytes are not of the type.
    func range(of bytes: Span<UInt8>, isBinary: Bool) -> Int? {
        switch values {
        case .numbers(let borders, let kind):
            guard let number = kind.number(bytes, isBinary: isBinary) else { return nil }
            return order[Self.count(borders.count) { borders[$0] <= number }]
        case .bytes(let binary, let text, let kind):
            guard kind.isReadable(bytes, isBinary: isBinary) else { return nil }
            let borders = isBinary ? binary : text
            return order[Self.count(borders.count) { !Self.precedes(bytes, borders[$0]) }]
        }
    }

    /// How many borders lie at or below a value: its range's place in the order.
    @inline(__always)
    private static func count(_ borders: Int, where isAtOrBelow: (Int) -> Bool) -> Int {
        var (low, high) = (0, borders)
        while low < high {
            let middle = (low + high) / 2
            if isAtOrBelow(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Byte by byte, the shorter first where one begins with the other, as `byteacmp` and `varstr_cmp` do.
    private static func precedes(_ value: Span<UInt8>, _ border: [UInt8]) -> Bool {
        for index in 0..<min(value.count, border.count) where value[index] != border[index] {
            return value[index] < border[index]
        }
        return value.count < border.count
    }
}

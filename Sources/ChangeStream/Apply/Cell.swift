internal import LogicalDecoding

/// A value on its way from the stream: good as long as the message's bytes are.
@safe struct StreamValue {
    var kind: Value.Kind
    private let pointer: UnsafeRawPointer?
    let count: Int

    init(_ kind: Value.Kind) {
        self.kind = kind
        unsafe pointer = nil
        count = 0
    }

    @unsafe init(_ kind: Value.Kind, _ bytes: UnsafeRawBufferPointer) {
        self.kind = kind
        unsafe pointer = bytes.baseAddress
        count = bytes.count
    }

    @unsafe var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: pointer, count: count) }
    /// Text or binary.
    var hasBytes: Bool { kind == .text || kind == .binary }
    /// NULL, text or binary.
    var isKnown: Bool { hasBytes || kind == .null }

    func isSame(as other: StreamValue) -> Bool {
        guard kind == other.kind, count == other.count else { return false }
        return unsafe bytes.elementsEqual(other.bytes)
    }
}

/// A value that is kept until it is applied: its bytes are in an arena.
struct Cell: BitwiseCopyable {
    var offset: UInt32 = 0
    var length: UInt32 = 0
    var kind: Value.Kind = .absent

    var isNull: Bool { kind == .null }
}

/// Bytes of values, one after the other, each with a zero byte behind it (libpq wants text parameters so).
struct Arena {
    private(set) var bytes: [UInt8] = []

    mutating func keep(_ value: StreamValue) -> Cell {
        guard value.hasBytes else { return Cell(kind: value.kind) }
        let offset = bytes.count
        unsafe bytes.append(contentsOf: value.bytes)
        bytes.append(0)
        return Cell(
            offset: UInt32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: value.count),
            kind: value.kind)
    }

    mutating func keep(text: String) -> Cell {
        let offset = bytes.count
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
        return Cell(
            offset: UInt32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: bytes.count - offset - 1),
            kind: .text)
    }

    /// The first eight bytes of the values behind each other, as a number.
    func prefix(of cells: ArraySlice<Cell>) -> UInt64 {
        var (prefix, left) = (UInt64(0), 8)
        for cell in cells {
            let (start, count) = (Int(cell.offset), min(left, Int(cell.length)))
            for byte in bytes[start..<start + count] { prefix = prefix << 8 | UInt64(byte) }
            left -= count
            if left == 0 { break }
        }
        return prefix << UInt64(8 * left)
    }

    @inline(__always)
    func holds(_ cell: Cell, _ value: StreamValue) -> Bool {
        guard cell.kind == value.kind, Int(cell.length) == value.count else { return false }
        return unsafe bytes.withUnsafeBytes { own in
            let start = Int(cell.offset)
            return unsafe UnsafeRawBufferPointer(rebasing: own[start..<start + value.count]).elementsEqual(value.bytes)
        }
    }
}

/// Spreads keys over workers. Kept with the progress as `version`: positions made by one way mean nothing to another.
struct KeyHash {
    static let version = 2
    private(set) var value: UInt64

    init(table: UInt32) { value = 0x9E37_79B9_7F4A_7C15 ^ UInt64(table) }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        // MurmurHash3's finalizer: every bit of the word reaches every bit of the value. Whole numbers come with their
        // low byte in the word's high one, which a multiplication alone carries nowhere.
        value ^= word
        value ^= value >> 33
        value &*= 0xFF51_AFD7_ED55_8CCD
        value ^= value >> 33
        value &*= 0xC4CE_B9FE_1A85_EC53
        value ^= value >> 33
    }

    mutating func combine(_ key: StreamValue) {
        mix(UInt64(key.count) << 8 | UInt64(key.kind.rawValue))
        unsafe key.bytes.withUnsafeBytesOfWords { word in mix(word) }
    }

    /// Which of `workers` has the key.
    func owner(of workers: Int) -> Int { Int((value >> 33) % UInt64(max(1, workers))) }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes at a time, the last with zeros.
    @inline(__always)
    fileprivate func withUnsafeBytesOfWords(_ body: (UInt64) -> Void) {
        var offset = 0
        while offset + 8 <= count {
            body(UInt64(littleEndian: unsafe loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        guard offset < count else { return }
        var last: UInt64 = 0
        var shift: UInt64 = 0
        while offset < count {
            last |= UInt64(unsafe self[offset]) << shift
            shift += 8
            offset += 1
        }
        body(last)
    }
}

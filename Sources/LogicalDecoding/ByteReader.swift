/// Reads a message from its beginning to its end; every read is checked against the end. Lives inside the closure that
/// lends the bytes.
@safe struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    let plugin: Plugin
    var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, _ plugin: Plugin) {
        unsafe self.bytes = bytes
        self.plugin = plugin
    }

    var count: Int { unsafe bytes.count }
    var remaining: Int { count - offset }
    var isAtEnd: Bool { offset == count }

    func failure(_ reason: DecodingFailure.Reason, at offset: Int? = nil) -> DecodingFailure {
        DecodingFailure(plugin: plugin, offset: offset ?? self.offset, reason: reason)
    }

    @inline(__always)
    func require(_ needed: Int) throws(DecodingFailure) {
        guard needed >= 0, needed <= remaining else { throw failure(.truncated) }
    }

    func requireEnd() throws(DecodingFailure) {
        guard isAtEnd else { throw failure(.trailingBytes) }
    }

    // MARK: Numbers, in network byte order

    @inline(__always)
    mutating func byte() throws(DecodingFailure) -> UInt8 {
        try require(1)
        defer { offset += 1 }
        return unsafe bytes[offset]
    }

    @inline(__always)
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self,
    ) throws(DecodingFailure) -> Number {
        let size = MemoryLayout<Number>.size
        try require(size)
        defer { offset += size }
        return Number(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    // MARK: Bytes

    mutating func slice(_ length: Int) throws(DecodingFailure) -> Slice {
        try require(length)
        defer { offset += length }
        return Slice(offset: offset, length: length)
    }

    /// Bytes up to a zero, which is skipped.
    mutating func zeroTerminated() throws(DecodingFailure) -> Slice {
        guard let end = first(0, from: offset) else { throw failure(.truncated) }
        defer { offset = end + 1 }
        return Slice(offset: offset, length: end - offset)
    }

    /// A zero-terminated name.
    mutating func name() throws(DecodingFailure) -> String {
        let start = offset
        let slice = try zeroTerminated()
        guard let name = unsafe String(validating: view(slice), as: UTF8.self) else {
            throw failure(.invalidText, at: start)
        }
        return name
    }

    /// A slice of this message.
    func view(_ slice: Slice) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(slice.offset)..<Int(slice.offset) + slice.count])
    }

    // MARK: Text

    /// The next byte, nil at the end.
    var next: UInt8? { offset < count ? unsafe bytes[offset] : nil }

    func starts(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard remaining >= length else { return false }
        for index in 0..<length where unsafe bytes[offset + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Skips `text` where it comes next.
    mutating func skip(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        offset += text.utf8CodeUnitCount
        return true
    }

    mutating func expect(_ text: StaticString) throws(DecodingFailure) {
        guard !skip(text) else { return }
        throw failure(isAtEnd ? .truncated : .expected("\(text)"))
    }

    /// A decimal number.
    mutating func decimal<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self,
    ) throws(DecodingFailure) -> Number {
        let start = offset
        while let next, next >= 0x30, next <= 0x39 { offset += 1 }
        let digits = Slice(offset: start, length: offset - start)
        guard let number = unsafe Number(String(decoding: view(digits), as: UTF8.self)) else {
            throw failure(.expected("a number"), at: start)
        }
        return number
    }

    /// Where the next quote, backslash or control character is, at or behind `start`; the end where there is none.
    func firstSpecialInJSON(from start: Int) -> Int {
        var index = start
        let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        while index + 8 <= count {
            // As in `first`: each term's lowest bit is right, so the lowest of all is.
            let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let found =
                ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
                    | (word &- ones &* 0x20) & ~word) & highs
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            let byte = unsafe bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return index }
            index += 1
        }
        return count
    }

    /// Where a byte comes next, at or behind `start`.
    func first(_ byte: UInt8, from start: Int) -> Int? {
        var index = start
        // Eight at once: x - 1 borrows into the high bit of the bytes that are zero, which those equal to `byte` are.
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        while index + 8 <= count {
            let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let differing = word ^ pattern
            let zeros = (differing &- 0x0101_0101_0101_0101) & ~differing & 0x8080_8080_8080_8080
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            if unsafe bytes[index] == byte { return index }
            index += 1
        }
        return nil
    }
}

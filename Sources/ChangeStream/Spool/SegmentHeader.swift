import LogicalDecoding

/// What a segment begins with: whose it is, and where in the stream.
struct SegmentHeader: Equatable {
    /// Of the segments' format; another one is refused.
    static let version: UInt32 = 1
    /// Room for what a header may ever need.
    static let largestSize = 64 << 10
    private static let magic: [UInt8] = Array("SKEINSPL".utf8)

    var migration: String
    var generation: Int
    var plugin: String
    /// Counts the segments of a spool.
    var number: Int
    /// Behind the last commit before it: all that commits later, up to the next segment's start, is here.
    var start: LSN
    /// Nothing that is missing before it commits before this.
    var covered: LSN
    /// What the segment before holds; anything behind that in its file is void (a sync had failed).
    var previousEnd: Int

    /// Magic, version, size of all, numbers, texts, checksum; numbers little-endian.
    var bytes: [UInt8] {
        var body: [UInt8] = []
        for number in [
            UInt64(number), start.rawValue, covered.rawValue, UInt64(previousEnd), UInt64(generation),
        ] {
            Self.append(number, to: &body)
        }
        for text in [migration, plugin] {
            Self.append(UInt32(text.utf8.count), to: &body)
            body += text.utf8
        }
        var all = Self.magic
        Self.append(Self.version, to: &all)
        Self.append(UInt32(all.count + 4 + body.count + 4), to: &all)
        all += body
        Self.append(Self.checksum(all), to: &all)
        return all
    }

    init(migration: String, generation: Int, plugin: String, number: Int, start: LSN, covered: LSN, previousEnd: Int) {
        self.migration = migration
        self.generation = generation
        self.plugin = plugin
        self.number = number
        self.start = start
        self.covered = covered
        self.previousEnd = previousEnd
    }

    /// Reads a header and how long it is. Nil: not whole, as a crash leaves it.
    static func read(_ bytes: [UInt8], path: String) throws(SpoolError) -> (header: SegmentHeader, size: Int)? {
        guard bytes.count >= 16 else { return nil }
        let given = bytes.prefix(magic.count)
        guard given.elementsEqual(magic) else {
            if given.allSatisfy({ $0 == 0 }) { return nil }
            throw .unknownFormat(path: path, version: nil)
        }
        let version: UInt32 = number(bytes, 8)
        guard version == Self.version else { throw .unknownFormat(path: path, version: Int(version)) }
        let size = Int(number(bytes, 12) as UInt32)
        guard size >= 68, size <= bytes.count, checksum(Array(bytes[..<(size - 4)])) == number(bytes, size - 4) else {
            return nil
        }
        var offset = 56
        func text() -> String? {
            guard offset + 4 <= size - 4 else { return nil }
            let count = Int(number(bytes, offset) as UInt32)
            guard offset + 4 + count <= size - 4 else { return nil }
            defer { offset += 4 + count }
            return String(decoding: bytes[(offset + 4)..<(offset + 4 + count)], as: UTF8.self)
        }
        guard let migration = text(), let plugin = text() else { return nil }
        let header = SegmentHeader(
            migration: migration, generation: Int(number(bytes, 48) as UInt64), plugin: plugin,
            number: Int(number(bytes, 16) as UInt64), start: LSN(rawValue: number(bytes, 24)),
            covered: LSN(rawValue: number(bytes, 32)),
            previousEnd: Int(number(bytes, 40) as UInt64))
        return (header, size)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = CRC32C()
        unsafe bytes.withUnsafeBytes { unsafe sum.add($0) }
        return sum.value
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> Number {
        var number: Number = 0
        for index in (0..<Number.bitWidth / 8).reversed() { number = number << 8 | Number(bytes[offset + index]) }
        return number
    }
}

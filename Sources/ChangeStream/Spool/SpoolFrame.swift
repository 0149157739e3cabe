import LogicalDecoding

/// How a message lies in a segment: checksum (4 bytes), length of the payload (4), kind (1), position (8), payload; all
/// numbers little-endian. The checksum is over everything behind it, so zeros that a crash left are no frame.
struct SpoolFrame: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        /// Complete by itself: outside any transaction.
        case single = 1
        case begin = 2
        case inside = 3
        case commit = 4
        /// No message: the stream is known to hold nothing more before the position.
        case covered = 5
        /// A relation or type that was described before this segment.
        case description = 6
    }

    static let headerSize = 17

    var kind: Kind
    var position: LSN
    var length: Int
    var checksum: UInt32

    var size: Int { Self.headerSize + length }

    /// Writes the header of a frame into `target`, which has room for it.
    static func write(
        _ kind: Kind, _ position: LSN, payload: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
    ) {
        unsafe target.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 4, as: UInt32.self)
        unsafe target.storeBytes(of: kind.rawValue, toByteOffset: 8, as: UInt8.self)
        unsafe target.storeBytes(of: position.rawValue.littleEndian, toByteOffset: 9, as: UInt64.self)
        var checksum = CRC32C()
        unsafe checksum.add(UnsafeRawBufferPointer(rebasing: target[4..<headerSize]))
        unsafe checksum.add(payload)
        unsafe target.storeBytes(of: checksum.value.littleEndian, toByteOffset: 0, as: UInt32.self)
    }

    /// Reads the header at `offset`; nil where there are too few bytes for it, or the kind is none.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard offset + Self.headerSize <= bytes.count,
            let kind = Kind(rawValue: unsafe bytes[offset + 8])
        else { return nil }
        self.kind = kind
        checksum = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        length = Int(unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
        position = LSN(
            rawValue: unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 9, as: UInt64.self)))
    }

    /// Whether the frame at `offset`, all of whose bytes are there, is as it was written.
    func isIntact(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        var sum = CRC32C()
        unsafe sum.add(UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + size]))
        return sum.value == checksum
    }
}

/// CRC-32C (Castagnoli), as RFC 3720 and PostgreSQL's own WAL use it: finds every burst of up to 32 flipped bits.
struct CRC32C {
    private var state: UInt32 = .max

    var value: UInt32 { ~state }

    /// Adds bytes, eight at a time ("slicing by 8", Kounavis and Berry 2005).
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        unsafe Self.tables.withUnsafeBufferPointer { tables in
            guard let table = tables.baseAddress else { return }
            var (crc, offset, left) = (state, 0, bytes.count)
            while left >= 8 {
                let word = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian ^ UInt64(crc)
                let low =
                    unsafe table[0x700 | Int(word & 0xFF)] ^ table[0x600 | Int(word >> 8 & 0xFF)]
                    ^ table[0x500 | Int(word >> 16 & 0xFF)] ^ table[0x400 | Int(word >> 24 & 0xFF)]
                let high =
                    unsafe table[0x300 | Int(word >> 32 & 0xFF)] ^ table[0x200 | Int(word >> 40 & 0xFF)]
                    ^ table[0x100 | Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
                crc = low ^ high
                offset += 8
                left -= 8
            }
            while left > 0 {
                let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
                crc = unsafe crc >> 8 ^ table[Int(crc & 0xFF ^ UInt32(byte))]
                offset += 1
                left -= 1
            }
            state = crc
        }
    }

    /// Eight tables of 256, one after the other.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = before >> 8 ^ tables[Int(before & 0xFF)]
            }
        }
        return tables
    }()
}

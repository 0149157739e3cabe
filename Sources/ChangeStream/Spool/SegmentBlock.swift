/// Parts of a segment's file that begin and end with whole frames.
enum SegmentBlock {
    /// What is read at once.
    static let size = 1 << 20

    /// The bytes of whole frames from `offset` on: about `size` of them, or one frame if that is longer. Empty where no
    /// whole frame is left before `limit`.
    static func read(_ file: SpoolFile, from offset: Int, to limit: Int) throws(SpoolError) -> [UInt8] {
        var wanted = min(size, limit - offset)
        while wanted >= SpoolFrame.headerSize {
            let bytes = try bytes(file, offset, wanted)
            guard let first = unsafe bytes.withUnsafeBytes({ unsafe SpoolFrame($0, at: 0) }) else { return [] }
            if first.size <= bytes.count { return bytes }
            // Longer than what was read: once more, if the file has it.
            guard first.size <= limit - offset, bytes.count == wanted else { return [] }
            wanted = first.size
        }
        return []
    }

    static func bytes(_ file: SpoolFile, _ offset: Int, _ count: Int) throws(SpoolError) -> [UInt8] {
        var failure: SpoolError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SpoolError) {
                let target = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
                initialized = unsafe try file.read(into: target, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

import LogicalDecoding

/// The descriptions of relations and types that a session has sent: pgoutput sends each once, and whoever begins to read
/// at a later segment needs them too.
struct DescriptionLog {
    /// By the first byte and the oid of what is described; the newest counts.
    private var messages: [UInt64: [UInt8]] = [:]

    mutating func add(_ message: UnsafeRawBufferPointer) {
        guard message.count >= 5 else { return }
        let oid = unsafe UInt32(bigEndian: message.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
        messages[UInt64(unsafe message[0]) << 32 | UInt64(oid)] = unsafe [UInt8](message)
    }

    /// All of them as frames. Types come before relations would need them in no order: by kind and oid, so that equal
    /// streams make equal files.
    func frames(at position: LSN) -> [UInt8] {
        var frames: [UInt8] = []
        for (_, message) in messages.sorted(by: { $0.key < $1.key }) {
            var header = [UInt8](repeating: 0, count: SpoolFrame.headerSize)
            unsafe message.withUnsafeBytes { payload in
                unsafe header.withUnsafeMutableBytes { target in
                    unsafe SpoolFrame.write(.description, position, payload: payload, into: target)
                }
            }
            frames += header
            frames += message
        }
        return frames
    }
}

internal import LogicalDecoding

/// Transactions that were consumed lately: a decoded transaction may still be hidden from snapshots.
struct ConsumedTransactions {
    private var ring: [UInt32] = []
    private var next = 0
    private static let size = 65_536

    mutating func add(_ xid: UInt32) {
        if ring.count < Self.size {
            ring.append(xid)
        } else {
            ring[next] = xid
            next = (next + 1) % Self.size
        }
    }

    var all: Set<UInt32> { Set(ring) }
}

extension [String?] {
    /// Lends the values in the form that the stream has them in.
    func withStreamValues<R>(_ body: ([StreamValue]) throws -> R) rethrows -> R {
        var arena = Arena()
        let cells = map { $0.map { arena.keep(text: $0) } ?? Cell(kind: .null) }
        return unsafe try arena.bytes.withUnsafeBytes { bytes in
            try body(
                cells.map { cell in
                    guard cell.kind == .text else { return StreamValue(.null) }
                    let start = Int(cell.offset)
                    return unsafe StreamValue(
                        .text, UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(cell.length)]))
                })
        }
    }
}

private import Dispatch
package import LogicalDecoding

/// Reads a spool while it is written: whole transactions that are durable, in their order. For one thread.
package final class SpoolReader: MessageSource {
    private let spool: Spool
    private let semaphore = DispatchSemaphore(value: 0)
    /// Nil while nothing is received yet.
    private var file: SpoolFile?
    private var segment: SpoolLedger.Segment
    /// The file is read up to here.
    private var offset = 0
    private var block = StreamBlock([])
    /// The next frame in the block.
    private var cursor = 0
    /// Descriptions at a segment's start are for who begins there; who comes from the segment before has read them.
    private var needsDescriptions = true

    init(_ spool: Spool, from position: LSN) throws(SpoolError) {
        self.spool = spool
        let (covered, first, holding) = spool.withLedger { ledger in
            // The transaction that ends at the position is in the segment before one that begins there; whoever looks for
            // the marker that was applied last has to find it.
            let holding =
                ledger.segments.last { $0.start < position } ?? ledger.segments.last { $0.start <= position }
            return (ledger.covered, ledger.segments.first, holding)
        }
        if holding == nil, position < first?.start ?? covered {
            throw .startsTooLate(path: spool.identity.folder, oldest: first?.start ?? covered, needed: position)
        }
        segment = holding ?? SpoolLedger.Segment(number: 0, start: position, end: 0, size: 0)
        if let holding { file = try SpoolFile.open(SpoolRecovery.path(spool.identity.folder, holding.number)) }
    }

    package var end: LSN { spool.covered }

    package func next(timeout: Duration) throws -> StreamMessage? {
        if let message = try nextInBlock() { return message }
        let deadline = ContinuousClock.now + timeout
        while true {
            if try readOn() {
                if let message = try nextInBlock() { return message }
                continue
            }
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return nil }
            wait(left)
        }
    }

    /// The next message of the block, nil at its end.
    private func nextInBlock() throws(SpoolError) -> StreamMessage? {
        while cursor < block.bytes.count {
            let start = cursor
            let frame: SpoolFrame
            switch Self.parse(block.bytes, at: start) {
            case .whole(let found): frame = found
            case .damaged: throw damaged(at: offset - block.bytes.count + start)
            case .cut:
                // By the block's end: it is read again from here.
                guard start > 0 else { throw damaged(at: offset - block.bytes.count) }
                offset -= block.bytes.count - start
                (block, cursor) = (StreamBlock([]), 0)
                return nil
            }
            cursor += frame.size
            if frame.kind == .covered || frame.kind == .description && !needsDescriptions { continue }
            let payload = start + SpoolFrame.headerSize..<start + frame.size
            return StreamMessage(block: block, range: payload, position: frame.position)
        }
        (block, cursor) = (StreamBlock([]), 0)
        return nil
    }

    private enum Parsed {
        case whole(SpoolFrame)
        case cut
        case damaged
    }

    private static func parse(_ block: [UInt8], at offset: Int) -> Parsed {
        unsafe block.withUnsafeBytes { bytes in
            guard let frame = unsafe SpoolFrame(bytes, at: offset), offset + frame.size <= bytes.count else {
                return .cut
            }
            return unsafe frame.isIntact(bytes, at: offset) ? .whole(frame) : .damaged
        }
    }

    /// Reads the next block, of the next segment if need be. False where the end is reached.
    private func readOn() throws(SpoolError) -> Bool {
        let (current, next) = spool.withLedger { $0.segment(segment.number) }
        if let current { segment.end = current.end }
        if let file, segment.end > 0 {
            if offset == 0 { try readHeader(file) }
            if offset < segment.end {
                try readBlock(file)
                return true
            }
        }
        guard let next, next.end > 0 else { return false }
        guard segment.number == 0 || next.number == segment.number + 1 else {
            throw .deleted(path: SpoolRecovery.path(spool.identity.folder, segment.number + 1))
        }
        file = try SpoolFile.open(SpoolRecovery.path(spool.identity.folder, next.number))
        needsDescriptions = segment.number == 0
        (segment, offset) = (next, 0)
        return try readOn()
    }

    private func readBlock(_ file: SpoolFile) throws(SpoolError) {
        let bytes = try SegmentBlock.read(file, from: offset, to: segment.end)
        guard !bytes.isEmpty else { throw damaged(at: offset) }
        (block, cursor) = (StreamBlock(bytes), 0)
        offset += bytes.count
    }

    private func readHeader(_ file: SpoolFile) throws(SpoolError) {
        let bytes = try SegmentBlock.bytes(file, 0, SegmentHeader.largestSize)
        guard let (header, size) = try SegmentHeader.read(bytes, path: file.path) else { throw damaged(at: 0) }
        try spool.identity.require(header, file.path)
        offset = size
    }

    private func damaged(at offset: Int) -> SpoolError {
        .damaged(path: SpoolRecovery.path(spool.identity.folder, segment.number), offset: offset)
    }

    private func wait(_ time: Duration) {
        let hasNews = spool.withLedger { ledger in
            let hasNews = ledger.segments.contains {
                $0.number == segment.number ? $0.end > offset : $0.number > segment.number && $0.end > 0
            }
            if !hasNews, !ledger.waiting.contains(where: { $0 === semaphore }) { ledger.waiting.append(semaphore) }
            return hasNews
        }
        guard !hasNews else { return }
        let (seconds, attoseconds) = time.components
        let nanoseconds = min(seconds, 3600) * 1_000_000_000 + attoseconds / 1_000_000_000
        _ = semaphore.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
    }
}

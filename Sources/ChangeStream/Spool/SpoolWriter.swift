private import Faults
import LogicalDecoding

/// Appends what is received. A call that throws has taken nothing, and can be tried again; whether something that was
/// taken before is lost with it, `mustReceiveAgain` tells.
@safe final class SpoolWriter {
    private let spool: Spool
    private var plugin: Plugin { spool.identity.plugin }
    /// Nil before the first frame, and after a segment was given up.
    private var file: SpoolFile?
    /// The file's name is not durable yet.
    private var isNew = false
    /// Bytes in the file, and behind them those in `buffer`.
    private var written = 0
    private let buffer: UnsafeMutableRawBufferPointer
    private var buffered = 0
    /// Something is written, or waits in the buffer, that no sync has made durable.
    private var unsynced = 0
    /// Whole transactions end here, in bytes and in the stream.
    private var complete: (offset: Int, position: LSN)
    /// Behind the last transaction that is whole here.
    private(set) var lastCommit: LSN
    /// The same three of what has left the buffer: all that a sync can make durable on a disk that is full.
    private var flushed: (offset: Int, position: LSN, lastCommit: LSN) = (0, LSN(rawValue: 0), LSN(rawValue: 0))
    /// What the segment begins with: header and descriptions.
    private var headSize = 0
    private(set) var isInTransaction = false
    private var descriptions = DescriptionLog()
    /// Frames were given up: everything behind `Spool.covered` has to come again, in a new session.
    private(set) var mustReceiveAgain = false
    /// For tests: the next sync fails with this error number.
    var nextSyncFailure: Int32?

    private static let bufferSize = 256 << 10

    init(_ spool: Spool) {
        self.spool = spool
        unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
        (complete, lastCommit) = ((0, spool.covered), spool.withLedger { $0.lastCommit })
    }
    deinit { unsafe buffer.deallocate() }

    /// Bytes that a crash would lose.
    var unsyncedBytes: Int { unsynced }
    /// Whole transactions are waiting for a sync.
    var hasNews: Bool { complete.position > spool.covered }
    /// Behind the last whole transaction, durable or not.
    var completePosition: LSN { complete.position }

    /// Adds a message of the output plugin.
    /// - Parameter position: as the server sent it; at a commit that is behind the commit record.
    func append(_ message: UnsafeRawBufferPointer, at position: LSN) throws(SpoolError) {
        let role = unsafe MessageRole(message, plugin)
        switch role {
        case .begin where isInTransaction: throw .disorder("a begin inside a transaction, at \(position)")
        case .commit where !isInTransaction: throw .disorder("a commit outside a transaction, at \(position)")
        case .commit where position <= complete.position:
            throw .disorder("a commit at \(position) behind one at \(complete.position)")
        default: break
        }
        try makeRoom()
        let kind: SpoolFrame.Kind =
            switch role {
            case .begin: .begin
            case .commit: .commit
            case .description, .other: isInTransaction ? .inside : .single
            }
        unsafe try take(kind, position, message)
        switch kind {
        case .begin: isInTransaction = true
        case .commit, .single:
            isInTransaction = false
            complete = (written + buffered, max(complete.position, position))
            if kind == .commit { lastCommit = position }
        default: break
        }
        if role == .description { unsafe descriptions.add(message) }
    }

    /// Notes that the stream has nothing more before `position`; nothing happens inside a transaction.
    func cover(_ position: LSN) throws(SpoolError) {
        guard !isInTransaction, position > complete.position else { return }
        try makeRoom()
        try unsafe take(.covered, position, UnsafeRawBufferPointer(start: nil, count: 0))
        complete = (written + buffered, position)
    }

    /// Makes what was taken durable and shows it to readers. Up to `Spool.covered` may be confirmed afterwards.
    func sync() throws(SpoolError) {
        if let missing = spool.withLedger({ $0.missing(in: spool.identity.folder) }) { throw .deleted(path: missing) }
        guard let file else { return }
        guard file.isInPlace else { throw .deleted(path: file.path) }
        guard unsynced > 0 else { return }
        var fullness: SpoolError?
        do throws(SpoolError) {
            try flush()
            noteFlushed()
        } catch {
            // What is in the file is shown to readers all the same: applying it is what makes room.
            guard flushed.position > spool.covered else { throw error }
            fullness = error
        }
        FaultPoint.spoolBeforeSync.pass()
        do throws(SpoolError) {
            if let number = nextSyncFailure {
                nextSyncFailure = nil
                throw .failed(path: file.path, operation: "fdatasync", errno: number)
            }
            try file.sync()
            if isNew { try SpoolFolder.sync(spool.identity.folder) }
        } catch {
            giveUp(file)
            throw error
        }
        isNew = false
        unsynced = buffered
        FaultPoint.spoolSynced.pass()
        spool.withLedger {
            $0.publish(end: flushed.offset, covered: flushed.position, lastCommit: flushed.lastCommit)
        }
        if let fullness { throw fullness }
    }

    /// Ends the segment, so that it can be released once it is applied. Nothing happens inside a transaction.
    func rotate() throws(SpoolError) {
        guard file != nil, !isInTransaction else { return }
        try sync()
        file = nil
        FaultPoint.spoolRotated.pass()
    }

    /// Ends a segment that holds anything, and begins the next at once, so that the caller can release it.
    func beginSegment() throws(SpoolError) {
        guard file != nil, !isInTransaction, written + buffered > headSize else { return }
        try rotate()
        try openSegment()
        try spool.deleteReleased()
    }

    /// What may be done on a full disk once all that readers have is applied: gives up what they do not have, which
    /// frees its room, and begins the next segment, so that this one can be released.
    func makeReleasable() throws(SpoolError) {
        guard let file, spool.withLedger({ $0.segments.last?.end ?? 0 }) > headSize else { return }
        giveUp(file)
        try openSegment()
        try spool.deleteReleased()
    }

    /// Drops the transaction that was not received whole; the next session sends it again.
    func dropOpenTransaction() {
        mustReceiveAgain = false
        isInTransaction = false
        guard let file, written + buffered > complete.offset else { return }
        if complete.offset >= written {
            buffered = complete.offset - written
            return
        }
        do throws(SpoolError) {
            try file.cut(to: complete.offset)
            buffered = 0
            setWritten(complete.offset)
        } catch {
            giveUp(file)
            mustReceiveAgain = false
        }
    }

    private func makeRoom() throws(SpoolError) {
        if !isInTransaction, written + buffered >= spool.segmentSize { try rotate() }
        if file == nil { try openSegment() }
    }

    private func take(
        _ kind: SpoolFrame.Kind, _ position: LSN, _ payload: UnsafeRawBufferPointer,
    ) throws(SpoolError) {
        let size = SpoolFrame.headerSize + payload.count
        if buffered + size > Self.bufferSize { try flush() }
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[buffered...])
        unsafe SpoolFrame.write(kind, position, payload: payload, into: target)
        if size <= Self.bufferSize {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[SpoolFrame.headerSize...])
            unsafe rest.copyMemory(from: payload)
            buffered += size
        } else if let file {
            // Not through the buffer: such rows are held once, by libpq.
            do throws(SpoolError) {
                unsafe try file.write(payload, at: written + SpoolFrame.headerSize)
                let header = unsafe UnsafeRawBufferPointer(rebasing: target[..<SpoolFrame.headerSize])
                unsafe try file.write(header, at: written)
            } catch {
                // The cut only gives room back; what is not cut is written over.
                try? file.cut(to: written)
                throw error
            }
            setWritten(written + size)
        }
        unsynced += size
    }

    private func flush() throws(SpoolError) {
        guard buffered > 0, let file else { return }
        do throws(SpoolError) {
            unsafe try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<buffered]), at: written)
        } catch {
            try? file.cut(to: written)
            throw error
        }
        let count = buffered
        buffered = 0
        setWritten(written + count)
        noteFlushed()
    }

    private func noteFlushed() {
        if complete.offset <= written { flushed = (complete.offset, complete.position, lastCommit) }
    }

    private func setWritten(_ size: Int) {
        written = size
        spool.withLedger { ledger in
            if !ledger.segments.isEmpty { ledger.segments[ledger.segments.count - 1].size = size }
        }
    }

    private func openSegment() throws(SpoolError) {
        let last = spool.withLedger { $0.segments.last }
        let identity = spool.identity
        let header = SegmentHeader(
            migration: identity.migration, generation: identity.generation, plugin: identity.plugin.rawValue,
            number: (last?.number ?? 0) + 1, start: lastCommit, covered: complete.position,
            previousEnd: last?.end ?? 0)
        let file = try SpoolFile.create(SpoolRecovery.path(identity.folder, header.number))
        let bytes = header.bytes + descriptions.frames(at: complete.position)
        do throws(SpoolError) {
            try file.write(bytes, at: 0)
        } catch {
            // Left behind it would be taken for a torn segment, which is nothing worse.
            try? SpoolFile.delete(file.path)
            throw error
        }
        self.file = file
        (isNew, written, buffered, unsynced) = (true, bytes.count, 0, bytes.count)
        (complete.offset, headSize) = (bytes.count, bytes.count)
        noteFlushed()
        spool.withLedger {
            $0.segments.append(
                SpoolLedger.Segment(number: header.number, start: header.start, end: 0, size: bytes.count))
        }
    }

    /// After a failed sync nobody knows which of the bytes are on the disk, and the next sync would say that all are
    /// (PostgreSQL's "fsyncgate"): what was durable before stays, and a new file is begun.
    private func giveUp(_ file: SpoolFile) {
        let end = spool.withLedger { ledger in
            let end = ledger.segments.last?.end ?? 0
            if end == 0, !ledger.segments.isEmpty {
                ledger.segments.removeLast()
            } else if end > 0 {
                ledger.segments[ledger.segments.count - 1].size = end
            }
            return end
        }
        // Either may fail on such a disk: what follows tells where this segment ends.
        if end == 0 { try? SpoolFile.delete(file.path) } else { try? file.cut(to: end) }
        self.file = nil
        (written, buffered, unsynced, isInTransaction) = (0, 0, 0, false)
        (complete, lastCommit) = ((0, spool.covered), spool.withLedger { $0.lastCommit })
        mustReceiveAgain = true
    }
}

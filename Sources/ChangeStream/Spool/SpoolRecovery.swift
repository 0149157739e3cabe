import LogicalDecoding

/// What the files of a spool hold after whatever ended its last writer.
struct SpoolRecovery {
    /// Ascending, without a gap; the last one was the newest.
    var segments: [SpoolLedger.Segment] = []
    /// Behind the last complete transaction, or the last position known to have nothing before it.
    var covered: LSN
    /// Behind the last transaction.
    var lastCommit: LSN
    /// Where bytes of the newest segment were no frames any more: its torn tail.
    var tornAt: Int?

    static let suffix = ".segment"

    static func path(_ folder: String, _ number: Int) -> String {
        let digits = String(number)
        return folder + "/" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix
    }

    static func numbers(_ folder: String) throws(SpoolError) -> [Int] {
        try SpoolFolder.names(folder).compactMap { name in
            name.hasSuffix(suffix) ? Int(name.dropLast(suffix.count)) : nil
        }.sorted()
    }

    /// Reads the folder and cuts a torn tail off.
    /// - Parameter start: where the next change that is needed begins.
    static func run(_ identity: SpoolIdentity, start: LSN) throws(SpoolError) -> SpoolRecovery {
        let folder = identity.folder
        var found: [(header: SegmentHeader, size: Int, path: String)] = []
        let numbers = try numbers(folder)
        for number in numbers {
            let path = path(folder, number)
            let file = try SpoolFile.open(path)
            let bytes = try SegmentBlock.bytes(file, 0, SegmentHeader.largestSize)
            guard let (header, size) = try SegmentHeader.read(bytes, path: path), header.number == number else {
                // The newest may not have got its header yet; then nothing in it was ever confirmed.
                guard number == numbers.last else { throw .damaged(path: path, offset: 0) }
                try SpoolFile.delete(path)
                continue
            }
            try identity.require(header, path)
            if let last = found.last, last.header.number + 1 != number {
                // What a deletion left behind, or a file that was taken away.
                guard header.start <= start else {
                    throw .deleted(path: self.path(folder, last.header.number + 1))
                }
                for old in found { try SpoolFile.delete(old.path) }
                found = []
            }
            found.append((header, size, path))
        }
        guard let newest = found.last, let oldest = found.first else {
            return SpoolRecovery(covered: start, lastCommit: start)
        }
        var recovery = SpoolRecovery(covered: newest.header.covered, lastCommit: newest.header.start)
        for (segment, next) in zip(found, found.dropFirst()) {
            let size = try SpoolFile.open(segment.path).size()
            guard size >= next.header.previousEnd else { throw .damaged(path: segment.path, offset: size) }
            recovery.segments.append(
                SpoolLedger.Segment(
                    number: segment.header.number, start: segment.header.start, end: next.header.previousEnd,
                    size: size))
        }
        let end = try recovery.scan(newest.path, from: newest.size)
        recovery.segments.append(
            SpoolLedger.Segment(number: newest.header.number, start: newest.header.start, end: end, size: end))
        if recovery.covered < start {
            // All of it is applied.
            for segment in found { try SpoolFile.delete(segment.path) }
            return SpoolRecovery(covered: start, lastCommit: start, tornAt: recovery.tornAt)
        }
        guard oldest.header.start <= start else {
            throw .startsTooLate(path: oldest.path, oldest: oldest.header.start, needed: start)
        }
        return recovery
    }

    /// Finds the end of the last complete transaction and cuts off what is behind it.
    private mutating func scan(_ path: String, from first: Int) throws(SpoolError) -> Int {
        let file = try SpoolFile.open(path, isWritten: true)
        let size = try file.size()
        var (offset, complete, isInside) = (first, first, false)
        scanning: while offset < size {
            let block = try SegmentBlock.read(file, from: offset, to: size)
            var used = 0
            while used < block.count {
                let frame: SpoolFrame? = unsafe block.withUnsafeBytes { bytes in
                    guard let frame = unsafe SpoolFrame(bytes, at: used), used + frame.size <= bytes.count,
                        unsafe frame.isIntact(bytes, at: used)
                    else { return nil }
                    return frame
                }
                guard let frame else { break }
                used += frame.size
                switch frame.kind {
                case .begin where !isInside: isInside = true
                case .inside where isInside, .description where !isInside: break
                case .commit where isInside, .single where !isInside, .covered where !isInside:
                    isInside = false
                    complete = offset + used
                    covered = max(covered, frame.position)
                    if frame.kind == .commit { lastCommit = frame.position }
                default:
                    // Left from a transaction that was cut off before.
                    tornAt = offset + used - frame.size
                    break scanning
                }
                if frame.kind == .description { complete = offset + used }
            }
            guard used > 0 else {
                tornAt = offset
                break
            }
            offset += used
        }
        if complete < size {
            try file.cut(to: complete)
            try file.sync()
        }
        return complete
    }
}

import Dispatch
import LogicalDecoding

/// What writer and readers of a spool share.
struct SpoolLedger: Sendable {
    struct Segment: Sendable, Equatable {
        var number: Int
        /// Behind the last commit before it: all that commits later, up to the next segment's start, is here.
        var start: LSN
        /// Bytes that may be read: durable, and whole transactions only. 0: not even the header is.
        var end: Int
        /// Bytes on the disk.
        var size: Int
    }

    /// Ascending, without a gap.
    var segments: [Segment]
    var covered: LSN
    /// Behind the last transaction that is covered.
    var lastCommit: LSN
    /// What nobody needs any more ends here.
    var released = LSN(rawValue: 0)
    /// Which segment's file is looked for next.
    private var lookedFor = 0
    /// Readers at the end.
    var waiting: [DispatchSemaphore] = []

    init(segments: [Segment], covered: LSN, lastCommit: LSN) {
        self.segments = segments
        self.covered = covered
        self.lastCommit = lastCommit
    }

    var bytesInUse: Int { segments.reduce(0) { $0 + $1.size } }

    /// The segment of that number, nil where it is not there, and the one behind it.
    func segment(_ number: Int) -> (Segment?, Segment?) {
        guard let index = segments.firstIndex(where: { $0.number >= number }) else { return (nil, nil) }
        guard segments[index].number == number else { return (nil, segments[index]) }
        return (segments[index], index + 1 < segments.count ? segments[index + 1] : nil)
    }

    /// A segment whose file is gone. Looks for some of them at each call, so that it costs little with thousands.
    mutating func missing(in folder: String) -> String? {
        for _ in 0..<min(segments.count, 16) {
            lookedFor = (lookedFor + 1) % segments.count
            let path = SpoolRecovery.path(folder, segments[lookedFor].number)
            if !SpoolFile.exists(path) { return path }
        }
        return nil
    }

    /// More can be read.
    mutating func publish(end: Int, covered: LSN, lastCommit: LSN) {
        if !segments.isEmpty { segments[segments.count - 1].end = end }
        self.covered = covered
        self.lastCommit = lastCommit
        for semaphore in waiting { semaphore.signal() }
        waiting = []
    }
}

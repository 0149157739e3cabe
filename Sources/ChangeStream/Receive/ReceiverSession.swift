private import Faults
import LogicalDecoding
import Postgres

#if canImport(Glibc)
    private import Glibc
#endif

/// One connection's stream into the spool. Lives on the receiver's thread, and ends by throwing, or when stopped.
final class ReceiverSession {
    private let receiver: Receiver
    private let writer: SpoolWriter
    private let connection: ReplicationConnection
    private var options: ReceiverOptions { receiver.options }
    private var spool: Spool { receiver.spool }

    private var received: LSN
    private var serverEnd: LSN
    /// From keepalives: nothing more comes before it.
    private var coverable: LSN
    private var wantsReply = false
    private var pause: ReceiverPause?
    /// The last message is not in the spool yet: there was no room.
    private var holdsMessage = false
    /// The open transaction may take what it needs.
    private var mayExceed = false

    private var bytes = 0
    private var uncheckedBytes = 0
    private var lastMessage: Timestamp?
    private var rate = ByteRate()

    private typealias Instant = ContinuousClock.Instant
    private var lastSync = Instant.now
    /// When the next cover is due. At once when the stream has something to cover first: the source may have been idle
    /// for long, and who has just started waits for its end.
    private var nextCover: Instant?
    private let begun: LSN
    private var lastFeedback: Instant?
    private var sent: Feedback?

    /// Messages between two looks at the clock.
    private static let batch = 512
    /// Bytes between two looks at the spool's size.
    private static let sizeCheck = 256 << 10
    private static let pausedTick = Duration.milliseconds(250)

    init(_ receiver: Receiver, _ writer: SpoolWriter, _ connection: ReplicationConnection) {
        self.receiver = receiver
        self.writer = writer
        self.connection = connection
        begun = receiver.spool.covered
        (received, serverEnd, coverable) = (begun, begun, begun)
    }

    func receive() throws {
        pause = receiver.status.pause
        try sendFeedback()
        while !receiver.isStopping {
            if pause != nil {
                try connection.wait(until: .now + Self.pausedTick, isReading: false)
                try tryToResume()
                try doWhatIsDue(isDrained: false)
                try giveWay()
                continue
            }
            let isDrained = try takeMessages()
            for notice in connection.takeNotices() {
                if let broken = StreamFailure.broken(by: notice) { throw broken }
            }
            try doWhatIsDue(isDrained: isDrained)
            if isDrained, pause == nil { try connection.wait(until: nextDue()) }
        }
    }

    // MARK: Messages

    /// Takes what is there. Returns whether that was all.
    private func takeMessages() throws -> Bool {
        for _ in 0..<Self.batch {
            guard let message = try connection.next() else { return true }
            switch message {
            case .data(let position, let end, _):
                received = max(received, LSN(rawValue: max(position, end)))
                try take(LSN(rawValue: position))
                if pause != nil { return false }
            case .keepalive(let end, _, let asks):
                let end = LSN(rawValue: end)
                serverEnd = max(serverEnd, end)
                if !writer.isInTransaction {
                    coverable = max(coverable, end)
                    received = max(received, end)
                }
                wantsReply = wantsReply || asks
                lastMessage = .now
            }
        }
        return false
    }

    /// Puts the last message into the spool, or begins a pause and keeps it.
    private func take(_ position: LSN) throws {
        let count = connection.payloadSize
        do throws(SpoolError) {
            try unsafe connection.withPayload { (payload) throws(SpoolError) in
                try unsafe writer.append(payload, at: position)
            }
        } catch {
            guard error.mayPass, !writer.mustReceiveAgain else { throw error }
            heldPosition = position
            holdsMessage = true
            begin(.disk(error))
            return
        }
        bytes += count
        uncheckedBytes += count
        if !writer.isInTransaction { mayExceed = false }
        if uncheckedBytes >= Self.sizeCheck {
            uncheckedBytes = 0
            checkSize()
        }
    }
    private var heldPosition = LSN(rawValue: 0)

    private func checkSize() {
        guard let maximum = spool.maximumSize, !mayExceed, spool.bytesInUse >= maximum else { return }
        begin(.maximumSize(maximum))
    }

    // MARK: Pauses

    /// A source that is to stop waits until its walsender has sent everything, and we do not read: so it is asked now
    /// and then, and let go. What comes again is what the spool does not hold whole.
    private func giveWay() throws {
        guard pause != nil, Instant.now - lastProbe >= Self.probeInterval else { return }
        lastProbe = .now
        do {
            _ = try Connection(options.source, applicationName: options.applicationName)
        } catch {
            // "The database system is shutting down"; no connection left, for one, is nothing to us.
            if error.sqlState == "57P03" { throw error }
        }
    }
    private var lastProbe = Instant.now
    private static let probeInterval = Duration.seconds(3)

    private func begin(_ reason: ReceiverPause) {
        guard pause != reason else { return }
        pause = reason
        receiver.updateStatus { $0.pause = reason }
        receiver.report(.paused(reason))
    }

    private func resume() {
        pause = nil
        receiver.updateStatus { $0.pause = nil }
        receiver.report(.resumed)
    }

    /// Whether the target has all that is whole in the spool: then nothing more is released by waiting.
    private var isAllApplied: Bool { receiver.applied() >= writer.lastCommit }

    private func tryToResume() throws {
        switch pause {
        case nil: return
        case .maximumSize(let maximum):
            // Some room, or it stops again at once.
            if spool.bytesInUse < maximum - maximum / 8 { return resume() }
            guard isAllApplied else { return }
            if writer.isInTransaction {
                mayExceed = true
                receiver.report(.exceedsMaximumSize)
                resume()
            } else {
                // What it holds is applied: the caller can release it once it is not the one that is written to.
                try writer.beginSegment()
            }
        case .disk(let reason):
            do throws(SpoolError) {
                if receiver.applied() >= spool.lastCommit { try writer.makeReleasable() }
                if writer.mustReceiveAgain { throw reason }
                try writer.sync()
            } catch {
                guard error.mayPass, !writer.mustReceiveAgain else { throw error }
                begin(.disk(error))
                return
            }
            if holdsMessage {
                holdsMessage = false
                pause = nil
                try take(heldPosition)
                guard pause == nil else { return }
            }
            resume()
        }
    }

    // MARK: Syncing and feedback

    private func doWhatIsDue(isDrained: Bool) throws {
        let now = Instant.now
        if isDrained || wantsReply || isCoverDue(now) { try coverIfDue(now) }
        let waits = now - lastSync
        let isDue =
            writer.unsyncedBytes >= options.syncBytes || waits >= .seconds(1)
            || writer.hasNews && (wantsReply || waits >= (isDrained ? options.syncPause : options.syncInterval))
        if isDue { try sync() }
        let feedback = feedback()
        let isNews = feedback.flushed != sent?.flushed
        let sinceFeedback = lastFeedback.map { now - $0 } ?? .seconds(3600)
        if wantsReply || isNews || sinceFeedback >= options.feedbackInterval
            || feedback.applied != sent?.applied && sinceFeedback >= .milliseconds(500)
        {
            try sendFeedback()
        }
        rate.add(total: bytes, now)
        receiver.updateStatus { status in
            status.received = received
            status.lastCommit = writer.lastCommit
            status.complete = max(coverable, writer.completePosition)
            status.serverEnd = max(serverEnd, received)
            status.lastMessage = lastMessage
            status.bytes += rate.takeNew()
            status.bytesPerSecond = rate.perSecond
        }
    }

    private func isCoverDue(_ now: Instant) -> Bool { nextCover.map { now >= $0 } ?? (coverable > begun) }

    private func coverIfDue(_ now: Instant) throws {
        guard pause == nil, wantsReply || isCoverDue(now) else { return }
        nextCover = now + options.coverInterval
        do throws(SpoolError) {
            try writer.cover(coverable)
        } catch {
            guard error.mayPass, !writer.mustReceiveAgain else { throw error }
            begin(.disk(error))
        }
    }

    private func sync() throws {
        lastSync = .now
        do throws(SpoolError) {
            try writer.sync()
        } catch {
            guard error.mayPass, !writer.mustReceiveAgain else { throw error }
            begin(.disk(error))
        }
    }

    private func feedback() -> Feedback {
        Feedback(
            mode: spool.mode, received: received, durable: spool.covered, lastCommit: writer.lastCommit,
            applied: receiver.applied())
    }

    private func sendFeedback() throws {
        let feedback = feedback()
        if feedback.flushed != sent?.flushed { FaultPoint.streamBeforeConfirm.pass() }
        try connection.sendStatus(
            written: feedback.written.rawValue, flushed: feedback.flushed.rawValue, applied: feedback.applied.rawValue,
            clock: Timestamp.now.microseconds)
        (sent, lastFeedback, wantsReply) = (feedback, .now, false)
        receiver.updateStatus { $0.confirmed = feedback.flushed }
    }

    /// When there is something to do although nothing comes.
    private func nextDue() -> Instant {
        let tick = lastSync + (writer.hasNews ? options.syncPause : .seconds(1))
        // The applier's progress is looked at now and then.
        return min(tick, .now + .milliseconds(500))
    }
}

extension Timestamp {
    /// This machine's clock.
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let sinceUnixEpoch = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        return Timestamp(microseconds: sinceUnixEpoch - 946_684_800_000_000)
    }
}

internal import ChangeStream
internal import LogicalDecoding
internal import Planning
internal import Postgres
internal import Synchronization

/// Receiving for a migration: the receiver with the plan's words, and what it tells in ours.
final class FollowedStream: Sendable {
    private let receiver: Mutex<Receiver>
    private let makeReceiver: @Sendable (_ numbersAsText: Bool) -> Receiver
    /// What the source is told: everything before it is applied and flushed on the target.
    private let applied: AppliedPosition

    private final class AppliedPosition: Sendable {
        let value: Atomic<UInt64>
        init(_ lsn: LSN) { value = Atomic(lsn.rawValue) }
    }

    struct Status: Sendable {
        var sourceEnd: LSN
        var received: LSN
        /// Behind the last transaction that came whole, and before which there are no others.
        var lastCommit: LSN
        var complete: LSN
        var paused: String?

        /// How far the source's changes are applied: where all that came is, as far as the source said that there is
        /// nothing else. What its other databases write counts as little as what they have written.
        /// - Parameter passed: what was received before is applied.
        func applied(_ passed: LSN) -> LSN { passed >= lastCommit ? max(passed, complete) : passed }
    }

    init(
        _ context: RunContext, _ following: FollowingDecision, spool: Spool, applied start: LSN,
        tell: @escaping @Sendable (RunEvent) -> Void,
    ) {
        let names = context.sourceNames
        let (applied, plugin) = (AppliedPosition(start), following.plugin.decoded)
        self.applied = applied
        let makeReceiver: @Sendable (Bool) -> Receiver = { numbersAsText in
            var options = ReceiverOptions(
                source: context.source, applicationName: context.applicationName("receive"), slot: names.slot,
                plugin: plugin.options(
                    publications: plugin == .pgoutput ? [names.publication, names.insertsPublication] : [],
                    binary: following.isBinary, messages: plugin == .pgoutput && following.hasMessages,
                    numbersAsText: numbersAsText),
                server: context.sourceIdentity?.origin)
            options.retryFor = .seconds(context.retryFor)
            return Receiver(
                options, into: spool, applied: { LSN(rawValue: applied.value.load(ordering: .relaxed)) },
                onEvent: { event in
                    if let text = event.notice { tell(.streamNotice(text)) }
                })
        }
        self.makeReceiver = makeReceiver
        receiver = Mutex(makeReceiver(true))
    }

    func run() async throws {
        do {
            try await receiver.withLock { $0 }.run()
        } catch let PostgresError.server(refusal) where refusal.message.contains("numeric-data-types-as-string") {
            // wal2json before 2.6 has no such option.
            let other = makeReceiver(false)
            receiver.withLock { $0 = other }
            try await other.run()
        }
    }

    func setApplied(_ lsn: LSN) { applied.value.store(lsn.rawValue, ordering: .relaxed) }

    var status: Status {
        let status = receiver.withLock { $0 }.status
        return Status(
            sourceEnd: status.serverEnd, received: status.received, lastCommit: status.lastCommit,
            complete: status.complete, paused: status.pause?.text)
    }
}

extension ServerIdentity {
    /// Nil where the server does not tell.
    fileprivate var origin: StreamOrigin? {
        guard let systemIdentifier, let timeline else { return nil }
        return StreamOrigin(systemIdentifier: systemIdentifier, timeline: timeline)
    }
}

extension ReceiverPause {
    fileprivate var text: String {
        switch self {
        case .maximumSize(let bytes):
            "the spool is as large as it may be (replication.spool.max-size, \(bytes) bytes)"
        case .disk(let error): error.description
        }
    }
}

extension ReceiverEvent {
    /// What a person should know; nil for what is as expected.
    fileprivate var notice: String? {
        switch self {
        case .connected, .cutTornTail: nil
        case .disconnected(let error, let pause):
            "the replication connection was lost (\(TaskFailure(task: "receive", error).text)); again in \(pause)"
        case .paused(let why):
            "receiving pauses: \(why.text). The source keeps its WAL meanwhile; what is here is applied on"
        case .resumed: "receiving goes on"
        case .endedOldSession(let pid): "ended process \(pid) of the source, which an earlier run of ours left behind"
        case .slotInUse(let pid, let name): "the slot is in use by process \(pid) of the source (\(name)); trying again"
        case .exceedsMaximumSize:
            "one transaction alone is larger than replication.spool.max-size: it is received all the same"
        }
    }
}

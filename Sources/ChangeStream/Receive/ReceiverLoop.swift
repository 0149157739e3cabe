import LogicalDecoding
import Postgres

/// Keeps a receiver's session up: connects, and connects again. Lives on the receiver's thread.
final class ReceiverLoop {
    private let receiver: Receiver
    private let writer: SpoolWriter
    private var options: ReceiverOptions { receiver.options }
    private var server: StreamOrigin?

    init(_ receiver: Receiver) {
        self.receiver = receiver
        writer = receiver.spool.writer()
        server = receiver.options.server
    }

    private static let firstBackoff = Duration.milliseconds(100)
    private static let longestBackoff = Duration.seconds(5)

    func run() throws {
        if let torn = receiver.spool.tornAt { receiver.report(.cutTornTail(at: torn)) }
        var backoff = Self.firstBackoff
        var failingSince: ContinuousClock.Instant?
        while !receiver.isStopping {
            do {
                let session = try begin()
                failingSince = nil
                backoff = Self.firstBackoff
                try session.receive()
            } catch let error as PostgresError {
                if receiver.isStopping { break }
                switch StreamFailure(error, slot: options.slot) {
                case .broken(let broken): throw broken
                case .final: throw error
                case .passing: break
                }
                let since = failingSince ?? ContinuousClock.now
                failingSince = since
                if let limit = options.retryFor, ContinuousClock.now - since > limit { throw error }
                receiver.report(.disconnected(error, retryingIn: backoff))
            } catch let error as SpoolError where error.mayPass {
                // Something that was received is given up: it comes again, when the disk has had a moment.
                pause(.disk(error))
                backoff = max(backoff, .seconds(1))
            }
            receiver.updateStatus { $0.isConnected = false }
            _ = receiver.wake.wait(backoff)
            backoff = min(backoff * 2, Self.longestBackoff)
        }
        receiver.updateStatus { $0.isConnected = false }
        finish()
    }

    /// What is whole is kept for the next run; what is not, that receives again.
    private func finish() {
        writer.dropOpenTransaction()
        try? writer.sync()
    }

    private func pause(_ reason: ReceiverPause) {
        let isNew = receiver.status.pause != reason
        receiver.updateStatus { $0.pause = reason }
        if isNew { receiver.report(.paused(reason)) }
    }

    private func begin() throws -> ReceiverSession {
        writer.dropOpenTransaction()
        try writer.sync()
        let connection = try ReplicationConnection(
            options.source, applicationName: options.applicationName, wake: receiver.wake)
        try requireSameServer(connection)
        try requireSlot(connection)
        let start = receiver.spool.covered
        try connection.startReplication(slot: options.slot, from: start.rawValue, options: options.plugin)
        receiver.updateStatus {
            $0.isConnected = true
            $0.received = max($0.received, start)
        }
        receiver.report(.connected(from: start))
        return ReceiverSession(receiver, writer, connection)
    }

    private func requireSameServer(_ connection: ReplicationConnection) throws {
        let found = try StreamOrigin.read(connection)
        guard let expected = server else {
            server = found
            return
        }
        guard found.systemIdentifier == expected.systemIdentifier else {
            throw StreamBroken.otherServer(found: found.systemIdentifier, expected: expected.systemIdentifier)
        }
        guard found.timeline == expected.timeline else {
            throw StreamBroken.newTimeline(found: found.timeline, expected: expected.timeline)
        }
    }

    /// The slot is there, of use, free, and has not been told more than the spool holds.
    private func requireSlot(_ connection: ReplicationConnection) throws {
        var facts = try slot(connection)
        let deadline = ContinuousClock.now + .seconds(5)
        while let pid = facts.activePID {
            guard facts.activeName == options.applicationName, ContinuousClock.now < deadline else {
                receiver.report(.slotInUse(pid: pid, applicationName: facts.activeName ?? ""))
                throw PostgresError.server(
                    ServerError(sqlState: "55006", message: "replication slot is active for PID \(pid)"))
            }
            // An earlier process of ours was killed, and its walsender has not noticed yet. A second call does no harm.
            try connection.query("select pg_catalog.pg_terminate_backend(\(pid))")
            receiver.report(.endedOldSession(pid: pid))
            if receiver.wake.wait(.milliseconds(100)) { throw ReplicationConnection.interrupted }
            facts = try slot(connection)
        }
        let covered = receiver.spool.covered
        if receiver.spool.mode == .disk, facts.confirmed > covered {
            throw SpoolError.incomplete(
                path: receiver.spool.identity.folder, covered: covered, confirmed: facts.confirmed)
        }
    }

    private func slot(_ connection: ReplicationConnection) throws -> SlotFacts {
        guard let facts = try SlotFacts.read(options.slot, connection) else {
            throw StreamBroken.slotMissing(slot: options.slot)
        }
        if let reason = facts.invalidation {
            throw StreamBroken.slotInvalidated(slot: options.slot, reason: reason)
        }
        let plugin = receiver.spool.identity.plugin.rawValue
        guard facts.plugin == plugin else {
            throw StreamBroken.otherPlugin(slot: options.slot, found: facts.plugin, expected: plugin)
        }
        return facts
    }
}

internal import ChangeStream
private import LogicalDecoding
internal import PlanFile
internal import Planning
internal import Postgres

/// Watches receiving and applying: tells how far they are, lets the spool forget what is applied, and notices a slot
/// that is lost while nothing else would.
struct FollowSupervisor: Sendable {
    private let context: RunContext
    private let control: Session
    private let definitions: SourceDefinitions
    private let spool: Spool
    private let stream: FollowedStream
    private let lanes: Lanes
    private let board: FollowBoard

    /// Between two looks, seconds.
    private static let interval = 0.5
    /// Between two events, seconds.
    private static let telling = 5.0
    /// Between two looks at the source's definitions, seconds.
    private static let definitionsInterval = 15.0
    /// The same, where what is applied will soon tell more.
    private static let doubtInterval = 2.0

    init(
        _ context: RunContext, _ control: Session, _ definitions: SourceDefinitions, spool: Spool,
        stream: FollowedStream, lanes: Lanes, board: FollowBoard,
    ) {
        self.context = context
        self.control = control
        self.definitions = definitions
        self.spool = spool
        self.stream = stream
        self.lanes = lanes
        self.board = board
    }

    func run(orders: @Sendable () -> Follower.Orders, tell: @Sendable (RunEvent) -> Void) async throws {
        let names = context.sourceNames
        let source = Session(context.source, applicationName: context.applicationName("watch"))
        let start = ContinuousClock.now
        var meter = LagMeter()
        var lastTold = -Self.telling
        var nextDefinitions = Self.doubtInterval
        var lastSeen: SourceProbe?
        var applied = LSN(rawValue: 0)
        while true {
            try Task.checkCancellation()
            // Of the target's state as of the applying session: no look, no statement about it.
            try await holdsLock()
            let now = (ContinuousClock.now - start) / .seconds(1)
            // A source that is down for a while is the receiver's business; what is here is applied all the same.
            if let probe = try? await SourceProbe.look(source, slot: names.slot) {
                lastSeen = probe
                guard let slot = probe.slot else { throw SourceError.slotLost(slot: names.slot, reason: "it is gone") }
                if let reason = slot.lostBecause { throw SourceError.slotLost(slot: names.slot, reason: reason) }
            }
            let lanesAt = lanes.status
            // While a marker stands it must be found again, also as the last that was applied. Its token is in the state
            // before it is in the stream, so that asked in this order nothing that holds it is ever given up.
            let stands = try await hasMarker()
            if !stands || spool.mode == .disk { stream.setApplied(lanesAt.durable) }
            if !stands { try spool.release(before: lanesAt.durable) }
            let received = stream.status
            // What came a moment ago takes nothing back of what is known to be applied.
            applied = max(applied, received.applied(lanesAt.passed))
            meter.add(
                LagMeter.Sample(
                    time: now, sourceEnd: max(lastSeen?.end ?? received.sourceEnd, applied), applied: applied,
                    changes: lanesAt.changes))
            let status = self.status(meter, lanesAt, received, applied, lastSeen, orders())
            board.show(status, hasPassedNewestWatermark: lanesAt.hasPassedNewestWatermark)
            let migration = context.migration
            try await control.run { try FollowStore($0, migration: migration).store(status) }
            if now >= nextDefinitions, lastSeen != nil {
                let begun = ContinuousClock.now
                let isDoubtful = (try? await definitions.look(source, applied: applied)) == .some(true)
                // Of thousands of tables, seldom.
                let took = (ContinuousClock.now - begun) / .seconds(1)
                nextDefinitions = now + max(isDoubtful ? Self.doubtInterval : Self.definitionsInterval, took * 100)
            }
            if now - lastTold >= Self.telling {
                lastTold = now
                tell(.following(status))
            }
            try await Task.sleep(for: .seconds(Self.interval))
        }
    }

    private func hasMarker() async throws -> Bool {
        let migration = context.migration
        return try await control.run { try StreamStore($0, migration: migration).record()?.marker != nil }
    }

    /// With the session that held the lock, the right to apply is gone.
    private func holdsLock() async throws {
        let migration = context.migration
        let isHeld = try await control.run { try FollowStore($0, migration: migration).isLocked() }
        guard isHeld else { throw FollowerReplaced() }
    }

    private func status(
        _ meter: LagMeter, _ lanes: Lanes.Status, _ received: FollowedStream.Status, _ applied: LSN,
        _ source: SourceProbe?, _ orders: Follower.Orders,
    ) -> FollowStatus {
        let rates = meter.rates
        let lag = meter.seconds(sinceCommit: lanes.committed.flatMap { commit in source.map { $0.clock - commit } })
        let isKnown = source != nil && meter.isKnown
        let isClose = isKnown && lag <= max(10, context.plan.cutover.maxLag.value.approximateSeconds)
        let phase: FollowStatus.Phase =
            if board.isDrained {
                .drained
            } else if orders.marker != nil {
                .draining
            } else if !orders.mayApply {
                .receiving
            } else {
                isClose && lanes.hasPassedNewestWatermark && !lanes.isCopyingAgain ? .following : .catchingUp
            }
        return FollowStatus(
            phase: phase, sourceEnd: (source?.end ?? received.sourceEnd).description,
            received: received.received.description, durable: spool.covered.description,
            applied: applied.description, lagBytes: meter.bytes, lagSeconds: lag,
            sourceBytesPerSecond: rates.source, appliedBytesPerSecond: rates.applied,
            changesPerSecond: rates.changes, appliedTransactions: Int64(lanes.transactions),
            appliedChanges: Int64(lanes.changes), spoolBytes: Int64(spool.bytesInUse),
            retainedBytes: source?.slot?.retainedBytes, secondsToCatchUp: meter.secondsToCatchUp,
            paused: received.paused)
    }
}

/// Another process has taken over following, or this one's session on the target was lost: begin anew.
struct FollowerReplaced: Error {}

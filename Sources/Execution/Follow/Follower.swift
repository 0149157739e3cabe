internal import ChangeStream
private import Faults
internal import LogicalDecoding
internal import PlanFile
internal import Planning
internal import Postgres
internal import Synchronization

/// Receives the source's changes from the moment the slot is there, and applies them once everything is copied, until
/// the marker of a cutover. One process of a migration does so, for as long as its session holds the follower's lock;
/// others wait to take over.
final class Follower: Sendable {
    /// What the engine wants of it.
    struct Orders: Sendable, Equatable {
        /// Every piece has its watermark.
        var mayApply = false
        /// Nothing is applied behind the marker with this token.
        var marker: String?
        var hasResyncWishes = false
    }

    let board = FollowBoard()
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void
    private let orders = Mutex(Orders())

    init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
    }

    func order(_ orders: Orders) { self.orders.withLock { $0 = orders } }
    var ordered: Orders { orders.withLock { $0 } }

    /// Follows until the task is cancelled, or until something fails for good, which the board then tells.
    func run() async {
        var failures = 0
        var firstFailure = ContinuousClock.now
        while !Task.isCancelled {
            let begun = ContinuousClock.now
            do {
                try await follow()
                return
            } catch {
                guard !Task.isCancelled else { return }
                // What has worked for a while begins anew.
                if failures == 0 || ContinuousClock.now - begun > .seconds(30) {
                    (failures, firstFailure) = (0, begun)
                }
                let pause = min(0.5 * Double(1 << min(failures, 5)), 15)
                failures += 1
                let waited = (ContinuousClock.now - firstFailure) / .seconds(1)
                guard await mayGoOn(after: error, waited: waited, pause: pause) else { return }
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }

    private func mayGoOn(after error: any Error, waited: Double, pause: Double) async -> Bool {
        switch FollowVerdict(error) {
        case .again(let failure) where waited < context.retryFor:
            tell(.retrying(id: failure.task, reason: failure.text, after: pause))
            return true
        case .again(let failure), .stop(let failure):
            board.fail(FollowFailure(failure, isResumable: true))
        case .broken(var failure) where context.direction == .back && error is SpoolError:
            // Of this machine, perhaps, and not of the way back, which no repair could mend.
            let directory = context.plan.replication.spool.directory.value
            failure.cure = "run it on the machine that holds the spool, \(directory)/\(context.planName)"
            board.fail(FollowFailure(failure, isResumable: true))
        case .broken(let failure):
            let (migration, reason) = (context.migration, failure.message)
            // Also known to whoever comes next; where that fails, it will be noticed again.
            try? await context.onTarget(as: "follow") { target in
                try target.durably { try StreamStore(target, migration: migration).setBroken(reason) }
            }
            board.fail(FollowFailure(failure, isResumable: false))
        case .fail(var failure) where context.direction == .back:
            // Nothing is lost: what is not applied stays in the stream.
            failure.cure = "mend the cause on the target (a partition that a row needs, say)"
            board.fail(FollowFailure(failure, isResumable: true))
        case .fail(let failure):
            board.fail(FollowFailure(failure, isResumable: false))
        }
        return false
    }

    // MARK: Following

    private func follow() async throws {
        let control = Session(
            context.target, applicationName: context.applicationName("follow"), settings: context.targetSettings)
        do {
            let origin = try await waitForSlot(control)
            try await takeOver(control)
            try await follow(from: origin, control)
        } catch {
            await control.close()
            throw error
        }
        await control.close()
    }

    private func waitForSlot(_ control: Session) async throws -> StreamRecord {
        let migration = context.migration
        while true {
            let record = try await control.run { try StreamStore($0, migration: migration).record() }
            if let record, record.slotSnapshot != nil { return record }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Waits until no other process follows; meanwhile shows what that one says.
    private func takeOver(_ control: Session) async throws {
        let migration = context.migration
        while true {
            let seen = try await control.run { target in
                let store = FollowStore(target, migration: migration)
                return (try store.lock(), try store.status())
            }
            if seen.0 { return }
            if let status = seen.1 { board.show(status.status, hasPassedNewestWatermark: false) }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func follow(from origin: StreamRecord, _ control: Session) async throws {
        guard let following = context.decisions.following, let consistent = origin.consistentLSN else { return }
        let migration = context.migration
        let (applied, record) = try await control.run { target in
            (
                try FollowStore(target, migration: migration).slowestPosition() ?? consistent,
                try StreamStore(target, migration: migration).record()
            )
        }
        let definitions = SourceDefinitions(context, tell: tell)
        try await definitions.require(origin)
        let settings = context.plan.replication.spool
        // A marker that stands must be found again, also as the last that was applied. A spool on disk still has it.
        let standing = settings.mode.value == .source && record?.marker != nil ? record?.markerFloor : nil
        let needed = min(applied, standing ?? applied)
        let spool = try Spool(
            SpoolIdentity(
                directory: settings.directory.value, plan: context.planName, migration: context.uid,
                generation: origin.slotGeneration, plugin: following.plugin.decoded),
            mode: settings.mode.value == .disk ? .disk : .source, start: needed,
            maximumSize: Int(clamping: settings.maxSize.value.bytes))
        // After the group: nobody of ours reads or writes it then, and the next attempt, or process, may have it.
        defer { spool.close() }
        let stream = FollowedStream(context, following, spool: spool, applied: needed, tell: tell)
        let lanes = Lanes(context, following, spool: spool, applied: applied, tell: tell)
        let (board, tell) = (board, tell)
        let supervisor = FollowSupervisor(
            context, control, definitions, spool: spool, stream: stream, lanes: lanes, board: board)
        try await withThrowingTaskGroup { group in
            group.addTask {
                // Where the source keeps the WAL, nothing is fetched before it can be applied.
                if spool.mode == .source { try await self.waitForOrderToApply() }
                try await stream.run()
            }
            group.addTask {
                try await self.waitForOrderToApply()
                try await lanes.run(orders: { self.ordered }, board: board)
            }
            group.addTask { try await supervisor.run(orders: { self.ordered }, tell: tell) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func waitForOrderToApply() async throws {
        while !ordered.mayApply { try await Task.sleep(for: .milliseconds(50)) }
    }
}

extension Plan.Plugin {
    /// As the decoder names it; `auto` was decided when the plan was compiled.
    var decoded: LogicalDecoding.Plugin {
        switch self {
        case .auto, .pgoutput: .pgoutput
        case .wal2json: .wal2json
        case .testDecoding: .testDecoding
        }
    }
}

internal import ChangeStream
internal import LogicalDecoding
internal import PlanFile
internal import Planning
internal import Postgres
internal import Synchronization

/// Applies what was received: the main lane all tables, and beside it, while tables are copied again, a lane of theirs.
/// Stops at a cutover's marker, and counts what comes behind it.
final class Lanes: Sendable {
    struct Status: Sendable {
        /// Of the slowest lane: where it stands in the state.
        var position: LSN
        /// Everything that was received before it is applied.
        var passed: LSN
        /// `position` of what the target has flushed.
        var durable: LSN
        /// When the last applied transaction was committed on the source, seconds since 1970.
        var committed: Double?
        var transactions = 0
        var changes = 0
        var hasPassedNewestWatermark = false
        var isCopyingAgain = false
    }

    private struct State: Sendable {
        var main: Applier?
        /// By lane.
        var aside: [Int: Applier] = [:]
        /// Where lanes stand that no applier works on now.
        var resting: [Int: LSN] = [:]
        var position: LSN
        var passed: LSN
        var durable: LSN
        var committed: Double?
        /// What appliers before the present one did.
        var transactions = 0
        var changes = 0
        var newest: LSN?
    }

    private let context: RunContext
    private let following: FollowingDecision
    private let spool: Spool
    private let tell: @Sendable (RunEvent) -> Void
    private let state: Mutex<State>

    init(
        _ context: RunContext, _ following: FollowingDecision, spool: Spool, applied: LSN,
        tell: @escaping @Sendable (RunEvent) -> Void,
    ) {
        self.context = context
        self.following = following
        self.spool = spool
        self.tell = tell
        state = Mutex(State(position: applied, passed: applied, durable: applied))
    }

    var status: Status {
        state.withLock { state in
            let main = state.main?.status
            let aside = state.aside.values.map(\.status)
            let resting = Array(state.resting.values)
            func least(_ main: LSN, _ others: [LSN]) -> LSN { (others + resting).min().map { min(main, $0) } ?? main }
            state.position = max(state.position, main?.position ?? state.position)
            state.passed = max(state.passed, main?.passed ?? state.passed, state.position)
            state.durable = max(state.durable, main?.durable ?? state.durable)
            state.committed = main?.committed.map { Double($0.sinceUnixEpoch) / 1e6 } ?? state.committed
            var status = Status(
                position: least(state.position, aside.map(\.position)),
                passed: least(state.passed, aside.map { max($0.passed, $0.position) }),
                durable: least(state.durable, aside.map(\.durable)))
            status.committed = state.committed
            status.transactions = state.transactions + (main?.transactions ?? 0)
            status.changes = state.changes + (main?.changes ?? 0) + aside.reduce(0) { $0 + $1.changes }
            status.isCopyingAgain = !state.aside.isEmpty || !state.resting.isEmpty
            status.hasPassedNewestWatermark =
                !status.isCopyingAgain && (state.newest.map { Self.has(status.passed, passed: $0) } ?? false)
            return status
        }
    }

    /// At a page's border the insert position stands behind the next page's header (40 bytes at most), where nothing
    /// commits, and an idle server's stream ends before it.
    static func has(_ position: LSN, passed watermark: LSN) -> Bool {
        position >= watermark
            || watermark.rawValue - position.rawValue <= 40 && position.rawValue % 8192 == 0
    }

    // MARK: The main lane

    /// What has ended of what runs side by side.
    private enum Ended: Sendable {
        case main(ApplyEnd)
        /// Stands where the main lane stopped for it.
        case aside
        case watch
    }

    func run(orders: @escaping @Sendable () -> Follower.Orders, board: FollowBoard) async throws {
        let control = Session(
            context.target, applicationName: context.applicationName("lanes"), settings: context.targetSettings)
        var ignored: Set<String> = []
        while true {
            try Task.checkCancellation()
            let (context, resync) = (context, TableResync(context))
            let found = try await control.run { target in
                let store = LaneStore(target, migration: context.migration)
                return (try FollowedTables.read(target, context), try store.all(), try store.wishes())
            }
            let (all, lanes, wishes) = found
            // The main lane stands still here: wishes are frozen, lanes that have caught up are joined.
            if let wish = wishes.first(where: { $0.lane == nil }), try await freeze(wish.table, resync, control) {
                continue
            }
            var joined = false
            for lane in lanes where lane.isCopied {
                joined = try await control.run { try resync.join(lane.number, $0) } || joined
            }
            if joined { continue }
            let apart = Set(lanes.flatMap(\.tables))
            let newest = all.map(\.newestInsertLSN).max()
            let tables = all.filter { !apart.contains($0.name) }
            state.withLock { state in
                state.newest = newest
                state.resting = Dictionary(lanes.map { ($0.number, $0.position) }) { first, _ in first }
            }
            let applier = applier(settings(lane: 0, ignored: ignored), tables)
            let end = try await run(applier, lanes, resync, orders: orders)
            switch end {
            case .stopped: continue
            case .reachedMarker(let token, _, _):
                guard try await holds(token, control) else {
                    ignored.insert(token)
                    continue
                }
                // Their tables stand there, too, before anybody hears of it; the marker is found again then.
                for lane in lanes { try await catchUp(lane, with: applier, resync) }
                guard lanes.isEmpty else { continue }
                try await wait(behind: token, tables, board: board, control)
                ignored.insert(token)
            }
        }
    }

    /// Runs the main lane and those beside it until the main lane ends; where it ended for another's sake, until that
    /// one stands where it stopped.
    private func run(
        _ main: Applier, _ lanes: [Lane], _ resync: TableResync, orders: @escaping @Sendable () -> Follower.Orders,
    ) async throws -> ApplyEnd {
        state.withLock { $0.main = main }
        defer { retire(main) }
        let joins = Flag()
        return try await withThrowingTaskGroup(of: Ended.self) { group in
            group.addTask { .main(try await main.run()) }
            group.addTask {
                // Workers that a crash has left at different positions come to one before anything can be frozen: the
                // lane gets on by itself for a moment. While another lane is there, wishes wait for it.
                try await Task.sleep(for: .seconds(1))
                while !lanes.isEmpty || !orders().hasResyncWishes { try await Task.sleep(for: .milliseconds(100)) }
                main.stop()
                return .watch
            }
            if let lane = lanes.first {
                group.addTask {
                    try await self.catchUp(lane, with: main, resync) {
                        joins.raise()
                        main.stop()
                    }
                    return .aside
                }
            }
            defer { group.cancelAll() }
            var (end, isLevel) = (ApplyEnd?.none, false)
            while let ended = try await group.next() {
                switch ended {
                case .main(let how): end = how
                case .aside: isLevel = true
                case .watch: break
                }
                if let end, isLevel || !joins.isRaised { return end }
            }
            throw CancellationError()
        }
    }

    /// Adds to the totals what an applier did that ends now.
    private func retire(_ applier: Applier) {
        let last = applier.status
        state.withLock { state in
            state.main = nil
            state.position = max(state.position, last.position)
            state.passed = max(state.passed, last.passed)
            state.durable = max(state.durable, last.durable)
            state.transactions += last.transactions
            state.changes += last.changes
        }
    }

    private func applier(_ settings: ApplySettings, _ tables: [FollowedTable]) -> Applier {
        let (spool, tell) = (spool, tell)
        // Those of other lanes, too.
        let known = Set(following.tables.map(\.name))
        return Applier(settings, tables: tables, open: { try spool.reader(from: $0) }) { event in
            if case .unfollowed(let name) = event, known.contains(name) { return }
            if let text = event.notice { tell(.streamNotice(text)) }
        }
    }

    /// - Parameter start: where the lane stands; nil: where the main lane does.
    private func settings(lane: Int, from start: LSN? = nil, ignored: Set<String> = []) -> ApplySettings {
        let context = context
        var settings = ApplySettings(
            migration: context.migration, target: context.target, source: context.source,
            applicationName: { context.applicationName($0) }, targetSettings: context.targetSettings,
            plugin: following.plugin.decoded, jobs: lane == 0 ? context.plan.replication.applyJobs?.value ?? 2 : 1,
            lane: lane, startPosition: start ?? state.withLock { $0.position },
            markerTable: following.hasMessages ? nil : context.sourceNames.marker)
        settings.stopsAtEveryMarker = lane == 0
        settings.ignoredMarkers = ignored
        let plan = context.plan
        settings.leavesOut = { plan.leavesOut(part: $0) }
        return settings
    }

    // MARK: A cutover

    /// Whether the marker is that of a cutover that is wanted: its token is in the state before it is in the stream.
    private func holds(_ token: String, _ control: Session) async throws -> Bool {
        let migration = context.migration
        return try await control.run { target in
            guard let record = try StreamStore(target, migration: migration).record() else { return false }
            return record.marker == token
        }
    }

    /// Everything up to the marker is applied. Applies nothing until the cutover is given up; once its second marker is
    /// written, counts what lies between.
    private func wait(
        behind token: String, _ tables: [FollowedTable], board: FollowBoard, _ control: Session,
    ) async throws {
        board.setDrained(true)
        defer { board.setDrained(false) }
        let migration = context.migration
        while try await holds(token, control) {
            if let end = try await control.run({ try FollowStore($0, migration: migration).endMarker() }) {
                var settings = settings(lane: 0)
                settings.countsOnly = true
                settings.stopsAtEveryMarker = false
                let counter = applier(settings, tables)
                counter.stop(atMarker: end)
                _ = try await counter.run()
                let count = counter.status.changes
                try await control.run { target in
                    try FollowStore(target, migration: migration).setLateChanges(Int64(count), upTo: end)
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: Lanes beside it

    /// - Returns: whether anything has changed; else there is nothing to be done about the wish.
    private func freeze(_ wish: QualifiedName, _ resync: TableResync, _ control: Session) async throws -> Bool {
        let source = Session(context.source, applicationName: context.applicationName("resync"))
        let migration = context.migration
        // Where nothing was applied yet, the main lane makes its beginning first.
        let hasBegun = try await control.run { target in
            try !LaneStore(target, migration: migration).positions(lane: 0).isEmpty
        }
        guard hasBegun else { return false }
        do {
            let leaves = try await source.run { try resync.leaves(of: wish, $0) }
            await source.close()
            let lane = try await control.run { try resync.freeze(wish, leaves: leaves, $0) }
            if lane != nil { tell(.streamNotice("\(wish) is copied again; everything else goes on")) }
            return lane != nil
        } catch let error as any ToldError where !error.mayPass {
            await source.close()
            tell(.streamNotice("\(wish) is not copied again: \(error.summary)"))
            try await control.run { try LaneStore($0, migration: migration).forget(wish) }
            return true
        }
    }

    /// Copies a lane's tables where that is still to be done, and applies until it stands where the main lane stopped.
    /// - Parameter isClose: is called once little is missing: the main lane is to stop then.
    private func catchUp(
        _ lane: Lane, with main: Applier, _ resync: TableResync, isClose: @escaping @Sendable () -> Void = {},
    ) async throws {
        if !lane.isCopied { try await copy(lane, resync) }
        let context = context
        let session = Session(
            context.target, applicationName: context.applicationName("resync"), settings: context.targetSettings)
        let all = try await session.run { try FollowedTables.read($0, context) }
        await session.close()
        var settings = settings(lane: lane.number, from: lane.position)
        settings.notBeyond = { main.status.position }
        let own = applier(settings, all.filter { lane.tables.contains($0.name) })
        state.withLock { state in
            state.resting[lane.number] = nil
            state.aside[lane.number] = own
        }
        defer {
            state.withLock { state in
                state.aside[lane.number] = nil
                state.resting[lane.number] = max(own.status.position, lane.position)
            }
        }
        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await own.run() }
            group.addTask {
                while main.status.position.rawValue > own.status.position.rawValue + Self.closeness {
                    try await Task.sleep(for: .milliseconds(50))
                }
                isClose()
                while !main.hasEnded || own.status.position < main.status.position {
                    try await Task.sleep(for: .milliseconds(10))
                }
                own.stop()
            }
            defer { group.cancelAll() }
            try await group.waitForAll()
        }
    }

    /// So few bytes of WAL behind, the main lane waits for another one.
    private static let closeness: UInt64 = 4 << 20

    private func copy(_ lane: Lane, _ resync: TableResync) async throws {
        let link = Link(context)
        let meter = CopyMeter()
        while true {
            do {
                try await link.run("resync") { ends in
                    try resync.copy(lane, source: try ends.source(), target: try ends.target(), meter: meter)
                }
                break
            } catch  where error.isTransient {
                tell(.retrying(id: "resync", reason: TaskFailure(task: "resync", error).text, after: 1))
                try await Task.sleep(for: .seconds(1))
            }
        }
        await link.close()
    }
}

/// Raised once, seen by all.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}

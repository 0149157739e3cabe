internal import PlanFile
internal import Planning
internal import Postgres

/// What a live run adds to walking the graph: the follower beside it, and the tasks that wait for where the stream is or
/// for somebody's word. Belongs to its engine and is touched by it alone.
final class LiveRun {
    /// How often the state is asked what others want, seconds; while a cutover runs every wait is downtime.
    var watchInterval: Double { isCuttingOver ? 0.05 : 0.2 }

    let follower: Follower
    let control: Session
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void
    /// The gate and all behind it.
    private let cutover: Set<Int>
    private let gate: Int?
    private let follow: Int?
    private let withdrawal = Withdrawal()
    var isWatching = false
    var isUndoing = false
    var lastWatch = -1.0
    private var watch: LiveWatch?
    private var hasToldReady = false
    private var hasToldBegun = false
    private var hasToldCompleted = false
    /// `skein cutover` found the gate not to be opened.
    private var refusal: TaskFailure?
    /// Before then, the plan's `approval: automatic` does not ask again.
    private var asksAgain: ContinuousClock.Instant?
    private var refusals = 0
    /// When the gate could first have been opened but for the lag.
    private var waitsForLagSince: ContinuousClock.Instant?

    init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
        follower = Follower(context, tell: tell)
        control = Session(
            context.target, applicationName: context.applicationName("watch"), settings: context.targetSettings)
        gate = context.tasks.firstIndex { $0.action == .gate }
        follow = context.tasks.firstIndex { $0.action == .follow }
        cutover = Self.behind(gate, context.tasks)
    }

    /// The numbers of a task and of all that need it.
    static func behind(_ number: Int?, _ tasks: [MigrationTask]) -> Set<Int> {
        guard let number else { return [] }
        var found: Set<Int> = [number]
        for (candidate, task) in tasks.enumerated() where task.needs.contains(where: found.contains) {
            found.insert(candidate)
        }
        return found
    }

    func mayStart(_ task: MigrationTask) -> Bool {
        switch task.action {
        case .catchUp: follower.board.hasPassedNewestWatermark
        case .gate: watch?.gate == .open && !isUndoing
        case .drain: follower.board.isDrained && !mustUndo
        default: !mustUndo && !isUndoing
        }
    }

    /// The first thing that ends the run, once.
    func takeFailure() -> FollowFailure? {
        if let refusal {
            self.refusal = nil
            return FollowFailure(refusal, isResumable: true)
        }
        return follower.board.takeFailure()
    }

    // MARK: The gate

    /// What the run is on the way to, as its estimates take it: the gate, then the end.
    var goal: ProgressMeter.Goal {
        guard !isCuttingOver, watch?.gate != .completed else { return ProgressMeter.Goal() }
        var goal = ProgressMeter.Goal(isReady: true, excluded: cutover)
        if let catchUp = context.tasks.firstIndex(where: { $0.action == .catchUp }),
            let status = follower.board.status
        {
            goal.known[catchUp] = status.secondsToCatchUp ?? Double(max(0, status.lagBytes)) / Self.applyRate
        }
        return goal
    }

    /// WAL applied, bytes a second, before any was: cautious.
    private static let applyRate = 20e6

    var mustUndo: Bool { watch?.gate == .abandoned }

    var isCuttingOver: Bool { watch?.gate == .open }

    /// What ends the task when the cutover is withdrawn; nil where it is no part of one.
    func withdrawal(of number: Int) -> Withdrawal? { cutover.contains(number) ? withdrawal : nil }

    func isAnyRunning(_ state: RunState) -> Bool { state.runningCount > 0 && cutover.contains { state.isRunning($0) } }

    /// The cutover to ask for now: where the plan or the command says that nobody else has to, and it is time.
    func approval(_ state: RunState) -> CutoverRequest? {
        guard let gate, watch?.gate == .closed else { return nil }
        guard state.isNext(gate) else {
            if context.opensGate, watch != nil, !state.isDone(gate) { refuse(state) }
            return nil
        }
        guard let status = follower.board.status else { return nil }
        let maxLag = context.plan.cutover.maxLag.value.approximateSeconds
        let isClose = status.phase == .following && status.lagSeconds <= maxLag
        if isClose, !hasToldReady {
            hasToldReady = true
            tell(.cutover(.ready))
        }
        guard context.opensGate || context.plan.cutover.approval.value == .automatic else { return nil }
        if let asksAgain, ContinuousClock.now < asksAgain { return nil }
        guard isClose else {
            refuse(lag: status, maxLag)
            return nil
        }
        return CutoverRequest(fence: context.plan.cutover.fence.value, waitSeconds: context.cutoverWait)
    }

    /// `skein cutover` came too early.
    private func refuse(_ state: RunState) {
        let open = context.tasks.indices.filter { !cutover.contains($0) && !state.isDone($0) }
        let copies = open.filter { if case .copy = context.tasks[$0].action { true } else { false } }.count
        let text =
            copies > 0
            ? "not yet: \(copies) pieces are still to be copied"
            : "not yet: \(open.count) tasks come before the cutover"
        refusal = TaskFailure(
            task: "cutover", message: text, cure: "run `skein migrate`, and the cutover when it says that it is ready")
    }

    /// A lag that does not shrink below the plan's limit within this time is a refusal, seconds.
    private static let patience = 30.0

    private func refuse(lag status: FollowStatus, _ maxLag: Double) {
        guard context.opensGate else { return }
        let since = waitsForLagSince ?? .now
        waitsForLagSince = since
        guard ContinuousClock.now - since > .seconds(Self.patience) else { return }
        refusal = TaskFailure(
            task: "cutover",
            message:
                "not yet: the target is \(Int(status.lagSeconds)) s and \(status.lagBytes) bytes behind the source, more "
                + "than cutover.max-lag (\(Int(maxLag)) s) allows",
            cure: "run `skein migrate` until it says that it is ready, or raise cutover.max-lag")
    }

    func adopt(_ watch: LiveWatch, _ state: RunState) {
        self.watch = watch
        withdrawal.isWanted = mustUndo
        if watch.gate == .open, !hasToldBegun {
            hasToldBegun = true
            tell(.cutover(.begun))
        }
        follower.order(
            Follower.Orders(
                mayApply: follow.map { state.isDone($0) } ?? false,
                marker: watch.gate == .open || watch.gate == .completed ? watch.marker : nil,
                hasResyncWishes: watch.hasResyncWishes))
    }

    /// Once, whoever has completed it: with the downtime that the state's report has.
    func tellCompleted() async {
        guard !hasToldCompleted else { return }
        let migration = context.migration
        // That it is complete is told at the end in any case.
        guard let report = try? await control.run({ try CutoverLog($0, migration).report() }), !hasToldCompleted
        else { return }
        hasToldCompleted = true
        tell(.cutover(.completed(downtimeSeconds: report.downtimeSeconds)))
    }

    func undone() {
        postpone(isRefused: watch?.refusal != nil)
        if context.opensGate {
            refusal = TaskFailure(
                task: "cutover", message: watch?.refusal ?? "the cutover was withdrawn",
                cure: "the migration can be followed again: run `skein migrate`, or the cutover once more")
        } else if let reason = watch?.refusal {
            tell(.streamNotice("the cutover was refused: \(reason)"))
        }
        watch = nil
        withdrawal.isWanted = false
        hasToldBegun = false
        hasToldReady = false
        tell(.cutover(.abandoned))
    }

    /// An automatic cutover that the source has refused is asked for again after 15 s, each time later; one that a
    /// person withdrew after 5 min: until then it is for `skein cutover`.
    private func postpone(isRefused: Bool) {
        guard !context.opensGate, context.plan.cutover.approval.value == .automatic else { return }
        let pause = isRefused ? min(15 * Double(1 << min(refusals, 5)), Self.longestPause) : Self.longestPause
        refusals += isRefused ? 1 : 0
        asksAgain = .now + .seconds(pause)
        tell(.streamNotice("the cutover is asked for again in \(Int(pause)) s, or by `skein cutover`"))
    }

    /// Seconds.
    private static let longestPause = 300.0

    func close() async { await control.close() }
}

/// Opens the gate, as the plan's `approval: automatic` or `skein cutover` without a running `migrate` do.
struct CutoverRequest: Sendable {
    var fence: Plan.Cutover.Fence
    /// For transactions that are open on the source, seconds.
    var waitSeconds: Double

    func request(_ control: Session, migration: Int64) async throws {
        let (fence, wait) = (fence, waitSeconds)
        try await control.run { target in
            try target.durably {
                try CutoverStore(target, migration: migration).request(fence: fence, waitSeconds: wait)
            }
        }
    }
}

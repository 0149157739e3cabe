private import Faults
private import PlanFile
private import Planning
private import Postgres
private import Synchronization

/// Walks a migration's graph: claims tasks that are ready, runs them on links, retries what may pass, stops at what may
/// not, and tells what happens.
package actor Engine {
    enum Event: Sendable {
        case attempt(Int, Attempt, Link)
        case renewed(Result<SnapshotKeeper.Renewal, any Error>)
        case watched(Result<StateWatch, any Error>)
        case liveWatched(Result<LiveWatch, any Error>)
        case undone(Result<[Int], any Error>)
        case followed
        case tick
        case asked([String: TaskProgress]?)
        case stalled(seconds: Double, waitingFor: String)
    }

    let context: RunContext
    let tell: @Sendable (RunEvent) -> Void
    let keeper: SnapshotKeeper
    /// What each task under way has moved, and when it began.
    private var meters: [Int: (meter: CopyMeter, begun: Double)] = [:]
    /// Bytes of attempts that have ended.
    private var copiedBefore: Int64 = 0
    private let inquiry: ServerInquiry
    private let control: Session
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    var state: RunState
    private var holder = 0
    var snapshot: SnapshotReference?
    var lostSnapshot: String?
    var isRenewing = false
    private var isWatching = false
    private var lastWatch = 0.0
    /// Whether the state may hold something else as done than this run believes.
    var isDoubtful = false
    /// Done since the last look at the state began, which may not have seen it.
    private var recentlyDone: Set<Int> = []
    private var idle: [MigrationTask.Resource: [Link]] = [:]
    private(set) var failure: TaskFailure?
    private var hasGivenUp = false
    private var differences: [String] = []
    private var attempts: [Int: Int] = [:]
    private(set) var progress: ProgressMeter
    private var history = RunHistory()
    /// Comparisons that the plan, as it is now, does not ask for.
    private let unneeded: Set<Int>
    let isResumed: Bool
    var isCompared: Bool
    /// Nil offline.
    private(set) var live: LiveRun?

    /// - Parameters:
    ///   - records: all tasks of the migration, as the state holds them.
    ///   - tell: is called for every event, on no particular thread.
    package init(_ context: RunContext, records: [TaskRecord], tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
        keeper = SnapshotKeeper(context)
        control = Session(
            context.target, applicationName: context.applicationName("control"), settings: context.targetSettings)
        inquiry = ServerInquiry(context)
        start = clock.now
        state = RunState(
            tasks: context.tasks, done: Set(records.filter { Self.needsNoWork($0, context) }.map(\.number)),
            limits: context.limits, retryFor: context.retryFor, now: 0)
        progress = ProgressMeter(context.tasks, records, context.decisions.tables, limits: context.limits)
        unneeded = Set(records.filter { $0.state != .done && Self.needsNoWork($0, context) }.map(\.number))
        isResumed = records.contains { $0.state == .done || $0.attempts > 0 }
        isCompared = !isResumed
        if context.isLive { live = LiveRun(context, tell: tell) }
    }

    /// Done, or a comparison that the plan, as it is now, does not ask for.
    private static func needsNoWork(_ record: TaskRecord, _ context: RunContext) -> Bool {
        if case .verify = record.task.action, context.verify == .none { return true }
        return record.state == .done
    }

    var now: Double {
        let elapsed = clock.now - start
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    /// Runs until everything is done, something fails for good, or the surrounding task is cancelled.
    package func run() async throws -> RunEnd {
        tell(
            .begun(
                tasks: context.tasks.count - unneeded.count, done: state.doneCount - unneeded.count,
                isResumed: isResumed))
        let migration = context.migration
        holder = try await control.run { try TaskStore($0, migration: migration).registerHolder() }
        let version = context.skeinVersion
        history.began(try await control.run { try RunHistory.begin($0, migration: migration, version: version) })
        while true {
            let end = await loop()
            guard end == .finished else {
                await close(end)
                return end
            }
            // Where another process has completed it, or an earlier run.
            await live?.tellCompleted()
            if let end = await finishMigration() {
                await close(end)
                return end
            }
        }
    }

    /// Marks the migration as finished, unless the state holds something as not done: a crash of the target loses the
    /// last commits, and only the one that finishes waits for the flush of those before it.
    /// - Returns: nil where there is something left to do.
    private func finishMigration() async -> RunEnd? {
        FaultPoint.beforeFinish.pass()
        let (migration, unneeded) = (context.migration, unneeded)
        do {
            let session = Session(context.target, applicationName: context.applicationName("finish"))
            let open = try await session.run { target in
                try target.transaction {
                    let open = Set(try TaskStore(target, migration: migration).open()).subtracting(unneeded)
                    if open.isEmpty { try StateStore(target).finish(migration: migration) }
                    return open
                }
            }
            guard !open.isEmpty else { return .finished }
            reopen(open)
            return nil
        } catch {
            let reason = TaskFailure(task: "finish", error)
            switch state.failedOutsideTasks(isTransient: error.isTransient, now: now) {
            case .retry(let pause):
                tell(.retrying(id: reason.task, reason: reason.text, after: pause))
                try? await Task.sleep(for: .seconds(pause))
                return Task.isCancelled ? .stopped("stopped on request") : nil
            case .giveUp: return .stopped(reason.message)
            case .stop:
                return Task.isCancelled ? .stopped("stopped on request") : .failed(task: reason.task, reason: reason)
            }
        }
    }

    private func loop() async -> RunEnd {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { await Self.tick(.milliseconds(200)) }
            if let follower = live?.follower {
                group.addTask {
                    await follower.run()
                    return .followed
                }
            }
            while true {
                if Task.isCancelled { state.stop() }
                if live != nil { lookAtStream(in: &group) }
                if needsSnapshot, !isRenewing, !state.isStopping { launchRenewal(in: &group) }
                let (hasSnapshot, live) = (snapshot != nil || context.isLive, live)
                let started = state.start(now: now) { task in
                    (hasSnapshot || !task.action.waitsForSnapshot) && live?.mayStart(task) ?? true
                }
                for number in started { launch(number, in: &group) }
                if state.runningCount == 0, !isRenewing, live?.isUndoing != true, let end = ending() {
                    group.cancelAll()
                    await group.waitForAll()
                    return end
                }
                switch await group.next() {
                case .attempt(let number, let attempt, let link): await finish(number, attempt, link)
                case .renewed(let result): await adopt(result)
                case .watched(let result): adopt(result)
                case .liveWatched(let result): adopt(result)
                case .undone(let result): adopt(result)
                case .followed: break
                case .tick:
                    if !isWatching, now - lastWatch >= 1, !state.isStopping { launchWatch(in: &group) }
                    if inquiry.isDue(now), state.runningCount > 0 {
                        let inquiry = inquiry
                        group.addTask { .asked(await inquiry.ask()) }
                    }
                    let running = running
                    if var report = progress.report(state, running: running, goal: goal, now: now) {
                        report.following = live?.follower.board.status
                        tell(.progress(report))
                    }
                    let copied = running.values.reduce(0) { $0 + $1.bytes }
                    if let seconds = progress.stall(state, copied: copied, now: now) {
                        let context = context
                        group.addTask { .stalled(seconds: seconds, waitingFor: await StallReport.describe(context)) }
                    }
                    // When cancelled, a sleep ends at once, and what is under way wakes the loop.
                    let pause = pause
                    if !Task.isCancelled { group.addTask { await Self.tick(pause) } }
                case .asked(let found): inquiry.adopt(found, now)
                case .stalled(let seconds, let reason): tell(.stalled(seconds: seconds, waitingFor: reason))
                case nil: return ending() ?? .stopped("nothing is left to wait for")
                }
            }
        }
    }

    /// Wakes the loop for delayed tasks, the display and a cancelled run.
    private nonisolated static func tick(_ pause: Duration) async -> Event {
        try? await Task.sleep(for: pause)
        return .tick
    }

    /// What the stream is waited for is seen at a tick: while a cutover runs that is downtime.
    private var pause: Duration { live?.isCuttingOver == true ? .milliseconds(20) : .milliseconds(200) }

    private func ending() -> RunEnd? {
        if state.isFinished { return .finished }
        if let failure, !hasGivenUp { return .failed(task: failure.task, reason: failure) }
        if let failure { return failure.cure == nil ? .stopped(failure.message) : .blocked(failure) }
        if state.isStopping { return .stopped("stopped on request") }
        if state.nextWake != nil { return nil }
        return differences.isEmpty ? nil : .differences(differences)
    }

    // MARK: One attempt

    private func launch(_ number: Int, in group: inout TaskGroup<Event>) {
        let task = context.tasks[number]
        let link =
            idle[task.resource]?.popLast() ?? Link(context, name: history.nameWorker(task.resource))
        let worker = TaskWorker(run: history.run, name: link.name)
        attempts[number, default: 0] += 1
        tell(.started(id: task.id, attempt: attempts[number, default: 1]))
        let meter = CopyMeter()
        meters[number] = (meter, now)
        let (context, holder, snapshot, clock) = (context, holder, snapshot, clock)
        let withdrawal = live?.withdrawal(of: number)
        group.addTask {
            let begun = clock.now
            let make = { @Sendable in
                await Attempt.make(number, context, holder, snapshot, meter, worker, on: link)
            }
            let attempt = if let withdrawal { await withdrawal.ending(make) } else { await make() }
            guard case .done(let outcome, _) = attempt else { return .attempt(number, attempt, link) }
            let seconds = (clock.now - begun) / .seconds(1)
            return .attempt(number, .done(outcome, seconds: seconds), link)
        }
    }

    private func finish(_ number: Int, _ attempt: Attempt, _ link: Link) async {
        let task = context.tasks[number]
        idle[task.resource, default: []].append(link)
        copiedBefore += meters.removeValue(forKey: number)?.meter.bytes.load(ordering: .relaxed) ?? 0
        switch attempt {
        case .done(let outcome, let seconds):
            state.completed(number, now: now)
            recentlyDone.insert(number)
            progress.completed(number, outcome, seconds: seconds)
            tell(.finished(id: task.id, rows: outcome.rows, bytes: outcome.bytes, seconds: seconds))
            if let warning = outcome.warning { tell(.warning(id: task.id, text: warning)) }
            if task.action == .completeCutover { await live?.tellCompleted() }
        case .doneElsewhere:
            state.completed(number, now: now)
            recentlyDone.insert(number)
            progress.completed(number, TaskOutcome())
            if task.action == .completeCutover { await live?.tellCompleted() }
        case .takenElsewhere:
            state.takenElsewhere(number, now: now)
            isDoubtful = true
        case .blocked:
            state.postponed(number, until: now + (live?.isCuttingOver == true ? 0.05 : 0.5))
            isDoubtful = true
        case .cancelled:
            state.abandoned(number)
            state.stop()
        case .snapshotLost(let id):
            // Not where it was lost before the present one was made.
            if snapshot?.id == id {
                lostSnapshot = id
                snapshot = nil
            }
            state.postponed(number, until: now)
        case .differs(let text):
            differences.append(text)
            state.setAside(number, now: now)
        case .failed(var reason, let isTransient):
            switch state.failed(number, isTransient: isTransient, now: now) {
            case .retry(let pause): tell(.retrying(id: task.id, reason: reason.text, after: pause))
            case .stop, .giveUp:
                reason.blocked = state.blocked(by: number)
                fail(reason, isTransient: isTransient)
                tell(.failed(id: task.id, reason: reason.text))
            }
            // With the target's restart the holder's session is gone, and perhaps the last commits.
            isDoubtful = true
            lastWatch = -1
        }
    }

    // MARK: Progress

    private var running: [Int: ProgressMeter.Running] {
        let now = now
        var running: [Int: ProgressMeter.Running] = [:]
        for (number, task) in meters {
            running[number] = ProgressMeter.Running(
                seconds: now - task.begun, bytes: task.meter.bytes.load(ordering: .relaxed),
                server: inquiry.answer(context.tasks[number].id))
        }
        return running
    }

    /// Bytes that this process has copied.
    private var copied: Int64 {
        meters.values.reduce(copiedBefore) { $0 + $1.meter.bytes.load(ordering: .relaxed) }
    }

    /// A live migration is on the way to its cutover first.
    private var goal: ProgressMeter.Goal { live?.goal ?? ProgressMeter.Goal() }

    /// The first failure that ends the run is the one to tell.
    func fail(_ reason: TaskFailure, isTransient: Bool) {
        guard failure == nil else { return }
        failure = reason
        hasGivenUp = isTransient
    }

    // MARK: The state

    private func launchWatch(in group: inout TaskGroup<Event>) {
        isWatching = true
        lastWatch = now
        recentlyDone = []
        let (control, migration, holder, isDoubtful) = (control, context.migration, holder, isDoubtful)
        self.isDoubtful = false
        let sample = history.due(
            now: now, copied: copied, done: state.doneCount,
            running: state.runningCount, stream: live?.follower.board.status)
        group.addTask {
            do {
                return .watched(
                    .success(
                        try await StateWatch.look(
                            control, migration: migration, holder: holder, isDoubtful: isDoubtful, sample: sample)))
            } catch {
                return .watched(.failure(error))
            }
        }
    }

    private func adopt(_ result: Result<StateWatch, any Error>) {
        isWatching = false
        // Its failure is seen by the tasks, too, and told there.
        guard case .success(let seen) = result else {
            isDoubtful = true
            return
        }
        holder = seen.holder
        history.sampled(for: seen.sampledFor, now: now)
        guard let done = seen.done else { return }
        for number in done.subtracting(state.doneNumbers) { progress.completed(number, TaskOutcome()) }
        state.observed(done: done, now: now)
        reopen(state.doneNumbers.subtracting(done).subtracting(unneeded).subtracting(recentlyDone))
    }

    func reopen(_ numbers: some Sequence<Int>) {
        state.reopened(numbers)
        for number in numbers { progress.reopened(number) }
    }

    /// The last sample, and how it ended; a target that is gone does without.
    private func close(_ end: RunEnd) async {
        let (migration, run) = (context.migration, history.run)
        let sample = history.sample(
            copied: copied, done: state.doneCount, running: 0,
            stream: live?.follower.board.status)
        try? await control.run { target in
            let store = HistoryStore(target, migration: migration)
            try store.add(sample)
            try store.end(run, outcome: end.clause)
        }
        for link in idle.values.joined() { await link.close() }
        idle = [:]
        await keeper.close()
        await live?.close()
        await inquiry.close()
        await control.close()
    }
}

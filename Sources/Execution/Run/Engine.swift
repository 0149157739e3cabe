private import PlanFile
package import Planning
private import Postgres
private import Synchronization

/// Walks a migration's graph: claims tasks that are ready, runs them on links, retries what may pass, stops at what may
/// not, and tells what happens.
package actor Engine {
    /// What came of one attempt at one task.
    private enum Attempt: Sendable {
        case done(TaskOutcome, seconds: Double)
        case doneElsewhere
        case takenElsewhere
        case snapshotLost
        case differs(String)
        case failed(TaskFailure, isTransient: Bool)
        case cancelled
    }

    private enum Event: Sendable {
        case attempt(Int, Attempt, Link)
        case renewed(Result<SnapshotKeeper.Renewal, any Error>)
        case tick
        case stalled(seconds: Double, waitingFor: String)
    }

    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void
    private let keeper: SnapshotKeeper
    private let meter = CopyMeter()
    private let control: Session
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var state: RunState
    private var holder = 0
    private var snapshot: SnapshotReference?
    private var lostSnapshot: String?
    private var isRenewing = false
    private var idle: [MigrationTask.Resource: [Link]] = [:]
    private var failure: TaskFailure?
    private var hasGivenUp = false
    private var differences: [String] = []
    private var attempts: [Int: Int] = [:]
    private var progress: ProgressMeter
    /// Comparisons that the plan, as it is now, does not ask for.
    private let unneeded: Int
    private let isResumed: Bool

    /// - Parameters:
    ///   - records: all tasks of the migration, as the state holds them.
    ///   - tell: is called for every event, on no particular thread.
    package init(_ context: RunContext, records: [TaskRecord], tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
        keeper = SnapshotKeeper(context)
        control = Session(
            context.target, applicationName: context.applicationName("control"), settings: context.targetSettings)
        start = clock.now
        state = RunState(
            tasks: context.tasks, done: Set(records.filter { Self.needsNoWork($0, context) }.map(\.number)),
            limits: [.tableJob: context.tableJobs, .indexJob: context.indexJobs, .none: 2],
            retryFor: context.retryFor, now: 0)
        progress = ProgressMeter(context.tasks, records)
        unneeded = records.count { $0.state != .done && Self.needsNoWork($0, context) }
        isResumed = records.contains { $0.state == .done || $0.attempts > 0 }
    }

    /// Done, or a comparison that the plan, as it is now, does not ask for.
    private static func needsNoWork(_ record: TaskRecord, _ context: RunContext) -> Bool {
        if case .verify = record.task.action, context.verify == .none { return true }
        return record.state == .done
    }

    private var now: Double {
        let elapsed = clock.now - start
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    /// Runs until everything is done, something fails for good, or the surrounding task is cancelled.
    package func run() async throws -> RunEnd {
        tell(.begun(tasks: context.tasks.count - unneeded, done: state.doneCount - unneeded, isResumed: isResumed))
        let migration = context.migration
        holder = try await control.run { try TaskStore($0, migration: migration).registerHolder() }
        let end = await loop()
        await close()
        if end == .finished {
            FaultPoint.beforeFinish.pass()
            try await Session(context.target, applicationName: context.applicationName("finish")).run { target in
                try target.transaction { try StateStore(target).finish(migration: migration) }
            }
        }
        return end
    }

    private func loop() async -> RunEnd {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { await Self.tick() }
            while true {
                if Task.isCancelled { state.stop() }
                if needsSnapshot, !isRenewing, !state.isStopping { launchRenewal(in: &group) }
                for number in state.start(now: now, hasSnapshot: snapshot != nil) { launch(number, in: &group) }
                if state.runningCount == 0, !isRenewing, let end = ending() {
                    group.cancelAll()
                    return end
                }
                switch await group.next() {
                case .attempt(let number, let attempt, let link): await finish(number, attempt, link)
                case .renewed(let result): await adopt(result)
                case .tick:
                    if let report = progress.report(state, copied: meter.bytes.load(ordering: .relaxed), now: now) {
                        tell(.progress(report))
                    }
                    if let seconds = progress.stall(state, copied: meter.bytes.load(ordering: .relaxed), now: now) {
                        let context = context
                        group.addTask { .stalled(seconds: seconds, waitingFor: await StallReport.describe(context)) }
                    }
                    group.addTask { await Self.tick() }
                case .stalled(let seconds, let reason): tell(.stalled(seconds: seconds, waitingFor: reason))
                case nil: return ending() ?? .stopped("nothing is left to wait for")
                }
            }
        }
    }

    /// Wakes the loop for delayed tasks, the display and a cancelled run.
    private nonisolated static func tick() async -> Event {
        try? await Task.sleep(for: .milliseconds(200))
        return .tick
    }

    private func ending() -> RunEnd? {
        if state.isFinished { return .finished }
        if let failure, !hasGivenUp { return .failed(task: failure.task, reason: failure) }
        if let failure { return .stopped(failure.message) }
        if state.isStopping { return .stopped("stopped on request") }
        if state.nextWake != nil { return nil }
        return differences.isEmpty ? nil : .differences(differences)
    }

    // MARK: One attempt

    private func launch(_ number: Int, in group: inout TaskGroup<Event>) {
        let task = context.tasks[number]
        let link = idle[task.resource]?.popLast() ?? Link(context)
        attempts[number, default: 0] += 1
        tell(.started(id: task.id, attempt: attempts[number, default: 1]))
        let (context, holder, snapshot, meter, clock) = (context, holder, snapshot, meter, clock)
        group.addTask {
            let begun = clock.now
            let attempt = await Self.attempt(number, context, holder, snapshot, meter, on: link)
            guard case .done(let outcome, _) = attempt else { return .attempt(number, attempt, link) }
            let seconds = (clock.now - begun) / .seconds(1)
            return .attempt(number, .done(outcome, seconds: seconds), link)
        }
    }

    private nonisolated static func attempt(
        _ number: Int, _ context: RunContext, _ holder: Int, _ snapshot: SnapshotReference?, _ meter: CopyMeter,
        on link: Link,
    ) async -> Attempt {
        let task = context.tasks[number]
        do {
            // Compared before it is claimed: two processes may do so, but only one says that it is done.
            var compared: Int64?
            if case .verify(let piece) = task.action {
                compared = try await VerifyTask.compare(piece, context, link.verifier).rows
            }
            let comparedRows = compared
            return try await link.run(task.id) { ends in
                let store = TaskStore(try ends.target(), migration: context.migration)
                switch try store.claim(number, holder: holder) {
                case .alreadyDone: return .doneElsewhere
                case .taken: return .takenElsewhere
                case .claimed(let claim, let isRedo):
                    FaultPoint.taskClaimed.pass()
                    let scope = TaskScope(
                        context: context, number: number, claim: claim, isRedo: isRedo, ends: ends,
                        snapshot: task.action.readsUnderSnapshot ? snapshot : nil, meter: meter,
                        comparedRows: comparedRows)
                    return try perform(scope)
                }
            }
        } catch is CancellationError {
            return .cancelled
        } catch let difference as Differs {
            return .differs(difference.text)
        } catch {
            return Task.isCancelled ? .cancelled : .failed(TaskFailure(task, error), isTransient: error.isTransient)
        }
    }

    /// Runs a claimed task; gives the claim back where it fails.
    private nonisolated static func perform(_ scope: TaskScope) throws -> Attempt {
        func release(_ error: String?, _ sqlState: String?) {
            // Best effort: a claim whose session is gone is free anyway.
            guard let target = try? scope.ends.target(), target.isUp else { return }
            if target.isInTransaction { try? target.execute("rollback") }
            let store = TaskStore(target, migration: scope.context.migration)
            try? store.release(scope.number, claim: scope.claim, error: error, sqlState: sqlState)
        }
        do {
            return .done(try TaskRunner.run(scope), seconds: 0)
        } catch is SnapshotLost {
            release(nil, nil)
            return .snapshotLost
        } catch is ClaimLost {
            // Still ours when it was the generation that had moved on.
            release(nil, nil)
            return .takenElsewhere
        } catch {
            let failure = TaskFailure(scope.task, error)
            release(failure.message, failure.sqlState)
            throw error
        }
    }

    private func finish(_ number: Int, _ attempt: Attempt, _ link: Link) async {
        let task = context.tasks[number]
        idle[task.resource, default: []].append(link)
        switch attempt {
        case .done(let outcome, let seconds):
            state.completed(number, now: now)
            progress.completed(number, outcome)
            tell(.finished(id: task.id, rows: outcome.rows, bytes: outcome.bytes, seconds: seconds))
            if let warning = outcome.warning { tell(.warning(id: task.id, text: warning)) }
        case .doneElsewhere:
            state.completed(number, now: now)
            progress.completed(number, TaskOutcome())
        case .takenElsewhere: state.takenElsewhere(number, now: now)
        case .cancelled:
            state.abandoned(number)
            state.stop()
        case .snapshotLost:
            if let snapshot { lostSnapshot = snapshot.id }
            snapshot = nil
            state.postponed(number, until: now)
        case .differs(let text):
            differences.append(text)
            state.setAside(number, now: now)
        case .failed(var reason, let isTransient):
            switch state.failed(number, isTransient: isTransient, now: now) {
            case .retry(let pause): tell(.retrying(id: task.id, reason: reason.text, after: pause))
            case .stop, .giveUp:
                reason.blocked = state.blocked(by: number)
                hasGivenUp = isTransient
                if failure == nil { failure = reason }
                tell(.failed(id: task.id, reason: reason.text))
            }
            await renewHolderIfLost()
        }
    }

    /// The holder's session may have ended with the target's restart; then the old claims are free and new ones need a
    /// new holder.
    private func renewHolderIfLost() async {
        let (migration, number) = (context.migration, holder)
        let isHeld = try? await control.run { try TaskStore($0, migration: migration).isHeld(by: number) }
        guard isHeld != true else { return }
        if let fresh = try? await control.run({ try TaskStore($0, migration: migration).registerHolder() }) {
            holder = fresh
        }
    }

    private func close() async {
        for link in idle.values.joined() { await link.close() }
        await keeper.close()
        await control.close()
    }

    // MARK: The snapshot

    /// Whether something that is not done yet reads under the snapshot, and there is none.
    private var needsSnapshot: Bool {
        snapshot == nil && progress.unfinishedReaders > 0
    }

    private func launchRenewal(in group: inout TaskGroup<Event>) {
        isRenewing = true
        let (keeper, lost) = (keeper, lostSnapshot)
        group.addTask {
            do {
                return .renewed(.success(try await keeper.renew(lost: lost)))
            } catch {
                try? await Task.sleep(for: .milliseconds(500))
                return .renewed(.failure(error))
            }
        }
    }

    private func adopt(_ result: Result<SnapshotKeeper.Renewal, any Error>) async {
        isRenewing = false
        do {
            let renewal = try result.get()
            if lostSnapshot != nil || isResumed, renewal.reference.generation > 1 || lostSnapshot != nil {
                tell(
                    .snapshotRenewed(generation: renewal.reference.generation, isUnchanged: renewal.isUnchanged))
            }
            let reopened = try await Recheck(context, renewal.reference, tell: tell).run()
            for number in reopened {
                state.reopened(number)
                progress.reopened(number)
            }
            snapshot = renewal.reference
            lostSnapshot = nil
        } catch {
            guard !Task.isCancelled else { return }
            let reason = TaskFailure(task: "snapshot", error)
            switch state.failedOutsideTasks(isTransient: error.isTransient, now: now) {
            case .retry(let pause): tell(.retrying(id: "snapshot", reason: reason.text, after: pause))
            case .stop, .giveUp:
                hasGivenUp = error.isTransient
                if failure == nil { failure = reason }
                tell(.failed(id: "snapshot", reason: reason.text))
            }
        }
    }
}

extension Action {
    /// Whether the task reads the source under the run's snapshot.
    package var readsUnderSnapshot: Bool {
        switch self {
        case .copy, .copyLargeObjects, .dumpSchema: true
        default: false
        }
    }
}

import Execution
import PlanFile
import Planning

/// One `skein cutover`: asks for it where a `migrate` runs, runs it where none does, and tells each step.
struct CutoverRun: Sendable {
    /// How it ended well.
    struct End: Sendable {
        /// Before this command.
        var wasComplete: Bool
        var completed: String?
        var report: CutoverReport?
    }

    /// How long open transactions are waited for, seconds, where nothing else is said.
    static let defaultWait = 10.0

    enum Withdrawn: Sendable { case nothing, withdrawn }

    let plan: Plan
    /// As the user has to write it behind a command.
    let planArgument: String
    let options: GlobalOptions
    let waitSeconds: Double
    private let operation: CutoverOperation
    private let watchers: RunWatchers
    /// Stdout gets one document, so the steps are for people alone.
    private let words: GlobalOptions

    init(plan: Plan, planArgument: String, options: GlobalOptions, waitSeconds: Double, watchers: RunWatchers) {
        self.watchers = watchers
        self.plan = plan
        self.planArgument = planArgument
        self.options = options
        self.waitSeconds = waitSeconds
        operation = CutoverOperation(plan)
        var words = options
        words.json = false
        self.words = words
    }

    private func printer(_ display: LiveDisplay?) -> RunPrinter {
        RunPrinter(
            words, plan: name, live: .init(planArgument: planArgument, approval: .thisCommand, listens: false),
            display: display)
    }

    private var name: String { plan.name.value.text }

    private func tell(_ event: RunEvent, _ printer: RunPrinter) {
        watchers.note(event)
        printer.print(event)
    }

    /// - Throws: `CommandFailure` where the cutover is not complete afterwards.
    func run() async throws -> End {
        let before = try await status()
        switch before.phase {
        case .finished:
            if let time = before.live?.cutover?.report?.fallback?.rolledBack { throw rolledBack(time) }
            return end(before, wasComplete: true)
        case .notStarted:
            let diagnostic = Diagnostic(
                .notBegun, "not yet: migration \(name) has not begun",
                cure: "Run `skein migrate \(planArgument)` first.")
            throw CommandFailure(.stopped, [diagnostic])
        default: break
        }
        do {
            let display = LiveDisplay.start(options, DisplayState(name: name))
            defer { display?.end() }
            let printer = printer(display)
            try await Signals.cancelling {
                if try await request(isRunning: before.isRunning) {
                    guard try await watch(printer) == .alone else { return }
                }
                try await alone(printer)
            }
        } catch is CancellationError {
            throw await withdrawnOnRequest()
        }
        return end(try await self.status(), wasComplete: false)
    }

    /// Opens the gate where a `migrate` runs, which does the rest.
    /// - Returns: whether one does; else everything is to be done here.
    private func request(isRunning: Bool) async throws -> Bool {
        switch try await operation.request(fence: plan.cutover.fence.value, wait: waitSeconds) {
        case .notStarted, .completed: return true
        case .open(let isFollowed): return isFollowed || isRunning
        case .withdrawn(let isFollowed):
            guard isFollowed else { return false }
            throw CutoverReadiness(reasons: [.withdrawing]).refusal(plan, planArgument: planArgument)
        case .closed(let readiness):
            guard !isRunning, readiness.withoutFollower.isReady else {
                let shown = isRunning ? readiness : readiness.withoutFollower
                throw shown.refusal(plan, planArgument: planArgument)
            }
            return false
        }
    }

    private func end(_ status: StatusReport, wasComplete: Bool) -> End {
        let cutover = status.live?.cutover
        return End(
            wasComplete: wasComplete, completed: cutover?.completed ?? status.finished, report: cutover?.report)
    }

    private func status() async throws -> StatusReport {
        let name = name
        return try await ServerAccess(plan, .target, purpose: "cutover").run { try StatusReport.read($0, name: name) }
    }

    // MARK: Beside a `migrate`

    private enum Watched { case complete, alone }

    /// How long nobody may work on it before it is gone on with here, seconds.
    private static let patience = 3.0

    /// Tells each step until the end.
    /// - Returns: `alone` where the process that ran it is gone.
    private func watch(_ printer: RunPrinter) async throws -> Watched {
        let name = name
        let access = ServerAccess(plan, .target, purpose: "cutover")
        var events = CutoverEvents()
        let clock = ContinuousClock()
        var lastRunning = clock.now
        while true {
            let progress = try await retrying { try await access.run { try CutoverProgress.look($0, name: name) } }
            guard let progress else {
                throw CommandFailure(
                    .stopped, [Diagnostic(.withdrawn, "the migration's state is gone: somebody has cleaned it")])
            }
            for event in events.new(progress) { tell(event, printer) }
            printer.show(progress)
            if progress.isFinished { return .complete }
            if progress.isRunning { lastRunning = clock.now }
            switch progress.gate {
            case .closed, .abandoned: throw withdrawnElsewhere(progress)
            case .open, .completed:
                guard clock.now - lastRunning > .seconds(Self.patience) else { break }
                guard progress.differences.isEmpty else { throw differing(progress.differences) }
                printer.say(["the `skein migrate` that ran it has ended: the cutover goes on here"])
                return .alone
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func withdrawnElsewhere(_ progress: CutoverProgress) -> CommandFailure {
        let diagnostic =
            if let refusal = progress.refusal {
                Diagnostic(
                    .tooEarly, "not now: \(refusal)", detail: "The migration follows the source again.",
                    cure: "Run the same command then.")
            } else {
                Diagnostic(
                    .withdrawn, "somebody withdrew the cutover; the migration follows the source again",
                    detail: Words.lines(progress.errors))
            }
        return CommandFailure(.stopped, [diagnostic])
    }

    private func differing(_ texts: [String]) -> CommandFailure {
        RunEnding(options: options, plan: plan, planArgument: planArgument).failure(.differences(texts))
    }

    /// A target that restarts is no end of a cutover.
    private func retrying<R>(_ body: () async throws -> R) async throws -> R {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body()
            } catch  where error.isTransient && ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    // MARK: Alone

    private func alone(_ printer: RunPrinter) async throws {
        var settings = MigrateOptions(version: Version.text)
        settings.opensGate = true
        settings.waitSeconds = waitSeconds
        let end = try await Migrator(plan, settings).run { tell($0, printer) }
        switch end {
        case .finished, .alreadyFinished: return
        case .stopped where Task.isCancelled: throw CancellationError()
        default: throw RunEnding(options: options, plan: plan, planArgument: planArgument).failure(end)
        }
    }

    // MARK: Withdrawing

    /// Withdraws what is not complete, and waits until it is undone: by the `migrate` that runs, else here.
    func withdraw() async throws -> Withdrawn {
        let name = name
        let access = ServerAccess(plan, .target, purpose: "cutover")
        let before = try await status()
        guard before.phase != .finished, before.live?.cutover?.completed == nil else { throw tooLate() }
        do {
            guard try await operation.withdraw() else { return .nothing }
        } catch is CutoverIsComplete {
            throw tooLate()
        }
        let clock = ContinuousClock()
        var lastRunning = clock.now
        while true {
            let progress = try await retrying { try await access.run { try CutoverProgress.look($0, name: name) } }
            guard let progress, progress.gate == .abandoned else { return .withdrawn }
            if progress.isRunning { lastRunning = clock.now }
            if clock.now - lastRunning > .seconds(1) { try await undo() }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// "Already done" would send an application to the target that is on the source.
    private func rolledBack(_ time: String) -> CommandFailure {
        .wrong(
            .alreadyFinished, "migration \(name) was cut over, and rolled back \(Words.time(time))",
            detail: "The application is on the source.",
            cure: "To begin again, run `skein clean \(planArgument)`; `skein plan \(planArgument)` then says what is "
                + "in the way on the target.")
    }

    private func tooLate() -> CommandFailure {
        .wrong(
            .alreadyFinished, "the cutover of \(name) is complete, and cannot be withdrawn any more",
            detail: "The application may write to the target by now.")
    }

    /// Goes on with the migration until what the cutover did is undone.
    private func undo() async throws {
        let migrator = Migrator(plan, MigrateOptions(version: Version.text))
        let (undone, tell) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: RunEnd?.self) { group in
            group.addTask {
                try await migrator.run { event in
                    if case .cutover(.abandoned) = event { tell.finish() }
                }
            }
            group.addTask {
                for await _ in undone {}
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            if let first { throw RunEnding(options: options, plan: plan, planArgument: planArgument).failure(first) }
            while try await group.next() != nil {}
        }
    }

    /// A person has stopped this command: nothing of the cutover stays.
    private func withdrawnOnRequest() async -> CommandFailure {
        // What is cancelled cannot ask a server any more.
        let withdrawal = await Task { try await withdraw() }.result
        switch withdrawal {
        case .success(.nothing): return CommandFailure(CancellationError())
        case .success(.withdrawn):
            return CommandFailure(
                .stopped,
                [Diagnostic(.withdrawn, "stopped on request: the cutover is withdrawn, and nothing of it stays")])
        case .failure(let failure as CommandFailure): return failure
        case .failure(let error):
            return CommandFailure(
                .stopped,
                CommandFailure(error).diagnostics + [
                    Diagnostic(
                        .withdrawn, "stopped on request, and the cutover could not be withdrawn",
                        cure: "Run `skein cutover \(planArgument) --abort`, or the same command to go on with it.")
                ])
        }
    }
}

import Execution
import PlanFile
import Planning

/// `skein migrate --resync` beside a `migrate` that runs: notes the wish, tells how that process carries it out, and
/// ends once the tables are in step again. Ended before, the wish stays.
struct ResyncRun: Sendable {
    private let plan: Plan
    private let planArgument: String
    private let options: GlobalOptions
    private let tables: [QualifiedName]
    private let operation: ResyncOperation
    private let printer: RunPrinter

    init(plan: Plan, planArgument: String, options: GlobalOptions, tables: [QualifiedName]) {
        self.plan = plan
        self.planArgument = planArgument
        self.options = options
        self.tables = tables
        operation = ResyncOperation(plan, tables: tables)
        printer = RunPrinter(options, plan: plan.name.value.text)
    }

    /// How long nobody may work on the migration before this is said, seconds.
    private static let patience = 3.0

    /// - Returns: false where no `migrate` runs: then it is this command's to do.
    /// - Throws: `CommandFailure` where the tables are not in step again.
    func run() async throws -> Bool {
        guard let before = try await operation.look(), before.isRunning else { return false }
        try await operation.wish()
        do {
            try await Signals.cancelling { try await watch(before) }
        } catch is CancellationError {
            throw stopped("stopped on request")
        }
        let names = tables.map(\.description).joined(separator: ", ")
        if options.json {
            try Console.json(EndDocument(.inStep, seconds: nil, summary: nil), isPretty: false)
        } else {
            Console.result("\(plan.name.value.text): copied again and in step: \(names)")
        }
        return true
    }

    private func watch(_ before: ResyncOperation.Standing) async throws {
        let clock = ContinuousClock()
        var lastRunning = clock.now
        var told: [QualifiedName: ResyncOperation.Step] = [:]
        while true {
            guard let now = try await look() else {
                throw CommandFailure(
                    .stopped, [Diagnostic(.withdrawn, "the migration's state is gone: somebody has cleaned it")])
            }
            for table in tables {
                guard let step = now.steps[table], step != told[table] else { continue }
                told[table] = step
                if let text = Self.text(step) { printer.print(.streamNotice("\(table): \(text)")) }
            }
            if tables.allSatisfy({ now.steps[$0] == .inStep }) { return try requireCopied(before, now) }
            if let broken = now.broken { throw CommandFailure(StreamIsBroken(reason: broken)) }
            guard !now.isFinished else {
                throw CommandFailure.wrong(
                    .alreadyFinished, "the migration was completed before the table could be copied again",
                    detail: "The source is not followed any more.",
                    cure: "`skein verify \(planArgument)` compares both sides as they are.")
            }
            if now.isRunning { lastRunning = clock.now }
            if clock.now - lastRunning > .seconds(Self.patience) {
                throw stopped("the `skein migrate` that was to do it has ended")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func text(_ step: ResyncOperation.Step) -> String? {
        switch step {
        case .wished: "to be copied again; the `skein migrate` that runs does so when everything is copied once"
        case .copying: "is copied again; its changes wait meanwhile"
        case .catchingUp: "catching up with its changes since"
        case .inStep: nil
        }
    }

    /// A wish that nothing can be done about is dropped, and whoever dropped it has said why.
    private func requireCopied(_ before: ResyncOperation.Standing, _ now: ResyncOperation.Standing) throws {
        let refused = tables.filter { now.copied[$0] == before.copied[$0] }
        guard !refused.isEmpty else { return }
        throw CommandFailure(
            .failed,
            [
                Diagnostic(
                    .taskFailed, "not copied again: " + refused.map(\.description).joined(separator: ", "),
                    cure: "The `skein migrate` that runs has said why.")
            ])
    }

    private func stopped(_ reason: String) -> CommandFailure {
        CommandFailure(
            .stopped,
            [
                Diagnostic(
                    .stopped, reason, detail: "The wish stays: whatever `skein migrate` runs next carries it out.",
                    cure: "Run `skein migrate \(planArgument)` to go on.")
            ])
    }

    /// A target that restarts is no end of it.
    private func look() async throws -> ResyncOperation.Standing? {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await operation.look()
            } catch  where error.isTransient && ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

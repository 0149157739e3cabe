import Execution
import PlanFile
import Planning

/// One `skein rollback`.
struct RollbackRun: Sendable {
    let plan: Plan
    /// As the user has to write it behind a command.
    let planArgument: String
    let options: GlobalOptions
    let waitSeconds: Double

    private var name: String { plan.name.value.text }
    /// How long what may pass is tried again, seconds.
    private static let retryFor = 600.0
    private var rollback: Rollback { Rollback(plan, waitSeconds: waitSeconds, retryFor: Self.retryFor) }

    func run(isConfirmed: Bool) async throws {
        if let time = try await requireWayBack() { return try tell(wasComplete: true, completed: time) }
        try Confirmation.require(
            "The application is stopped on the target and goes back to the source. Roll back \(name)?", isConfirmed,
            refusal: "nothing was done: the rollback of \(name) has to be confirmed")
        let (rollback, printer) = (rollback, WayBackPrinter(options, plan: name))
        do {
            let report = try await Signals.cancelling { try await rollback.run { printer.print($0) } }
            try tell(report)
        } catch is CancellationError {
            throw CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .stopped, "stopped on request",
                        cure:
                            "Run the same command to go on, or `skein rollback \(planArgument) --abort` to stay on the "
                            + "target.")
                ])
        } catch {
            throw failure(error)
        }
    }

    func withdraw() async throws {
        if let time = try await requireWayBack() { throw tooLate(time) }
        do {
            let was = try await rollback.withdraw()
            if options.json {
                return try Console.json(Document(name: name, result: was ? "withdrawn" : "nothing-to-withdraw"))
            }
            Console.result(
                was
                    ? "\(name): rollback withdrawn; the application goes on with the target"
                    : "\(name): no rollback is under way")
        } catch is CutoverIsComplete {
            throw tooLate(nil)
        }
    }

    /// - Returns: when it was rolled back, where it is.
    /// - Throws: `CommandFailure` where there is no way back.
    private func requireWayBack() async throws -> String? {
        guard plan.mode.value == .live else {
            throw CommandFailure.wrong(
                .otherMode, "\(name) is an offline migration and has no way back", at: plan.mode.location)
        }
        switch try await WayBackStanding.read(plan) {
        case .open: return nil
        case .rolledBack(let time): return time
        case .notStarted:
            throw CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .notBegun, "migration \(name) has not begun",
                        cure: "Run `skein migrate \(planArgument)` first.")
                ])
        case .none:
            throw CommandFailure.wrong(
                .noWayBack, "migration \(name) has no way back: it was begun without `cutover: {fallback: true}`",
                cure: "Before its cutover is complete, `skein cutover \(planArgument) --abort` withdraws that.",
                at: plan.cutover.fallback?.location)
        case .notOpen:
            throw CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .noWayBack, "the cutover of \(name) is not complete: the application belongs to the source",
                        cure: "`skein cutover \(planArgument) --abort` withdraws one that is under way.")
                ])
        }
    }

    private func tooLate(_ time: String?) -> CommandFailure {
        .wrong(
            .alreadyFinished,
            "the rollback of \(name) is complete\(time.map { ", \(Words.time($0))" } ?? ""), and cannot be withdrawn any more"
        )
    }

    private func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let refusal as RollbackRefused:
            CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .noWayBack, "not now: \(refusal.reason)",
                        detail: "The application goes on with the target, and its changes are carried back.",
                        cure: "Mend the cause, then run the same command.")
                ])
        case is RollbackWithdrawn:
            CommandFailure(
                .stopped,
                [Diagnostic(.withdrawn, "somebody withdrew the rollback; the application goes on with the target")])
        case let failed as RollbackFailed:
            CommandFailure(failed.isResumable ? .stopped : .failed, [WayBackFollowing.diagnostic(failed)])
        case let told as any ToldError:
            CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .noWayBack, told.summary, cure: told.cure.map(Words.sentence), object: told.object)
                ])
        default: CommandFailure(error)
        }
    }

    // MARK: The result

    private func tell(_ report: RollbackReport) throws {
        if options.json {
            return try Console.json(
                Document(name: name, result: "complete", completed: report.completed, report: report))
        }
        var lines = [
            "\(name): rolled back: the application may go back to the source; it was stopped for "
                + Words.duration(report.downtimeSeconds)
        ]
        lines += report.warnings.map { "WARNING: " + Words.line($0) }
        lines.append("left to do")
        lines.append("  `skein clean \(planArgument)` removes slots, publications and state on both sides")
        if let statement = report.liftFence {
            lines.append("  on the target, whose database stays read-only, only if it is to be written to again:")
            lines.append("  " + Words.line(statement))
        }
        Console.result(lines.joined(separator: "\n"))
    }

    private func tell(wasComplete: Bool, completed: String) throws {
        if options.json {
            return try Console.json(Document(name: name, result: "already-complete", completed: completed))
        }
        Console.result("\(name): already rolled back, \(Words.time(completed))")
    }

    private struct Document: Encodable {
        var name: String
        /// `complete`, `already-complete`, `withdrawn`, `nothing-to-withdraw`.
        var result: String
        /// Timestamp as text, UTC.
        var completed: String?
        var report: RollbackReport?
    }
}

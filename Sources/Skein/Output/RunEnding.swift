import Execution
import PlanFile
import Planning

/// How a run of `migrate` ended: the last words, and the exit code.
struct RunEnding {
    var options: GlobalOptions
    var plan: Plan
    /// As the user has to write it behind a command.
    var planArgument: String

    private var name: String { plan.name.value.text }

    /// Prints the result where there is one.
    /// - Throws: `CommandFailure` where there is none.
    func tell(_ end: RunEnd, seconds: Double, wasResumed: Bool) async throws {
        switch end {
        case .finished:
            let summary = await summary()
            if let warnings = summary?.warningText, options.isShown(.warning) { Console.error(warnings) }
            if options.json {
                try Console.json(EndDocument(.finished, seconds: seconds, summary: summary), isPretty: false)
            } else {
                Console.result(
                    summary?.text(name, seconds: seconds, wasResumed: wasResumed)
                        ?? "\(name): migrated in \(Words.duration(seconds))")
            }
        case .alreadyFinished:
            let summary = await summary()
            if options.json {
                try Console.json(EndDocument(.alreadyFinished, seconds: nil, summary: summary), isPretty: false)
            } else {
                Console.result("\(name): already done" + (summary?.finished.map { ", \(Words.time($0))" } ?? ""))
            }
        case .stopped, .blocked, .failed, .differences: throw failure(end)
        }
    }

    /// What a run came to that has not finished.
    func failure(_ end: RunEnd) -> CommandFailure {
        switch end {
        case .finished, .alreadyFinished: CommandFailure(.done, [])
        case .stopped(let reason):
            CommandFailure(.stopped, [Diagnostic(.stopped, reason, cure: "Run the same command to go on.")])
        case .blocked(let reason):
            CommandFailure(
                .stopped,
                [
                    Diagnostic(
                        .needsHand, reason.text, detail: reason.detail,
                        cure: Words.sentence(reason.cure ?? "mend the cause")
                            + " Nothing is lost: the same command goes on then.",
                        object: reason.object)
                ])
        case .failed(let task, let reason): CommandFailure(.failed, [Self.diagnostic(task, reason)])
        case .differences(let texts): CommandFailure(.differences, [differences(texts)])
        }
    }

    private func differences(_ texts: [String]) -> Diagnostic {
        let again = "`skein verify \(planArgument)` compares again"
        let cure =
            plan.mode.value == .live
            ? "The cutover is not complete and the fence stays. \(again); `skein cutover \(planArgument) --abort` withdraws "
                + "it, `skein migrate \(planArgument) --resync TABLE` then copies a table again."
            : "What is copied stays. \(again), and `skein migrate \(planArgument) --drop-if-exists` starts over."
        return Diagnostic(
            .differences, "source and target differ in \(Words.count(Int64(texts.count), "place"))",
            detail: texts.joined(separator: "\n"), cure: cure)
    }

    private static func diagnostic(_ task: String, _ reason: TaskFailure) -> Diagnostic {
        let waiting =
            reason.blocked > 0 ? "\(Words.count(Int64(reason.blocked), "task")) behind it could not run." : nil
        let cure = Words.sentence(reason.cure ?? "mend the cause")
        return Diagnostic(
            .taskFailed, "\(task): \(reason.text)",
            detail: Words.lines(reason.detail, waiting),
            cure: cure + " What is done stays done: run the same command then.", object: reason.object)
    }

    /// Nil where the target cannot be asked any more: the migration is done all the same.
    private func summary() async -> RunSummary? {
        let name = name
        let status = try? await ServerAccess(plan, .target, purpose: "status").run { target in
            try StatusReport.read(target, name: name)
        }
        return status.map { RunSummary($0, plan) }
    }
}

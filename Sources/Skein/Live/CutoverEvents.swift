import Execution
import PlanFile

/// What a cutover that another process runs comes to, as events of its run.
struct CutoverEvents {
    private var told = 0
    private var hasBegun = false

    /// What is new since the last look.
    mutating func new(_ progress: CutoverProgress) -> [RunEvent] {
        var events: [RunEvent] = []
        if !hasBegun, progress.gate != .closed {
            hasBegun = true
            events.append(.cutover(.begun))
        }
        for step in progress.done.dropFirst(told) {
            events.append(.finished(id: step.id, rows: step.rows, bytes: step.bytes, seconds: step.seconds))
            if let warning = step.warning { events.append(.warning(id: step.id, text: warning)) }
        }
        told = max(told, progress.done.count)
        return events
    }
}

extension CutoverReadiness {
    /// Why it is not to be asked for, and the exit code; nil where it is, or where it goes on or is done.
    func refusal(_ plan: Plan, planArgument: String) -> CommandFailure? {
        let name = plan.name.value.text
        func stopped(_ code: CommandCode, _ summary: String, _ cure: String) -> CommandFailure {
            CommandFailure(.stopped, [Diagnostic(code, summary, cure: cure)])
        }
        let whenReady = "`skein migrate \(planArgument)` says when it is ready, and `skein status` how far it is."
        switch self {
        case .ready, .begun, .complete: return nil
        case .notBegun:
            return stopped(
                .notBegun, "not yet: migration \(name) has not begun", "Run `skein migrate \(planArgument)` first.")
        case .tooEarly(let reason):
            return stopped(.tooEarly, "not yet: \(reason)", "The gate stays closed. " + whenReady)
        case .lagging(let bytes, let seconds):
            return stopped(
                .tooEarly,
                "not yet: the target is \(FollowText.lag(bytes: bytes, seconds: seconds)) behind the source, and "
                    + "cutover.max-lag allows \(plan.cutover.maxLag.value.text)",
                "The gate stays closed. Wait, or raise cutover.max-lag. " + whenReady)
        case .unfollowed:
            return stopped(
                .tooEarly, "not yet: a process works on \(name), but has not told for a while where the source is",
                "Look at its last words, and at `skein status \(planArgument)`.")
        case .beingUndone:
            return stopped(
                .tooEarly, "not yet: a cutover that was withdrawn is still being undone", "Try again in a moment.")
        case .broken(let reason): return CommandFailure(StreamIsBroken(reason: reason))
        }
    }
}

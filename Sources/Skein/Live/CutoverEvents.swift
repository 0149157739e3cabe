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
    /// Why the gate stays closed.
    func refusal(_ plan: Plan, planArgument: String) -> CommandFailure {
        for case .broken(let reason) in reasons { return CommandFailure(StreamIsBroken(reason: reason)) }
        let first = reasons.first?.text ?? "something stands against it"
        return CommandFailure(
            .stopped,
            [
                Diagnostic(
                    .tooEarly, "not yet: \(first)", detail: Words.lines(reasons.dropFirst().map(\.text)),
                    cure:
                        "The gate stays closed, and the application notices nothing. `skein status \(planArgument)` says "
                        + "how far it is.")
            ])
    }

    /// What stands against it also where this command follows the source itself.
    var withoutFollower: CutoverReadiness {
        CutoverReadiness(
            reasons: reasons.filter { reason in
                switch reason {
                case .notFollowed, .silent, .lag, .paused, .withdrawing: false
                default: true
                }
            })
    }
}

import Execution
import PlanFile

#if canImport(Glibc)
    import Glibc
#endif

/// What a person may type into the terminal of a `migrate` that follows: `c` and Enter, for the cutover.
enum CutoverKey {
    static let hint = "type c and Enter for the cutover; Ctrl-C stops, and the same command goes on"

    /// Listens until the task is cancelled or the terminal says no more.
    /// - Parameters:
    ///   - onCutover: is called for every `c`.
    ///   - onOther: for every other line.
    static func listen(onCutover: () async -> Void, onOther: () -> Void) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(200))
            guard isForeground else { continue }
            var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wanted, 1, 0) == 1, wanted.revents & Int16(POLLIN) != 0 else {
                // The terminal is gone.
                if wanted.revents & Int16(POLLHUP | POLLNVAL) != 0 { return }
                continue
            }
            // The terminal hands over whole lines, so this does not block.
            guard let line = readLine(strippingNewline: true) else { return }
            switch line.filter({ !$0.isWhitespace }).lowercased() {
            case "c", "cutover": await onCutover()
            default: onOther()
            }
        }
    }

    /// Does what `skein cutover` does beside a `migrate`, without waiting: what comes of it is told by the run.
    /// - Returns: lines to be shown.
    static func open(_ plan: Plan, planArgument: String) async -> [String] {
        do {
            let standing = try await CutoverOperation(plan).request(
                fence: plan.cutover.fence.value, wait: CutoverRun.defaultWait)
            guard case .closed(let readiness) = standing else { return [] }
            return readiness.refusal(plan, planArgument: planArgument).diagnostics.flatMap { refusal in
                [refusal.summary] + (refusal.detail.map { [$0] } ?? [])
            }
        } catch {
            return CommandFailure(error).diagnostics.map { "no cutover: \($0.summary)" }
        }
    }

    /// A background job that reads from its terminal is stopped by the kernel (SIGTTIN).
    private static var isForeground: Bool { tcgetpgrp(STDIN_FILENO) == getpgrp() }
}

import Execution
import PlanFile
import Planning
import Synchronization

/// What `skein migrate` does behind a completed cutover with a way back: carries changes back until somebody ends it.
struct WayBackFollowing {
    let plan: Plan
    /// As the user has to write it behind a command.
    let planArgument: String
    let options: GlobalOptions
    let retryFor: Double
    /// Hears of every event besides: metrics, a log.
    var note: @Sendable (RunEvent) -> Void = { _ in }

    private var name: String { plan.name.value.text }

    /// Returns at once where there is no way back, or it is over.
    /// - Throws: `CommandFailure` where it was stopped, or cannot go on.
    func run() async throws {
        guard plan.mode.value == .live, plan.cutover.opensFallback else { return }
        switch try await WayBackStanding.read(plan) {
        case .notStarted, .none, .notOpen: return
        case .rolledBack(let time):
            if !options.json { Console.result("\(name): rolled back, \(Words.time(time))") }
            return
        case .open: break
        }
        let printer = WayBackPrinter(options, plan: name)
        let begun = RunEvent.streamNotice(
            "way back: changes on the target are carried back to the source from here on; `skein rollback "
                + "\(planArgument)` returns, `skein clean \(planArgument)` ends it, Ctrl-C pauses it")
        let run = WayBackRun(plan, retryFor: retryFor)
        let note = note
        let end = try await Signals.cancelling {
            printer.print(begun)
            return try await run.run { event in
                note(event)
                printer.print(event)
            }
        }
        switch end {
        case .rolledBack: try tell("rolled-back", "a rollback has ended the way back: the source has everything")
        case .cleaned: try tell("way-back-ended", "the way back was ended by `skein clean`")
        case .failed(let failure, let isResumable):
            throw CommandFailure(
                isResumable ? .stopped : .failed,
                [Self.diagnostic(failure, isResumable: isResumable)])
        }
    }

    private func tell(_ event: String, _ text: String) throws {
        if options.json { return try Console.json(Ending(event: event, text: text), isPretty: false) }
        Console.result("\(name): \(text)")
    }

    private struct Ending: Encodable {
        var event: String
        var text: String
    }

    static func diagnostic(_ failed: RollbackFailed) -> Diagnostic {
        diagnostic(failed.failure, isResumable: failed.isResumable)
    }

    private static func diagnostic(_ failure: TaskFailure, isResumable: Bool) -> Diagnostic {
        Diagnostic(
            isResumable ? .needsHand : .wayBackLost, failure.text, detail: failure.detail,
            cure: failure.cure.map { Words.sentence($0) + (isResumable ? " The same command goes on then." : "") }
                ?? (isResumable ? "Run the same command to go on." : nil),
            object: failure.object)
    }
}

/// As a run's printer; where following stands is told with source and target exchanged, when it has changed.
final class WayBackPrinter: Sendable {
    private let options: GlobalOptions
    private let printer: RunPrinter
    private let last = Mutex<(line: String, time: ContinuousClock.Instant)?>(nil)

    init(_ options: GlobalOptions, plan: String) {
        self.options = options
        printer = RunPrinter(options, plan: plan)
    }

    func print(_ event: RunEvent) {
        guard case .following(let status) = event, !options.json else { return printer.print(event) }
        let line = "way back: " + BackWords.exchanged(FollowText.line(status))
        let isNews = last.withLock { last in
            if let last, last.line == line || .now - last.time < .seconds(30) { return false }
            last = (line, .now)
            return true
        }
        if isNews { printer.say([line]) }
    }
}

import Execution
import PlanFile
import Planning
import Postgres

/// `skein status --watch`: looks again and again, from the target's state alone, until the migration ends or somebody
/// stops looking. The migration notices nothing of either.
struct StatusWatch: Sendable {
    let plan: Plan
    /// As the user has to write it behind a command.
    let planArgument: String
    let options: GlobalOptions
    /// Between two looks, seconds.
    let interval: Double

    private var name: String { plan.name.value.text }

    /// - Returns: how it stands at the end; nil where somebody has stopped looking.
    func run() async throws -> StatusReport? {
        do {
            return try await Signals.cancelling(saying: nil) { try await watch() }
        } catch is CancellationError {
            return nil
        }
    }

    private func watch() async throws -> StatusReport {
        let session = Session(try ConnectionTarget(plan.target.uri.value), applicationName: "skein/\(name)/status")
        let first = try await ServerAccess(plan, .target, purpose: "status").run { [name] target in
            try StatusReport.read(target, name: name)
        }
        let display =
            Console.isOutputTerminal && first.phase != .finished
            ? LiveDisplay.start(options, DisplayState(name: name)) : nil
        defer { display?.end() }
        var watched = StatusDisplay(name: name, planArgument: planArgument)
        var lines = StatusLines()
        var status = first
        let clock = ContinuousClock()
        let begun = clock.now
        while true {
            let looked = clock.now
            watched.take(status, now: (looked - begun) / .seconds(1))
            if let display {
                display.show(watched.state)
            } else if options.json {
                try Console.json(status, isPretty: false)
            } else if status.phase != .finished, let line = lines.new(status, now: (looked - begun) / .seconds(1)) {
                Console.result(line)
            }
            if status.phase == .finished { break }
            // A state of very many tasks takes its time to read: looking must not become the work.
            let took = (clock.now - looked) / .seconds(1)
            try await Task.sleep(for: .seconds(max(interval, 5 * took)))
            do {
                status = try await session.run { [name] in try StatusReport.read($0, name: name) }
            } catch  where error.isTransient && !Task.isCancelled {
                // The target restarts, or the network fails: what was seen last stays.
                watched.lost(CommandFailure(error).diagnostics.first?.summary ?? "the target does not answer")
                display?.show(watched.state)
            }
        }
        await session.close()
        return status
    }
}

/// What is told of a watched migration where there is no terminal: a line where something has changed.
struct StatusLines {
    private var last = ""
    private var lastPhase: StatusReport.Phase?
    private var time = -100.0

    /// At once where the phase is another one, else every ten seconds; never the same twice.
    mutating func new(_ status: StatusReport, now: Double) -> String? {
        let line = Self.line(status)
        guard line != last, status.phase != lastPhase || now - time >= 9.5 else { return nil }
        (last, lastPhase, time) = (line, status.phase, now)
        return line
    }

    private static func line(_ status: StatusReport) -> String {
        var parts = ["\(status.name): \(status.phase.rawValue.replacing("-", with: " "))"]
        guard status.phase != .notStarted else { return parts[0] }
        if !status.isRunning, status.phase != .finished { parts.append("no process works on it") }
        parts.append("\(Words.count(Int64(status.done))) of \(Words.count(Int64(status.tasks), "task"))")
        if status.totalBytes > status.copiedBytes {
            parts.append("\(Words.bytes(status.copiedBytes)) of about \(Words.bytes(status.totalBytes)) copied")
        }
        if let left = status.left { parts.append(DisplayFrame.words(left)) }
        if let stream = status.live?.stream, status.phase != .finished {
            parts.append("lag " + FollowText.lag(bytes: stream.lagBytes, seconds: stream.lagSeconds))
        }
        return parts.joined(separator: "; ")
    }
}

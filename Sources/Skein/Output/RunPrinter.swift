import ArgumentParser
import Execution
import FoundationEssentials
import PlanFile
import Synchronization

/// Tells what happens in a run: lines on stderr, or one JSON document a line on stdout.
final class RunPrinter: Sendable {
    private let isJSON: Bool
    private let level: GlobalOptions.LogLevel
    /// When the last progress line was printed, seconds of the run.
    private let lastProgress = Mutex(-100.0)
    private let warnings = Mutex<[String]>([])

    init(_ options: GlobalOptions) {
        isJSON = options.json
        level = options.logLevel
    }

    func print(_ event: RunEvent) {
        if case .warning(let id, let text) = event { warnings.withLock { $0.append("\(id): \(text)") } }
        if isJSON {
            if isDue(event, every: 1) { try? Console.json(EventDocument(event), isPretty: false) }
        } else if let line = line(for: event) {
            Console.error(line)
        }
    }

    /// The last words, and the exit code.
    /// - Throws: the exit code where it is not 0.
    func finish(_ end: RunEnd, plan: String) throws {
        if isJSON { try Console.json(EventDocument(end), isPretty: false) }
        switch end {
        case .finished:
            if !isJSON { Console.result("\(plan): migrated") }
        case .alreadyFinished:
            if !isJSON { Console.result("\(plan): already done") }
        case .stopped(let reason):
            Console.error("\(plan): stopped: \(reason)\n  run the same command to go on")
            throw Exit.stopped.error
        case .failed(let task, let reason):
            var lines = ["error: \(task): \(reason.text)"]
            if let detail = reason.detail { lines.append("  " + detail) }
            if let cure = reason.cure { lines.append("  cure: " + cure) }
            if reason.blocked > 0 { lines.append("  \(reason.blocked) tasks wait behind it") }
            lines.append("  what is done stays done: mend the cause and run the same command")
            Console.error(lines.joined(separator: "\n"))
            throw Exit.failed.error
        case .differences(let texts):
            Console.error("error: source and target differ\n" + texts.map { "  " + $0 }.joined(separator: "\n"))
            throw Exit.differences.error
        }
    }

    /// Progress is told every so many seconds; everything else as it happens.
    private func isDue(_ event: RunEvent, every seconds: Double) -> Bool {
        guard case .progress(let progress) = event else { return true }
        return lastProgress.withLock { last in
            guard progress.elapsedSeconds - last >= seconds else { return false }
            last = progress.elapsedSeconds
            return true
        }
    }

    private func line(for event: RunEvent) -> String? {
        let isQuiet = level == .error || level == .warning
        switch event {
        case .begun(let tasks, let done, let isResumed):
            return isQuiet ? nil : isResumed ? "resuming: \(done) of \(tasks) tasks are done" : "\(tasks) tasks"
        case .started(let id, let attempt):
            return level == .debug ? "start    \(id)" + (attempt > 1 ? " (attempt \(attempt))" : "") : nil
        case .finished(let id, let rows, let bytes, let seconds):
            guard !isQuiet else { return nil }
            var details = [Words.duration(seconds)]
            if let rows, id.hasPrefix("copy:") || id.hasPrefix("large-objects:") {
                details.insert("\(Words.count(rows)) rows", at: 0)
            }
            if let bytes { details.insert(Words.bytes(bytes), at: details.count - 1) }
            return "done     \(id)  \(details.joined(separator: ", "))"
        case .retrying(let id, let reason, let pause):
            return level == .error ? nil : "retry    \(id) in \(Words.duration(pause)): \(reason)"
        case .failed(let id, let reason): return "failed   \(id): \(reason)"
        case .warning(let id, let text): return level == .error ? nil : "warning  \(id): \(text)"
        case .snapshotRenewed(_, let isUnchanged):
            return isUnchanged
                ? "snapshot taken again: the source has not changed, what is copied is kept"
                : "snapshot taken again: the source has changed, what was copied is compared with it"
        case .rechecked(let id, let isKept):
            return isQuiet ? nil : isKept ? "kept     \(id)" : "again    \(id): its rows have changed"
        case .stalled(let seconds, let reason):
            return "waiting  nothing has moved for \(Words.duration(seconds)): \(reason)"
        case .progress(let progress):
            guard !isQuiet, isDue(event, every: 10), progress.elapsedSeconds >= 5 else { return nil }
            let total = max(progress.totalBytes, progress.copiedBytes)
            return "at \(Words.duration(progress.elapsedSeconds)): \(progress.done) of \(progress.tasks) tasks, "
                + "\(Words.bytes(progress.copiedBytes)) of about \(Words.bytes(total)) copied, "
                + "\(Words.bytes(Int64(progress.bytesPerSecond)))/s"
        }
    }
}

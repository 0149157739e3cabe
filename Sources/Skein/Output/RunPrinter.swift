import Execution
import FoundationEssentials
import PlanFile
import Synchronization

/// Tells what happens in a run: lines with the time of day (UTC) on stderr; with `--json` one document a line on
/// stdout, and on stderr only what needs attention.
final class RunPrinter: Sendable {
    private struct Memory {
        /// When the last progress was told, seconds of the run.
        var lastProgress = -100.0
        var phase: RunPhase?
        var listsShortTasks = true
        /// Tasks that have been told to start and not to end, in this order. May hold too many: what another process
        /// has taken is not told.
        var running: [String] = []
    }

    private let options: GlobalOptions
    private let plan: String
    private let memory = Mutex(Memory())

    /// Up to so many tasks, each is listed when it is done; of more, only those that took a second.
    private static let listed = 1_000

    init(_ options: GlobalOptions, plan: String) {
        self.options = options
        self.plan = plan
    }

    func print(_ event: RunEvent) {
        follow(event)
        if options.json {
            if isDue(event, every: 1) { try? Console.json(EventDocument(event), isPretty: false) }
            guard event.needsAttention else { return }
        }
        let lines = lines(for: event)
        guard !lines.isEmpty else { return }
        let time = Self.time()
        Console.error(lines.map { "\(time) \(Words.line($0))" }.joined(separator: "\n"))
    }

    private func follow(_ event: RunEvent) {
        switch event {
        case .started(let id, _):
            memory.withLock { memory in
                memory.running.removeAll { $0 == id }
                memory.running.append(id)
            }
        case .finished(let id, _, _, _), .retrying(let id, _, _), .failed(let id, _):
            memory.withLock { memory in memory.running.removeAll { $0 == id } }
        default: break
        }
    }

    /// `09:41:52`, UTC, as the servers' logs can be compared with.
    private static func time() -> String {
        let seconds = Int(Date().timeIntervalSince1970) % 86_400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    /// Progress is told every so many seconds; everything else as it happens.
    private func isDue(_ event: RunEvent, every seconds: Double) -> Bool {
        guard case .progress(let progress) = event else { return true }
        return memory.withLock { memory in
            guard progress.elapsedSeconds - memory.lastProgress >= seconds else { return false }
            memory.lastProgress = progress.elapsedSeconds
            return true
        }
    }

    private func lines(for event: RunEvent) -> [String] {
        switch event {
        case .retrying(let id, let reason, let pause):
            options.isShown(.warning) ? ["retry    \(id) in \(Words.duration(pause)): \(reason)"] : []
        case .failed(let id, let reason): ["failed   \(id): \(reason)"]
        case .warning(let id, let text): options.isShown(.warning) ? ["warning  \(id): \(text)"] : []
        case .snapshotRenewed(_, let isUnchanged):
            options.isShown(.warning)
                ? [
                    isUnchanged
                        ? "snapshot taken again: the source has not changed, what is copied is kept"
                        : "snapshot taken again: the source has changed, what was copied is compared with it"
                ] : []
        case .stalled(let seconds, let reason):
            options.isShown(.warning) ? ["waiting  nothing has moved for \(Words.duration(seconds)): \(reason)"] : []
        default: options.isShown(.note) ? informative(event) : []
        }
    }

    private func informative(_ event: RunEvent) -> [String] {
        switch event {
        case .begun(let tasks, let done, let isResumed):
            let isLong = tasks - done > Self.listed && options.logLevel != .debug
            if isLong { memory.withLock { $0.listsShortTasks = false } }
            return [
                "\(plan): " + (isResumed ? "goes on, \(Words.count(Int64(done))) of " : "")
                    + Words.count(Int64(tasks), "task") + (isResumed ? " are done" : "")
                    + (isLong ? "; those done within a second are not listed" : "")
            ]
        case .started(let id, let attempt):
            let start = "start    \(id)" + (attempt > 1 ? " (attempt \(attempt))" : "")
            return (newPhase(id).map { ["-- \($0.title)"] } ?? []) + (options.logLevel == .debug ? [start] : [])
        case .finished(let id, let rows, let bytes, let seconds):
            guard seconds >= 1 || memory.withLock(\.listsShortTasks) else { return [] }
            return ["done     \(id)  " + details(id, rows, bytes, seconds)]
        case .rechecked(let id, let isKept):
            return [isKept ? "kept     \(id)" : "again    \(id): its rows have changed"]
        case .progress(let progress):
            guard progress.elapsedSeconds >= 5, isDue(event, every: 10) else { return [] }
            return [line(for: progress)]
        default: return []
        }
    }

    /// The phase that begins with a task, nil where it has begun before.
    private func newPhase(_ id: String) -> RunPhase? {
        guard let phase = RunPhase(task: id) else { return nil }
        return memory.withLock { memory in
            if let known = memory.phase, known >= phase { return nil }
            memory.phase = phase
            return phase
        }
    }

    private func details(_ id: String, _ rows: Int64?, _ bytes: Int64?, _ seconds: Double) -> String {
        var details: [String] = []
        switch RunPhase(task: id) {
        case .copying:
            if let rows { details.append(Words.count(rows, id.hasPrefix("copy:") ? "row" : "large object")) }
            if let bytes { details.append(Words.bytes(bytes)) }
        case .verifying: if let rows { details.append(Words.count(rows, "row") + " equal") }
        default: break
        }
        return (details + [Words.duration(seconds)]).joined(separator: ", ")
    }

    private func line(for progress: RunEvent.Progress) -> String {
        let done =
            "at \(Words.duration(progress.elapsedSeconds)): \(Words.count(Int64(progress.done))) of "
            + Words.count(Int64(progress.tasks), "task")
        guard progress.copiedBytes < progress.totalBytes else { return done + ", " + running(progress.running) }
        var text =
            "\(done), \(progress.running) running; copied \(Words.bytes(progress.copiedBytes)) of about "
            + Words.bytes(progress.totalBytes)
        if progress.bytesPerSecond >= 1 {
            let left = Double(progress.totalBytes - progress.copiedBytes) / progress.bytesPerSecond
            text += ", \(Words.bytes(Int64(progress.bytesPerSecond)))/s, about \(Words.duration(left)) left to copy"
        }
        return text
    }

    /// `2 running: index:public.a_idx, analyze:public.a`
    private func running(_ count: Int) -> String {
        let (known, listed) = (memory.withLock(\.running), 4)
        guard count > 0, known.count == count else { return "\(count) running" }
        let more = count > listed ? " and \(count - listed) more" : ""
        return "\(count) running: " + known.prefix(listed).joined(separator: ", ") + more
    }
}

extension RunEvent {
    /// Whether people should hear of it although a program reads the events.
    fileprivate var needsAttention: Bool {
        switch self {
        case .retrying, .failed, .warning, .snapshotRenewed, .stalled: true
        default: false
        }
    }
}

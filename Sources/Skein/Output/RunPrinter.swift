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
        /// What was told of following last, and when.
        var following: (line: String, phase: FollowStatus.Phase, time: ContinuousClock.Instant)?
        /// When the last status was given to a program.
        var lastStatus: ContinuousClock.Instant?
        var isCutover = false
        /// What the terminal shows.
        var display: RunDisplay?
    }

    /// What is to be told of a live migration.
    struct Live {
        /// As the user has to write it behind `skein cutover`.
        var planArgument: String
        /// Who begins the cutover.
        enum Approval { case person, plan, thisCommand }
        var approval: Approval
        /// Whether `c` and Enter do it, too.
        var listens: Bool
    }

    private let options: GlobalOptions
    private let plan: String
    /// Nil offline.
    private let live: Live?
    /// Where the terminal shows how it goes; nil where lines tell it.
    private let display: LiveDisplay?
    private let clock = ContinuousClock()
    private let begun: ContinuousClock.Instant
    private let memory = Mutex(Memory())

    /// Up to so many tasks, each is listed when it is done; of more, only those that took a second.
    private static let listed = 1_000

    init(_ options: GlobalOptions, plan: String, live: Live? = nil, display: LiveDisplay? = nil) {
        self.options = options
        self.plan = plan
        self.live = live
        self.display = display
        begun = clock.now
        guard display != nil else { return }
        let hint = live.flatMap { live in
            live.approval == .person
                ? "skein cutover \(live.planArgument)" + (live.listens ? "   (or type c and Enter here)" : "") : nil
        }
        memory.withLock { $0.display = RunDisplay(name: plan, isLive: live != nil, cutoverHint: hint) }
    }

    func print(_ event: RunEvent) {
        follow(event)
        if options.json {
            if isDue(event, every: 1) { try? Console.json(EventDocument(event), isPretty: false) }
            guard event.needsAttention else { return }
        }
        guard let display else { return say(lines(for: event)) }
        let now = (clock.now - begun) / .seconds(1)
        let state = memory.withLock { memory in
            memory.display?.apply(event, now: now)
            return memory.display?.state
        }
        if let state { display.show(state) }
        if scrolls(event) { say(lines(for: event)) }
    }

    /// What a cutover is at that another process runs.
    func show(_ progress: CutoverProgress) {
        guard let display else { return }
        let now = (clock.now - begun) / .seconds(1)
        let state = memory.withLock { memory in
            memory.display?.take(progress, now: now)
            return memory.display?.state
        }
        if let state { display.show(state) }
    }

    /// Whether a line about it is worth keeping above the display, which shows the rest.
    private func scrolls(_ event: RunEvent) -> Bool {
        if options.logLevel == .debug { return true }
        switch event {
        case .progress, .following, .retrying, .stalled, .cutover(.ready): return false
        case .finished(let id, _, _, let seconds):
            // Pieces, and what is done in a moment, would push everything else out of sight.
            let (tasks, isCutover) = memory.withLock { ($0.display?.state.tasks ?? 0, $0.isCutover) }
            return tasks <= Self.few || isCutover && !id.hasPrefix("verify:")
                || seconds >= 10 && id.wholeMatch(of: /(copy|verify):.*:\d{4,}/) == nil
        default: return true
        }
    }

    /// So many tasks may scroll by.
    private static let few = 40

    /// Lines with the time of day, of their own right.
    func say(_ lines: [String]) {
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
        if case .following = event {
            let now = clock.now
            return memory.withLock { memory in
                if let last = memory.lastStatus, now - last < .seconds(seconds) { return false }
                memory.lastStatus = now
                return true
            }
        }
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
        case .streamNotice(let text): options.isShown(.warning) ? ["notice   \(text)"] : []
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
            // That it is open is told already.
            guard id != "gate" else { return [] }
            guard seconds >= 1 || memory.withLock({ $0.listsShortTasks || $0.isCutover }) else { return [] }
            return ["done     \(id)  " + details(id, rows, bytes, seconds)]
        case .rechecked(let id, let isKept):
            return [isKept ? "kept     \(id)" : "again    \(id): its rows have changed"]
        case .progress(let progress):
            // Behind copying, a line of a live migration's own says how it goes.
            guard live == nil || progress.copiedBytes < progress.totalBytes || memory.withLock({ $0.following == nil })
            else { return [] }
            guard progress.elapsedSeconds >= 5, isDue(event, every: 10) else { return [] }
            return [line(for: progress)]
        case .following(let status): return following(status).map { [$0] } ?? []
        case .cutover(let step): return cutover(step)
        default: return []
        }
    }

    /// Every ten seconds and at each change of phase, unless the same would be said again.
    private func following(_ status: FollowStatus) -> String? {
        let (line, now) = (FollowText.line(status), clock.now)
        return memory.withLock { memory in
            if let last = memory.following {
                guard line != last.line else { return nil }
                guard status.phase != last.phase || now - last.time >= .seconds(9.5) else { return nil }
            }
            memory.following = (line, status.phase, now)
            return line
        }
    }

    private func cutover(_ step: RunEvent.CutoverStep) -> [String] {
        switch step {
        case .ready:
            guard let live else { return [] }
            switch live.approval {
            case .plan: return ["-- ready for cutover: it begins by itself (approval: automatic)"]
            case .thisCommand: return []
            case .person: break
            }
            return [
                "-- following: ready for cutover",
                "Stop the application's writes when it suits you, then run:  skein cutover \(live.planArgument)"
                    + (live.listens ? "   (or type c and Enter here)" : ""),
            ]
        case .begun:
            memory.withLock { memory in
                memory.isCutover = true
                memory.phase = max(memory.phase ?? .cutover, .cutover)
            }
            return ["-- cutover"]
        case .abandoned:
            memory.withLock { memory in
                memory.isCutover = false
                memory.phase = .keys
                memory.following = nil
            }
            return ["-- cutover withdrawn: following again"]
        case .completed(let downtime): return ["-- cutover complete: downtime \(Words.duration(downtime))"]
        }
    }

    /// The phase that begins with a task, nil where it has begun before.
    private func newPhase(_ id: String) -> RunPhase? {
        guard let phase = RunPhase(task: id, isLive: live != nil) else { return nil }
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
        guard progress.copiedBytes < progress.totalBytes else {
            return done + ", " + running(progress.running) + left(progress)
        }
        var text =
            "\(done), \(progress.running) running; copied \(Words.bytes(progress.copiedBytes)) of about "
            + Words.bytes(progress.totalBytes)
        if progress.bytesPerSecond >= 1 { text += ", \(Words.bytes(Int64(progress.bytesPerSecond)))/s" }
        return text + left(progress)
    }

    /// `, about 2 min left`
    private func left(_ progress: RunEvent.Progress) -> String {
        progress.left.map { ", " + DisplayFrame.words($0) } ?? ""
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
        case .retrying, .failed, .warning, .snapshotRenewed, .stalled, .streamNotice: true
        default: false
        }
    }
}

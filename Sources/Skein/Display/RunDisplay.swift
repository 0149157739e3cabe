import Execution

/// Follows a run's events to what the display shows of it. A value: the events tell it everything, time included.
struct RunDisplay: Sendable {
    private(set) var state: DisplayState
    private let isLive: Bool
    /// What a person types for the cutover; nil where nobody is asked.
    private let cutoverHint: String?
    private var phase: RunPhase?
    private var isCutover = false
    private var isReady = false
    /// Seconds of the run when a task began that no progress has told of yet.
    private var begun: [String: Double] = [:]
    /// When the state of the run was told last.
    private var toldAt = 0.0

    /// - Parameters:
    ///   - cutoverHint: `skein cutover iot.yaml`, with how else it can be said here.
    init(name: String, isLive: Bool, cutoverHint: String? = nil) {
        state = DisplayState(name: name)
        self.isLive = isLive
        self.cutoverHint = cutoverHint
    }

    /// - Parameter now: seconds since the run began.
    mutating func apply(_ event: RunEvent, now: Double) {
        state.seconds = now
        switch event {
        case .begun(let tasks, let done, let isResumed):
            (state.tasks, state.done) = (tasks, done)
            if isResumed { state.phase = "going on" }
        case .started(let id, _):
            begun[id] = now
            enter(id)
            list(now)
        case .finished(let id, _, _, _):
            state.done = min(max(state.tasks, state.done), state.done + 1)
            end(id, now)
        case .retrying(let id, let reason, let pause):
            end(id, now)
            state.warn(.retry, "\(id) in \(Words.duration(pause)): \(reason)")
        case .failed(let id, let reason):
            end(id, now)
            state.tone = .bad
            state.phase = "failed: what runs is ended"
            (state.left, state.rate) = (nil, 0)
            state.warn(.failed, "\(id): \(reason)")
        case .warning(let id, let text): state.warn(.warning, "\(id): \(text)")
        case .snapshotRenewed(_, let isUnchanged):
            state.warn(
                .notice,
                isUnchanged ? "snapshot taken again, nothing is lost" : "snapshot taken again; rows are compared")
        case .rechecked: break
        case .stalled(let seconds, let reason):
            state.warn(.waiting, "nothing has moved for \(Words.duration(seconds)): \(reason)")
        case .progress(let progress): take(progress, now)
        // Told with each progress, too, and more often.
        case .following(let status): if state.following == nil { follow(status) }
        case .streamNotice(let text): state.warn(.notice, text)
        case .cutover(let step): take(step)
        }
    }

    /// What a cutover is at that another process runs.
    mutating func take(_ progress: CutoverProgress, now: Double) {
        state.seconds = now
        if !isCutover { state.phase = "asked for; it begins when everything is applied" }
        (state.done, state.tasks) = (progress.done.count, progress.done.count + progress.open)
        state.share = state.tasks > 0 ? Double(state.done) / Double(state.tasks) : nil
        state.rows = progress.running.map { DisplayState.Row(id: $0.id, seconds: $0.seconds) }
        state.running = state.rows.count
        for error in progress.errors { state.warn(.retry, error) }
    }

    private mutating func take(_ progress: RunEvent.Progress, _ now: Double) {
        (state.done, state.tasks, state.running) = (progress.done, progress.tasks, progress.running)
        (state.copied, state.total) = (progress.copiedBytes, progress.totalBytes)
        state.rate = progress.bytesPerSecond
        state.share = progress.share
        // Of what has failed nothing can be said.
        state.left = state.tone == .bad ? nil : progress.left
        toldAt = now
        state.rows = progress.work.filter { $0.id != "gate" }.map { work in
            DisplayState.Row(
                id: work.id, seconds: work.seconds, fraction: work.fraction, bytes: work.bytes,
                totalBytes: work.totalBytes, step: work.step)
        }
        if let following = progress.following { follow(following) }
        let known = Set(state.rows.map(\.id))
        begun = begun.filter { known.contains($0.key) }
    }

    /// Tasks that have begun since the last progress, behind those that it told.
    private mutating func list(_ now: Double) {
        let known = Set(state.rows.map(\.id))
        for (id, time) in begun.sorted(by: { $0.key < $1.key }) where !known.contains(id) && id != "gate" {
            state.rows.append(DisplayState.Row(id: id, seconds: now - time))
        }
        state.running = state.rows.count
    }

    private mutating func end(_ id: String, _ now: Double) {
        begun[id] = nil
        state.rows.removeAll { $0.id == id }
        state.running = state.rows.count
    }

    private mutating func enter(_ id: String) {
        guard !isCutover, state.tone != .bad, let next = RunPhase(task: id, isLive: isLive) else { return }
        if let phase, phase >= next { return }
        phase = next
        state.phase = next.title
    }

    private mutating func follow(_ status: FollowStatus) {
        state.follow(status)
        guard !isCutover, state.tone != .bad, let phase, phase >= .catchingUp || isReady else { return }
        if isReady { return }
        if status.phase == .following { state.phase = "following the source" }
    }

    private mutating func take(_ step: RunEvent.CutoverStep) {
        switch step {
        case .ready:
            guard let cutoverHint else { return }
            isReady = true
            state.tone = .good
            state.phase = "following: ready for cutover"
            state.hints = ["When the application's writes are stopped: " + cutoverHint]
        case .begun:
            isCutover = true
            isReady = false
            state.tone = .normal
            state.phase = "cutover"
            state.hints = []
        case .abandoned:
            (isCutover, isReady) = (false, false)
            state.tone = .normal
            state.phase = "cutover withdrawn: following again"
        case .completed(let downtime):
            state.tone = .good
            state.phase = "cutover complete, downtime \(Words.duration(downtime))"
        }
    }
}

import Execution

/// Follows what the state tells to what the display shows: the same picture as that of the run itself, from elsewhere.
struct StatusDisplay: Sendable {
    private(set) var state: DisplayState
    private let planArgument: String
    private var samples: [(time: Double, bytes: Int64)] = []
    private var warned: Set<String> = []
    /// When the stream's status was written that was seen last.
    private var streamTime: String?

    init(name: String, planArgument: String) {
        state = DisplayState(name: name)
        state.clockWord = "watched for "
        self.planArgument = planArgument
    }

    /// - Parameter now: seconds since watching began.
    mutating func take(_ status: StatusReport, now: Double) {
        state.seconds = now
        (state.done, state.tasks) = (status.done, status.tasks)
        (state.copied, state.total) = (status.copiedBytes, max(status.totalBytes, status.copiedBytes))
        samples.append((now, status.copiedBytes))
        if samples.count > 6 { samples.removeFirst() }
        let span = now - samples[0].time
        state.rate =
            span > 0 ? max(0, Double(status.copiedBytes - samples[0].bytes) / span) : status.bytesPerSecond ?? 0
        state.share = status.share
        state.left = status.left
        state.running = status.running.count
        state.rows = status.running.filter { $0.id != "gate" }.map { task in
            DisplayState.Row(
                id: task.id, seconds: task.seconds, fraction: task.fraction, bytes: task.bytes,
                totalBytes: task.totalBytes, step: task.step)
        }
        if let stream = status.live?.stream, status.live?.streamTime != streamTime {
            streamTime = status.live?.streamTime
            state.follow(stream)
        }
        describe(status)
        for trouble in status.errors { warn(.retry, trouble) }
        for trouble in status.warnings { warn(.warning, trouble) }
    }

    /// The target does not answer.
    mutating func lost(_ reason: String) {
        state.phase = "the target cannot be asked; this is how it was"
        state.tone = .bad
        state.left = nil
        state.rows = []
        state.warn(.notice, reason)
    }

    private mutating func describe(_ status: StatusReport) {
        let title =
            switch status.phase {
            case .notStarted: "not started: the target holds no state of it"
            case .schema: RunPhase.schema.title
            case .copying: RunPhase.copying.title
            case .indexing: RunPhase.indexing.title
            case .finishing: RunPhase.finishing.title
            case .verifying: RunPhase.verifying.title
            case .catchingUp: RunPhase.catchingUp.title
            case .following: "following the source"
            case .ready: "following: ready for cutover"
            case .cutover: RunPhase.cutover.title
            case .broken: "the change stream is lost"
            case .finished: "finished"
            }
        state.phase = title
        state.tone = status.phase == .ready || status.phase == .finished ? .good : .normal
        state.hints = []
        switch status.phase {
        case .broken:
            state.tone = .bad
            state.hints = ["skein migrate \(planArgument) --repair"]
        case .ready: state.hints = ["When the application's writes are stopped: skein cutover \(planArgument)"]
        case .finished, .notStarted: break
        default: break
        }
        if !status.isRunning, status.phase != .finished, status.phase != .notStarted {
            state.tone = .bad
            state.phase += "; no process works on it"
            state.left = nil
            if status.phase != .broken { state.hints.append("To go on: skein migrate \(planArgument)") }
        }
    }

    private mutating func warn(_ kind: DisplayState.Warning.Kind, _ trouble: StatusReport.Trouble) {
        let text = "\(trouble.id): \(trouble.text)"
        guard warned.insert(text).inserted else { return }
        state.warn(kind, text)
    }
}

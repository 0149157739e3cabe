import Execution
import PlanFile

/// One event of `migrate --json`, one line. `EventSchema` says what each kind holds.
struct EventDocument: Encodable {
    var event: String
    /// Of the schema.
    var version = EventSchema.version
    var time = EventTime.now
    var task: String?
    var rows: Int64?
    var bytes: Int64?
    var seconds: Double?
    var attempt: Int?
    var text: String?
    var done: Int?
    var tasks: Int?
    var running: Int?
    var copiedBytes: Int64?
    var totalBytes: Int64?
    var bytesPerSecond: Double?
    /// Until everything is done, or a live migration is ready for its cutover.
    var left: TimeLeft?
    /// Of all work, weighed by the time it takes: 0 to 1.
    var share: Double?
    var unchanged: Bool?
    var kept: Bool?
    var following: FollowStatus?

    init(_ event: RunEvent) {
        switch event {
        case .begun(let tasks, let done, let isResumed):
            self.event = isResumed ? "resumed" : "begun"
            self.tasks = tasks
            self.done = done
        case .started(let id, let attempt):
            self.event = "started"
            task = id
            self.attempt = attempt
        case .finished(let id, let rows, let bytes, let seconds):
            self.event = "finished"
            task = id
            self.rows = rows
            self.bytes = bytes
            self.seconds = seconds
        case .retrying(let id, let reason, let pause):
            self.event = "retrying"
            task = id
            text = reason
            seconds = pause
        case .failed(let id, let reason):
            self.event = "failed"
            task = id
            text = reason
        case .warning(let id, let text):
            self.event = "warning"
            task = id
            self.text = text
        case .snapshotRenewed(_, let isUnchanged):
            self.event = "snapshot-renewed"
            unchanged = isUnchanged
        case .rechecked(let id, let isKept):
            self.event = "rechecked"
            task = id
            kept = isKept
        case .stalled(let seconds, let reason):
            self.event = "stalled"
            self.seconds = seconds
            text = reason
        case .progress(let progress):
            self.event = "progress"
            done = progress.done
            tasks = progress.tasks
            running = progress.running
            copiedBytes = progress.copiedBytes
            totalBytes = progress.totalBytes
            bytesPerSecond = progress.bytesPerSecond
            seconds = progress.elapsedSeconds
            left = progress.left
            share = progress.share
        case .following(let status):
            self.event = "following"
            following = status
        case .streamNotice(let text):
            self.event = "notice"
            self.text = text
        case .cutover(let step):
            switch step {
            case .ready: self.event = "cutover-ready"
            case .begun: self.event = "cutover-begun"
            case .abandoned: self.event = "cutover-abandoned"
            case .completed(let downtime):
                self.event = "cutover-completed"
                seconds = downtime
            }
        }
    }
}

/// What the checks said before the run, one line.
struct CheckedDocument: Encodable {
    var event = "checked"
    var version = EventSchema.version
    var time = EventTime.now
    var diagnostics: [Diagnostic]
}

/// The last line of `migrate --json`.
struct EndDocument: Encodable {
    enum Result: String, Encodable, CaseIterable {
        case finished
        case alreadyFinished = "already-finished"
        case refused, failed, differences, stopped
        /// Of `--resync` beside a `migrate` that runs.
        case inStep = "in-step"
    }

    var event = "end"
    var version = EventSchema.version
    var time = EventTime.now
    var result: Result
    var exitCode: Int32
    /// Of this run; nil where none began.
    var seconds: Double?
    /// Where the migration is finished.
    var summary: RunSummary?
    /// Why it is not.
    var diagnostics: [Diagnostic] = []

    init(_ result: Result, seconds: Double?, summary: RunSummary?) {
        self.result = result
        self.seconds = seconds
        self.summary = summary
        exitCode = Exit.done.rawValue
    }

    init(_ failure: CommandFailure) {
        result =
            switch failure.exit {
            case .done: .finished
            case .failed: .failed
            case .wrong: .refused
            case .differences: .differences
            case .stopped: .stopped
            }
        exitCode = failure.exit.rawValue
        diagnostics = failure.diagnostics
    }
}

import Execution

/// One event of `migrate --json`, one line.
struct EventDocument: Encodable {
    var event: String
    var task: String?
    var rows: Int64?
    var bytes: Int64?
    var seconds: Double?
    var attempt: Int?
    var text: String?
    var sqlState: String?
    var done: Int?
    var tasks: Int?
    var running: Int?
    var copiedBytes: Int64?
    var totalBytes: Int64?
    var bytesPerSecond: Double?
    var unchanged: Bool?
    var kept: Bool?
    var differences: [String]?

    enum CodingKeys: String, CodingKey {
        case event, task, rows, bytes, seconds, attempt, text, done, tasks, running, unchanged, kept, differences
        case sqlState = "sqlstate"
        case copiedBytes = "copied_bytes"
        case totalBytes = "total_bytes"
        case bytesPerSecond = "bytes_per_second"
    }

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
        }
    }

    init(_ end: RunEnd) {
        event = "end"
        switch end {
        case .finished: text = "finished"
        case .alreadyFinished: text = "already-finished"
        case .stopped(let reason): text = "stopped: " + reason
        case .failed(let task, let reason):
            self.task = task
            text = "failed: " + reason.text
            sqlState = reason.sqlState
        case .differences(let texts):
            text = "differences"
            differences = texts
        }
    }
}

import Execution
import FoundationEssentials
import PlanFile

/// Who writes a log: what each of its lines begins with.
struct LogOrigin: Sendable {
    var migration: String
    /// `migrate`, `cutover`.
    var command: String
    var pid: Int32
}

/// One line of `--log-file`: an event as `migrate --json` has it (`EventSchema`), or something else that happened, with
/// a level, where it comes from, and words for people.
struct LogEntry: Encodable {
    typealias Level = GlobalOptions.LogLevel

    /// What an entry tells beside its level and words.
    private enum Content {
        case event(EventDocument)
        case diagnostic(Diagnostic)
        case other(String)
    }

    private var origin: LogOrigin
    private var level: Level
    private var message: String
    private var content: Content
    private var exitCode: Int32?

    init(_ event: RunEvent, _ origin: LogOrigin) {
        self.origin = origin
        level = event.logLevel
        message = Secrets.masked(event.logMessage)
        content = .event(EventDocument(event))
    }

    init(_ diagnostic: Diagnostic, _ origin: LogOrigin) {
        self.origin = origin
        level =
            switch diagnostic.severity {
            case .error: .error
            case .warning: .warning
            case .note: .info
            }
        message = Secrets.masked(diagnostic.summary)
        content = .diagnostic(diagnostic)
    }

    /// - Parameter kind: `command`, `end`, `log`.
    init(_ kind: String, _ level: Level, _ message: String, _ origin: LogOrigin, exitCode: Int32? = nil) {
        self.origin = origin
        self.level = level
        self.message = message
        self.exitCode = exitCode
        content = .other(kind)
    }

    private enum Keys: String, CodingKey {
        case level, migration, command, pid, message, event, time, code, detail, cure, statement, object, exitCode
    }

    func encode(to encoder: any Encoder) throws {
        if case .event(let document) = content { try document.encode(to: encoder) }
        var line = encoder.container(keyedBy: Keys.self)
        try line.encode(level.rawValue, forKey: .level)
        try line.encode(origin.migration, forKey: .migration)
        try line.encode(origin.command, forKey: .command)
        try line.encode(origin.pid, forKey: .pid)
        try line.encode(message, forKey: .message)
        try line.encodeIfPresent(exitCode, forKey: .exitCode)
        switch content {
        case .event: break
        case .diagnostic(let diagnostic):
            try line.encode(EventTime.now, forKey: .time)
            try line.encode("diagnostic", forKey: .event)
            try line.encode(diagnostic.code, forKey: .code)
            try line.encodeIfPresent(diagnostic.detail.map(Secrets.masked), forKey: .detail)
            try line.encodeIfPresent(diagnostic.cure, forKey: .cure)
            try line.encodeIfPresent(diagnostic.statement, forKey: .statement)
            try line.encodeIfPresent(diagnostic.object, forKey: .object)
        case .other(let kind):
            try line.encode(EventTime.now, forKey: .time)
            try line.encode(kind, forKey: .event)
        }
    }

    /// In one line, keys sorted.
    var line: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try? encoder.encode(self)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension RunEvent {
    fileprivate var logLevel: LogEntry.Level {
        switch self {
        case .failed: .error
        case .retrying, .warning, .snapshotRenewed, .stalled, .streamNotice: .warning
        case .started: .debug
        default: .info
        }
    }

    /// In words, for whoever reads the log without a program.
    fileprivate var logMessage: String {
        switch self {
        case .begun(let tasks, let done, let isResumed):
            isResumed ? "goes on: \(done) of \(tasks) tasks are done" : "begins: \(tasks) tasks"
        case .started(let id, let attempt): "start \(id)" + (attempt > 1 ? ", attempt \(attempt)" : "")
        case .finished(let id, _, _, let seconds): "done \(id) in \(Words.duration(seconds))"
        case .retrying(let id, let reason, let pause): "retry \(id) in \(Words.duration(pause)): \(reason)"
        case .failed(let id, let reason): "failed \(id): \(reason)"
        case .warning(let id, let text): "warning \(id): \(text)"
        case .snapshotRenewed(_, let isUnchanged):
            "snapshot taken again: the source has \(isUnchanged ? "not " : "")changed"
        case .rechecked(let id, let isKept): isKept ? "kept \(id)" : "again \(id): its rows have changed"
        case .stalled(let seconds, let reason): "nothing has moved for \(Words.duration(seconds)): \(reason)"
        case .progress(let progress):
            "\(progress.done) of \(progress.tasks) tasks done, \(Words.bytes(progress.copiedBytes)) copied"
        case .following(let status): FollowText.line(status)
        case .streamNotice(let text): text
        case .cutover(let step):
            switch step {
            case .ready: "ready for cutover"
            case .begun: "cutover begins"
            case .abandoned: "cutover withdrawn"
            case .completed(let downtime): "cutover complete, downtime \(Words.duration(downtime))"
            }
        }
    }
}

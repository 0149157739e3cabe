import Execution
import PlanFile
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Those who watch a run elsewhere than in its terminal: a log, and a server of metrics.
final class RunWatchers: Sendable {
    private struct Memory {
        var lastProgress: ContinuousClock.Instant?
        var lastFollowing: (time: ContinuousClock.Instant, phase: FollowStatus.Phase)?
    }

    private let log: LogFile?
    private let board: MetricsBoard?
    private let server: MetricsServer?
    private let origin: LogOrigin
    /// Whether everything is logged, each second's progress too.
    private let isDetailed: Bool
    private let memory = Mutex(Memory())
    private let clock = ContinuousClock()

    /// Between two lines of progress in the log, seconds.
    private static let pause = 10.0

    /// - Throws: `CommandFailure`, exit code 2, where the file cannot be written or nothing can listen there.
    init(_ watch: WatchOptions, _ options: GlobalOptions, _ plan: Plan, command: String) throws {
        let origin = LogOrigin(migration: plan.name.value.text, command: command, pid: getpid())
        self.origin = origin
        isDetailed = options.logLevel == .debug
        log = try watch.logFile.map { path in
            do {
                return try LogFile(path: path) { count in
                    LogEntry("log", .warning, "\(Words.count(Int64(count), "line")) could not be written", origin).line
                } onTrouble: { reason in
                    Console.error("the log \(path): \(reason); the migration goes on")
                }
            } catch let error as LogFile.Unusable {
                throw CommandFailure.wrong(.cannotWrite, "--log-file \(path): \(error.reason)")
            }
        }
        guard let address = watch.address else {
            (board, server) = (nil, nil)
            return
        }
        let board = MetricsBoard(MetricsBoard.Subject(migration: origin.migration, mode: plan.mode.value.rawValue))
        self.board = board
        do {
            server = try MetricsServer(address) { board.text() }
        } catch {
            throw CommandFailure.wrong(
                .cannotListen, "--metrics-listen \(address): \(error.reason)",
                cure: "Name another address, or port 0 for any that is free.")
        }
        if options.isShown(.note), let server { Console.error("metrics are at \(server.url)") }
    }

    /// Runs `body`, and notes how it begins and ends.
    func recording<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        defer {
            server?.stop()
            log?.close()
        }
        add(LogEntry("command", .info, "skein \(origin.command) begins, version \(Version.line)", origin))
        do {
            let result = try await body()
            board?.end(exitCode: Exit.done.rawValue)
            add(LogEntry("end", .info, "skein \(origin.command) is done", origin, exitCode: Exit.done.rawValue))
            return result
        } catch {
            let failure = CommandFailure(error)
            board?.end(exitCode: failure.exit.rawValue)
            note(failure.diagnostics)
            let level: LogEntry.Level = failure.exit == .stopped ? .warning : .error
            add(LogEntry("end", level, "skein \(origin.command) has ended", origin, exitCode: failure.exit.rawValue))
            throw error
        }
    }

    func note(_ event: RunEvent) {
        board?.note(event)
        if log != nil, isDue(event) { add(LogEntry(event, origin)) }
    }

    func note(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { add(LogEntry(diagnostic, origin)) }
    }

    private func add(_ entry: LogEntry) { log?.add(entry.line) }

    private func isDue(_ event: RunEvent) -> Bool {
        guard !isDetailed else { return true }
        let now = clock.now
        switch event {
        case .started: return false
        case .progress:
            return memory.withLock { memory in
                if let last = memory.lastProgress, now - last < .seconds(Self.pause) { return false }
                memory.lastProgress = now
                return true
            }
        case .following(let status):
            return memory.withLock { memory in
                if let last = memory.lastFollowing, last.phase == status.phase, now - last.time < .seconds(Self.pause) {
                    return false
                }
                memory.lastFollowing = (now, status.phase)
                return true
            }
        default: return true
        }
    }
}

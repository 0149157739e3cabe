import Execution
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What a run has come to so far, in numbers: fed by its events, read by whoever scrapes.
final class MetricsBoard: Sendable {
    /// What is measured.
    struct Subject: Sendable {
        var migration: String
        var mode: String
    }

    /// How tasks stand, by what a run tells.
    struct State: Sendable {
        var tasks = 0
        var done = 0
        var running: Set<String> = []
        var retrying: Set<String> = []
        var failed: Set<String> = []
        var copiedRows: Int64 = 0
        var progress: RunEvent.Progress?
        var retries = 0
        var warnings = 0
        var stalledSeconds = 0.0
        var following: FollowStatus?
        var phase: RunPhase?
        var isReady = false
        var isCutover = false
        var downtimeSeconds: Double?
        var exitCode: Int32?
        var lastEvent = Date()

        mutating func take(_ event: RunEvent, isLive: Bool) {
            lastEvent = Date()
            switch event {
            case .begun(let tasks, let done, _): (self.tasks, self.done) = (tasks, done)
            case .started(let id, _):
                leave(id)
                running.insert(id)
                if let now = RunPhase(task: id, isLive: isLive) { phase = max(phase ?? now, now) }
            case .finished(let id, let rows, _, _):
                leave(id)
                done += 1
                stalledSeconds = 0
                if RunPhase(task: id) == .copying { copiedRows += rows ?? 0 }
            case .retrying(let id, _, _):
                leave(id)
                retrying.insert(id)
                retries += 1
            case .failed(let id, _):
                leave(id)
                failed.insert(id)
            case .warning, .streamNotice: warnings += 1
            case .snapshotRenewed: break
            case .rechecked(_, let isKept): if !isKept { done -= 1 }
            case .stalled(let seconds, _): stalledSeconds = seconds
            case .progress(let progress):
                if progress.copiedBytes != self.progress?.copiedBytes { stalledSeconds = 0 }
                self.progress = progress
                (tasks, done) = (progress.tasks, progress.done)
            case .following(let status): following = status
            case .cutover(let step):
                isReady = step == .ready
                isCutover = step == .begun
                if case .completed(let seconds) = step { downtimeSeconds = seconds }
            }
        }

        private mutating func leave(_ id: String) {
            running.remove(id)
            retrying.remove(id)
            failed.remove(id)
        }

        /// What the run is at, as a label.
        var phaseName: String {
            if isCutover { return "cutover" }
            if downtimeSeconds != nil { return phase == .verifying ? "verifying" : "finishing" }
            if isReady { return "following" }
            return phase.map(Self.name) ?? "starting"
        }

        static let phaseNames = ["starting"] + RunPhase.allCases.map(name) + ["following"]

        private static func name(_ phase: RunPhase) -> String {
            phase == .catchingUp ? "catching-up" : String(describing: phase)
        }
    }

    private let subject: Subject
    private let began = Date()
    private let state = Mutex(State())

    init(_ subject: Subject) { self.subject = subject }

    func note(_ event: RunEvent) { state.withLock { $0.take(event, isLive: subject.mode == "live") } }

    /// The run is over; the process is about to be.
    func end(exitCode: Int32) {
        state.withLock { state in
            state.exitCode = exitCode
            state.running = []
        }
    }

    /// In the text format 0.0.4 of Prometheus.
    func text() -> String {
        MetricsText.render(
            state.withLock { $0 }, subject, began: began.timeIntervalSince1970, memory: Self.residentBytes())
    }

    /// What of this process is in memory; nil where the system does not tell.
    private static func residentBytes() -> Int64? {
        guard let data = try? Data(contentsOf: URL(filePath: "/proc/self/statm")) else { return nil }
        let pages = String(decoding: data, as: UTF8.self).split(separator: " ").dropFirst().first
        return pages.flatMap { Int64($0) }.map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) }
    }
}

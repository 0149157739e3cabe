private import PlanFile
private import Planning
package import Postgres

/// Where a migration stands, read from the target alone, so from any machine.
package struct StatusReport: Sendable, Codable, Equatable {
    package enum Phase: String, Sendable, Codable {
        case notStarted = "not-started"
        case schema
        case copying
        case indexing
        case finishing
        case verifying
        case finished

        // Of live migrations.

        /// Everything is copied; what the source did meanwhile is being applied.
        case catchingUp = "catching-up"
        /// The source is followed, and something before the gate is left to do.
        case following
        /// Followed; `skein cutover` may come.
        case ready = "ready-for-cutover"
        case cutover
        /// The change stream is lost: `--repair`.
        case broken
    }

    package struct Table: Sendable, Codable, Equatable {
        package var table: String
        package var pieces: Int
        package var piecesDone: Int
        package var rows: Int64
        package var bytes: Int64
        package var estimatedBytes: Int64
    }

    package struct Running: Sendable, Codable, Equatable {
        package var id: String
        package var seconds: Double
        package var attempt: Int
        /// Of a copy, bytes that the target has taken so far, and what it comes to.
        package var bytes: Int64?
        package var totalBytes: Int64?
        /// How much of it is done, 0 to 1, where the server tells.
        package var fraction: Double?
        /// What the server says that it is at.
        package var step: String?
    }

    package struct Trouble: Sendable, Codable, Equatable {
        package var id: String
        package var text: String
        package var sqlState: String?
        package var attempts: Int
    }

    package var name: String
    package var phase: Phase
    /// Whether a process works on it right now.
    package var isRunning: Bool
    package var started: String?
    package var finished: String?
    package var tasks: Int
    package var done: Int
    package var copiedRows: Int64
    package var copiedBytes: Int64
    package var totalBytes: Int64
    /// While copying, measured since the first piece began, bytes a second.
    package var bytesPerSecond: Double?
    package var secondsLeft: Double?
    /// What `secondsLeft` leads to, and whether it rests on assumptions more than on what was measured.
    package var left: TimeLeft?
    /// How much of the work is done, weighed by the time it takes: 0 to 1.
    package var share: Double?
    package var tables: [Table]
    package var running: [Running]
    /// Last errors of tasks that are not done.
    package var errors: [Trouble]
    /// What is to know of tasks that are done.
    package var warnings: [Trouble]
    /// What is left to a person, as statements; nil where nothing is.
    package var todo: [Todo]?
    /// Nil offline.
    package var live: LiveReport?
    /// Of a live migration, where the source was asked.
    package var source: SourceReport?
    /// The way back to the source, where there is one.
    package var fallback: WayBackReport?
    /// What a person should know before it becomes a trouble.
    package var notices: [String] = []

    /// - Parameter name: the plan's name as written.
    package static func read(_ target: Connection, name: String) throws -> StatusReport {
        guard let record = try StateStore(target).migration(named: name) else {
            return StatusReport(
                name: name, phase: .notStarted, isRunning: false, tasks: 0, done: 0, copiedRows: 0, copiedBytes: 0,
                totalBytes: 0, tables: [], running: [], errors: [], warnings: [])
        }
        let store = TaskStore(target, migration: record.id)
        let tasks = try store.all()
        let live = try ServerProgress.read(target, planName: name)
        let isRunning = try store.othersAlive(than: 0)
        var report = StatusReport(record, tasks, live: live, isRunning: isRunning)
        let todo = try AccessStore(target, migration: record.id).todo()
        report.todo = todo.isEmpty ? nil : todo
        report.live = try LiveReport.read(target, record, tasks)
        report.estimate(record, tasks)
        if report.live?.broken != nil, report.phase != .finished { report.phase = .broken }
        return report
    }

    private init(
        name: String, phase: Phase, isRunning: Bool, tasks: Int, done: Int, copiedRows: Int64, copiedBytes: Int64,
        totalBytes: Int64, tables: [Table], running: [Running], errors: [Trouble], warnings: [Trouble],
    ) {
        self.name = name
        self.phase = phase
        self.isRunning = isRunning
        self.tasks = tasks
        self.done = done
        self.copiedRows = copiedRows
        self.copiedBytes = copiedBytes
        self.totalBytes = totalBytes
        self.tables = tables
        self.running = running
        self.errors = errors
        self.warnings = warnings
    }

    /// - Parameter live: what the target says of sessions, by their names.
    init(_ record: MigrationRecord, _ tasks: [TaskRecord], live: [String: TaskProgress], isRunning: Bool) {
        let copies = tasks.compactMap { record -> (TaskRecord, Piece)? in
            if case .copy(let piece) = record.task.action { (record, piece) } else { nil }
        }
        // By their places in the list: of a finished migration tasks may be missing that were not needed.
        let underWay = isRunning ? tasks.enumerated().filter { $1.state == .running } : []
        var totals = CopyTotals(tasks.map(\.task))
        for (place, task) in tasks.enumerated() where task.state == .done {
            totals.completed(place, bytes: task.bytes)
        }
        var expected: [Int: Int64] = [:]
        let running = underWay.map { place, task in
            let server = live[Connection.shortened("skein/\(record.name)/\(task.task.id)")]
            var shown = Running(
                id: task.task.id, seconds: task.seconds ?? 0, attempt: task.attempts, bytes: server?.bytes,
                fraction: server?.fraction, step: server?.step)
            if totals.isCopy(place) {
                let all = totals.expected(place, bytes: server?.bytes ?? 0, server)
                expected[place] = all
                shown.totalBytes = all
                shown.fraction = server?.bytes.map { min(0.99, Double($0) / Double(max(1, all))) }
            }
            return shown
        }
        self.init(
            name: record.name, phase: Self.phase(record, tasks), isRunning: isRunning, tasks: tasks.count,
            done: tasks.count { $0.state == .done }, copiedRows: copies.reduce(0) { $0 + ($1.0.rows ?? 0) },
            copiedBytes: totals.done + running.reduce(0) { $0 + ($1.bytes ?? 0) },
            totalBytes: totals.total(running: expected), tables: Self.tables(copies), running: running,
            errors: tasks.compactMap { task in
                guard task.state != .done, let error = task.error else { return nil }
                return Trouble(id: task.task.id, text: error, sqlState: task.sqlState, attempts: task.attempts)
            },
            warnings: tasks.compactMap { task in
                task.warning.map { Trouble(id: task.task.id, text: $0, attempts: task.attempts) }
            })
        started = record.started
        finished = record.finished
    }

    private static func phase(_ record: MigrationRecord, _ tasks: [TaskRecord]) -> Phase {
        if record.finished != nil { return .finished }
        if let phase = livePhase(tasks) { return phase }
        func isOpen(_ matches: (Action) -> Bool) -> Bool {
            tasks.contains { $0.state != .done && matches($0.task.action) }
        }
        if isOpen({ action in
            switch action {
            case .dumpSchema, .createExtension, .restorePreData, .createHypertable, .createPartitions: true
            default: false
            }
        }) {
            return .schema
        }
        if isOpen({ action in
            switch action {
            case .copy, .copyLargeObjects: true
            default: false
            }
        }) {
            return .copying
        }
        if isOpen({ action in
            switch action {
            case .buildIndex, .addConstraint, .attachIndexes: true
            default: false
            }
        }) {
            return .indexing
        }
        return isOpen({ if case .verify = $0 { false } else { true } }) ? .finishing : .verifying
    }

    /// From where changes are applied to the end; nil before, and offline. A table that is copied again meanwhile
    /// changes nothing of it.
    private static func livePhase(_ tasks: [TaskRecord]) -> Phase? {
        func isDone(_ action: Action) -> Bool { tasks.contains { $0.task.action == action && $0.state == .done } }
        guard let gate = GateState(tasks), isDone(.follow) else { return nil }
        return switch gate {
        case .open: .cutover
        case .ready: .ready
        case .closed: isDone(.catchUp) ? .following : .catchingUp
        }
    }

    private static func tables(_ copies: [(TaskRecord, Piece)]) -> [Table] {
        var tables: [Table] = []
        for (record, piece) in copies {
            if tables.last?.table != piece.table.description {
                tables.append(
                    Table(
                        table: piece.table.description, pieces: 0, piecesDone: 0, rows: 0, bytes: 0,
                        estimatedBytes: 0))
            }
            let last = tables.count - 1
            tables[last].pieces += 1
            tables[last].piecesDone += record.state == .done ? 1 : 0
            tables[last].rows += record.rows ?? 0
            tables[last].bytes += record.bytes ?? 0
            tables[last].estimatedBytes += piece.estimatedBytes
        }
        return tables
    }
}

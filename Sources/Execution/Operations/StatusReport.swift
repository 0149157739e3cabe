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
        /// Of a copy, bytes that the target has taken so far.
        package var bytes: Int64?
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
        let live = try liveBytes(target, name)
        let isRunning = try store.othersAlive(than: 0)
        var report = StatusReport(record, tasks, live: live, isRunning: isRunning)
        let todo = try AccessStore(target, migration: record.id).todo()
        report.todo = todo.isEmpty ? nil : todo
        report.live = try LiveReport.read(target, record, tasks)
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

    init(_ record: MigrationRecord, _ tasks: [TaskRecord], live: [String: Int64], isRunning: Bool) {
        let copies = tasks.compactMap { record -> (TaskRecord, Piece)? in
            if case .copy(let piece) = record.task.action { (record, piece) } else { nil }
        }
        let copiedLive = live.values.reduce(0, +)
        self.init(
            name: record.name, phase: Self.phase(record, tasks), isRunning: isRunning, tasks: tasks.count,
            done: tasks.count { $0.state == .done }, copiedRows: copies.reduce(0) { $0 + ($1.0.rows ?? 0) },
            copiedBytes: copies.reduce(0) { $0 + ($1.0.bytes ?? 0) } + copiedLive,
            totalBytes: copies.reduce(0) { $0 + ($1.0.bytes ?? $1.1.estimatedBytes) }, tables: Self.tables(copies),
            running: isRunning
                ? tasks.filter { $0.state == .running }.map {
                    Running(id: $0.task.id, seconds: $0.seconds ?? 0, attempt: $0.attempts, bytes: live[$0.task.id])
                } : [],
            errors: tasks.compactMap { task in
                guard task.state != .done, let error = task.error else { return nil }
                return Trouble(id: task.task.id, text: error, sqlState: task.sqlState, attempts: task.attempts)
            },
            warnings: tasks.compactMap { task in
                task.warning.map { Trouble(id: task.task.id, text: $0, attempts: task.attempts) }
            })
        started = record.started
        finished = record.finished
        estimate(copies.map(\.0))
    }

    private mutating func estimate(_ copies: [TaskRecord]) {
        guard phase == .copying, isRunning else { return }
        // Tasks run side by side, so the time since the first began counts, not the sum of theirs.
        let busy = copies.filter { $0.state != .pending }.compactMap(\.seconds).reduce(0, +)
        let parallel = max(1, running.count)
        guard busy > 0, copiedBytes > 0 else { return }
        let rate = Double(copiedBytes) / (busy / Double(parallel))
        bytesPerSecond = rate
        secondsLeft = Double(max(0, totalBytes - copiedBytes)) / rate
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

    /// Bytes that running copies have brought so far, by task id. The names of sessions may be shortened, so this is
    /// for display only.
    private static func liveBytes(_ target: Connection, _ name: String) throws -> [String: Int64] {
        guard target.serverVersion >= 140_000 else { return [:] }
        let prefix = "skein/\(name)/"
        let rows = try target.query(selectLive, [prefix])
        return Dictionary(
            rows.indices.map { (String(rows.text($0, 0).dropFirst(prefix.count)), Int64(rows.int($0, 1) ?? 0)) },
            uniquingKeysWith: +)
    }

    private static let selectLive = """
        select a.application_name, sum(p.bytes_processed)::bigint
        from pg_catalog.pg_stat_progress_copy p join pg_catalog.pg_stat_activity a using (pid)
        where pg_catalog.starts_with(a.application_name, $1) and p.datname = current_database()
        group by 1
        """
}

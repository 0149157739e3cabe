private import PlanFile
internal import Planning

/// Everything that a report follows from, as it was read.
struct ReportFacts: Sendable {
    var record: MigrationRecord
    var tasks: [TaskRecord]
    var status: StatusReport
    var times: [TaskTimes]
    var runs: [RunRecord]
    var attempts: [AttemptRecord]
    var samples: [RunSample]
    var origin: OriginRecord?
    /// The target as it is now.
    var target: MigrationReport.Server
    /// By the target's clock.
    var now: Double
    var began: Double
    var finished: Double?

    /// Comparisons that nobody asked for are gone in the end, so numbers are no positions.
    var tasksByNumber: [Int: MigrationTask] {
        Dictionary(tasks.map { ($0.number, $0.task) }) { first, _ in first }
    }
}

extension MigrationReport {
    /// A function of what was read.
    init(_ facts: ReportFacts) {
        let (status, record) = (facts.status, facts.record)
        let spans = Self.spans(facts)
        let verification = Self.verification(facts, spans)
        let live = status.live
        name = record.name
        mode = record.decisions.following == nil ? .offline : .live
        phase = status.phase
        isRunning = status.isRunning
        standing = Self.standing(status, verification)
        read = facts.now
        began = facts.began
        finished = facts.finished
        tasks = status.tasks
        tasksDone = status.done
        rows = status.copiedRows
        bytes = status.copiedBytes
        totalBytes = max(status.totalBytes, status.copiedBytes)
        copySeconds = Self.covered(spans.filter { $0.kind == "copy" })
        tables = Self.tables(facts, spans, verification)
        phases = Self.phases(facts, spans)
        self.spans = spans
        samples = facts.samples
        runs = facts.runs
        self.verification = verification
        self.live = live
        todo = status.todo ?? []
        errors = status.errors.map { Trouble(task: $0.id, text: $0.text, sqlState: $0.sqlState) }
        warnings = status.warnings.map { Trouble(task: $0.id, text: $0.text) }
        let known = facts.tasksByNumber
        failedAttempts = facts.attempts.compactMap { attempt in
            guard let error = attempt.error, let task = known[attempt.number] else { return nil }
            return Trouble(
                task: task.id, text: error, time: attempt.ended ?? attempt.began, sqlState: attempt.sqlState)
        }
        findings = facts.origin?.findings
        source = Server(
            database: record.source.database,
            version: facts.origin?.source.version ?? Self.version(record.source.version),
            timescaleDB: facts.origin?.source.timescaleDB)
        target = facts.target
        skeinVersion = record.skeinVersion
        planHash = record.planHash
        settings = record.settings.sorted { $0.key < $1.key }.map { Plan.Setting(key: $0.key, value: $0.value) }
    }

    private static func standing(_ status: StatusReport, _ verification: Verification) -> Standing {
        if status.phase == .finished { return verification.differences.isEmpty ? .complete : .differs }
        if status.phase == .broken { return .broken }
        if !verification.differences.isEmpty, !status.isRunning || status.phase == .cutover { return .differs }
        if let cutover = status.live?.cutover, cutover.completed == nil, !cutover.isAbandoned { return .cuttingOver }
        if status.isRunning { return .running }
        return status.errors.isEmpty ? .stopped : .failed
    }

    /// `server_version_num` as people write it.
    static func version(_ number: Int) -> String { "\(number / 10_000).\(number % 10_000)" }

    // MARK: Spans

    private static func spans(_ facts: ReportFacts) -> [Span] {
        let ends = Dictionary(facts.runs.map { ($0.run, $0.ended ?? $0.seen) }) { first, _ in first }
        var spans: [Span] = []
        let tasks = facts.tasksByNumber
        for attempt in facts.attempts {
            guard let task = tasks[attempt.number] else { continue }
            let known = attempt.ended ?? attempt.run.flatMap { ends[$0] } ?? attempt.began
            spans.append(
                Span(
                    task: task.id, kind: task.action.kind, table: task.action.targetTable, run: attempt.run,
                    worker: attempt.worker, began: attempt.began, ended: max(attempt.began, known),
                    outcome: attempt.ended == nil ? .lost : .failed))
        }
        for (record, times) in zip(facts.tasks, facts.times) {
            // A task that was given back has no times of its own that count: its attempts are above.
            guard record.number == times.number, record.state != .pending, let began = times.began else { continue }
            let isDone = record.state == .done
            let runs = facts.status.isRunning
            let last = isDone ? times.ended : runs ? facts.now : times.run.flatMap { ends[$0] }
            spans.append(
                Span(
                    task: record.task.id, kind: record.task.action.kind, table: record.task.action.targetTable,
                    run: times.run, worker: times.worker, began: began, ended: max(began, last ?? began),
                    outcome: isDone ? .done : runs ? .running : .lost, bytes: isDone ? record.bytes : nil))
        }
        return spans.sorted { ($0.began, $0.task) < ($1.began, $1.task) }
    }

    /// The length of the spans' union, seconds.
    package static func covered(_ spans: [Span]) -> Double {
        var (total, reached) = (0.0, -Double.infinity)
        for span in spans.sorted(by: { $0.began < $1.began }) where span.ended > reached {
            total += span.ended - max(span.began, reached)
            reached = span.ended
        }
        return total
    }

    // MARK: Tables

    private static func tables(_ facts: ReportFacts, _ spans: [Span], _ verification: Verification) -> [Table] {
        var tables: [String: Table] = [:]
        let hypertables = Set(facts.record.decisions.tables.filter(\.isHypertable).map(\.table.description))
        for record in facts.tasks {
            guard case .copy(let piece) = record.task.action else { continue }
            let name = piece.targetTable.description
            var table =
                tables[name]
                ?? Table(
                    table: name, isHypertable: hypertables.contains(name),
                    comparison: verification.kind == .none ? .none : .pending)
            table.pieces += 1
            table.piecesDone += record.state == .done ? 1 : 0
            table.rows += record.rows ?? 0
            table.bytes += record.bytes ?? 0
            table.estimatedRows += piece.estimatedRows
            table.estimatedBytes += piece.estimatedBytes
            tables[name] = table
        }
        var compared: [String: (all: Int, done: Int, differs: Bool)] = [:]
        for record in facts.tasks {
            guard let name = record.task.action.targetTable, tables[name] != nil else { continue }
            tables[name]?.retries += max(0, record.attempts - 1)
            if Self.builds.contains(record.task.action.kind) { tables[name]?.indexes += 1 }
            if record.task.action.isVerification {
                var count = compared[name] ?? (0, 0, false)
                count.all += 1
                count.done += record.state == .done ? 1 : 0
                count.differs = count.differs || isDifference(record)
                compared[name] = count
            }
        }
        if verification.kind != .none {
            for (name, count) in compared {
                tables[name]?.comparison = count.differs ? .differs : count.done == count.all ? .equal : .pending
            }
        }
        let byTable = Dictionary(grouping: spans.filter { $0.table != nil }) { $0.table ?? "" }
        for (name, spans) in byTable where tables[name] != nil {
            tables[name]?.copySeconds = covered(spans.filter { $0.kind == "copy" })
            tables[name]?.indexSeconds = covered(spans.filter { builds.contains($0.kind) })
        }
        return tables.values.sorted { first, second in
            let (left, right) = (max(first.bytes, first.estimatedBytes), max(second.bytes, second.estimatedBytes))
            return left != right ? left > right : first.table < second.table
        }
    }

    private static let builds: Set<String> = ["index", "constraint", "foreign-key", "validate"]

    // MARK: Verification

    private static func verification(_ facts: ReportFacts, _ spans: [Span]) -> Verification {
        let kind = facts.record.settings["cutover.verify"].flatMap { Plan.Cutover.Verify(rawValue: $0) } ?? .checksums
        let records = facts.tasks.filter { $0.task.action.isVerification }
        let done = records.filter { $0.state == .done }
        return Verification(
            kind: kind, pieces: kind == .none ? 0 : records.count, piecesDone: kind == .none ? 0 : done.count,
            rows: done.reduce(0) { $0 + ($1.rows ?? 0) }, seconds: covered(spans.filter { $0.kind == "verify" }),
            differences: records.filter(isDifference).map { $0.error ?? $0.warning ?? $0.task.id })
    }

    private static func isDifference(_ record: TaskRecord) -> Bool {
        record.state != .done && record.error != nil && record.sqlState == VerifyTask.differsState
            || record.task.action.isVerification && record.warning?.hasPrefix(VerifyTask.unfencedPrefix) == true
    }

    // MARK: Phases

    private static func phases(_ facts: ReportFacts, _ spans: [Span]) -> [Phase] {
        let byKind = Dictionary(grouping: spans, by: \.kind)
        var phases: [Phase] = []
        var positions: [String: Int] = [:]
        for record in facts.tasks {
            let kind = record.task.action.kind
            let position = positions[kind] ?? phases.count
            if position == phases.count {
                let own = byKind[kind] ?? []
                positions[kind] = position
                phases.append(
                    Phase(
                        kind: kind, tasks: 0, done: 0, seconds: covered(own),
                        workSeconds: own.reduce(0) { $0 + $1.seconds }))
            }
            phases[position].tasks += 1
            phases[position].done += record.state == .done ? 1 : 0
        }
        return phases
    }
}

extension Action {
    /// The name of the table that it works on, as it is called on the target.
    fileprivate var targetTable: String? {
        switch self {
        case .copy(let piece), .verify(let piece): piece.targetTable.description
        default: table?.description
        }
    }

    fileprivate var isVerification: Bool { if case .verify = self { true } else { false } }
}

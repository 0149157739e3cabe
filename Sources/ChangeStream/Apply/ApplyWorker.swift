private import Dispatch
private import Faults
internal import LogicalDecoding
internal import PlanFile
internal import Postgres
private import Synchronization

/// What a worker does next. Whoever submits it does not touch its segments again, and of a segment that several workers
/// get each touches its own part; so it may go to another thread.
struct ApplyJob: @unchecked Sendable {
    /// How a target transaction ends.
    struct Ending {
        /// Workers and where they stood; all come to `position`.
        var from: [(worker: Int, position: LSN)]
        var position: LSN
        var committed: Timestamp?
        var transactions: Int
        var changes: Int
    }

    var segments: [Segment]
    /// Of each segment only this part; nil: all, one after the other.
    var part: Int?
    /// Nil: the transaction stays open for what follows.
    var ending: Ending?
}

/// Applies what it is given on a connection and a thread of its own, in order.
///
/// `connection` and `pipeline` are touched on `queue` alone; what both sides touch is in mutexes. So it is safe to hand
/// from one thread to another.
final class ApplyWorker: @unchecked Sendable {
    /// What the target has flushed, or will have.
    private struct Written {
        var position: LSN
        var insertLSN: LSN
    }

    private let number: Int
    private let settings: ApplySettings
    private let tables: [AppliedTable]
    private let report: @Sendable (ApplyEvent) -> Void
    private let onCommit: @Sendable (Int, ApplyJob.Ending, _ bytes: Int, _ missing: Int) -> Void
    private let onFlush: @Sendable (Int, LSN) -> Void

    private let queue: DispatchQueue
    private let slots = DispatchSemaphore(value: 2)
    private let outstanding = Atomic(0)
    private let failure = Mutex<(any Error)?>(nil)
    private let canceller = Mutex<Canceller?>(nil)

    private var pipeline: Pipeline?
    private var isInTransaction = false
    private var written: [Written] = []

    init(
        _ number: Int, _ settings: ApplySettings, _ tables: [AppliedTable],
        report: @escaping @Sendable (ApplyEvent) -> Void,
        onCommit: @escaping @Sendable (Int, ApplyJob.Ending, _ bytes: Int, _ missing: Int) -> Void,
        onFlush: @escaping @Sendable (Int, LSN) -> Void,
    ) {
        self.number = number
        self.settings = settings
        self.tables = tables
        self.report = report
        self.onCommit = onCommit
        self.onFlush = onFlush
        queue = DispatchQueue(label: "skein.apply.\(number)")
    }

    /// Nothing is waiting or under way.
    var isIdle: Bool { outstanding.load(ordering: .acquiring) == 0 }

    /// Hands over a job; waits while two are there already.
    /// - Throws: why an earlier one failed.
    func submit(_ job: ApplyJob) throws {
        slots.wait()
        if let failure = failure.withLock({ $0 }) {
            slots.signal()
            throw failure
        }
        outstanding.add(1, ordering: .acquiringAndReleasing)
        queue.async {
            self.perform { try self.run(job) }
            self.slots.signal()
        }
    }

    /// Waits until all is done.
    func drain() throws {
        queue.sync {}
        try check()
    }

    func check() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Asks how far the target has flushed.
    func askFlushed() {
        guard isIdle else { return }
        outstanding.add(1, ordering: .acquiringAndReleasing)
        queue.async { self.perform { try self.lookFlushed() } }
    }

    /// Ends what runs on the target.
    func cancel() {
        let canceller = canceller.withLock { $0 }
        canceller?.cancel()
    }

    /// Waits for what is under way and closes the connection, which rolls back what is not committed.
    func close() {
        queue.sync {
            canceller.withLock { $0 = nil }
            pipeline = nil
        }
    }

    private func perform(_ body: () throws -> Void) {
        defer { outstanding.subtract(1, ordering: .acquiringAndReleasing) }
        guard failure.withLock({ $0 == nil }) else { return }
        do {
            try body()
        } catch {
            failure.withLock { $0 = error }
        }
    }

    // MARK: On the queue

    private func connect() throws -> Pipeline {
        if let pipeline { return pipeline }
        let name = settings.applicationName(number == 0 ? "apply" : "apply \(number)")
        let connection = try Connection(settings.target, applicationName: name, settings: settings.targetSettings)
        let handle = connection.makeCanceller()
        canceller.withLock { $0 = handle }
        do throws(PostgresError) {
            try connection.execute("set session_replication_role = replica")
        } catch {
            guard error.sqlState == "42501" else { throw error }
            if number == 0 { report(.replicationRoleRefused) }
        }
        // Statements for many keys reach each row by its index, whatever the planner thinks of arrays.
        try connection.execute(
            "set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set jit = off")
        // A generic plan has all chunks of a hypertable.
        if tables.contains(where: \.isHypertable) { try connection.execute("set plan_cache_mode = force_custom_plan") }
        let pipeline = Pipeline(connection)
        self.pipeline = pipeline
        return pipeline
    }

    private func run(_ job: ApplyJob) throws {
        let pipeline = try connect()
        if !isInTransaction {
            try pipeline.send("begin")
            isInTransaction = true
        }
        let writer = PartWriter(pipeline: pipeline, tables: tables)
        var shortfalls: [Pipeline.Shortfall] = []
        var bytes = 0
        for segment in job.segments {
            if job.part == nil {
                for statement in segment.statements { try pipeline.send(statement.sql, statement.parameters) }
            }
            for (index, part) in segment.parts.enumerated() where job.part.map({ $0 == index }) ?? true {
                for note in part.notes {
                    try pipeline.send(note.sql, [String(settings.migration)] + note.parameters.dropFirst())
                }
                shortfalls += try writer.write(part)
                bytes += part.arena.bytes.count
            }
        }
        guard let ending = job.ending else {
            tell(shortfalls + (try pipeline.finish().shortfalls))
            FaultPoint.applyFlushedPart.pass()
            return
        }
        try commit(pipeline, ending, shortfalls, bytes)
    }

    private func commit(
        _ pipeline: Pipeline, _ ending: ApplyJob.Ending, _ shortfalls: [Pipeline.Shortfall], _ bytes: Int,
    ) throws {
        try pipeline.send(
            ApplyStore.advance,
            [
                String(settings.migration), String(settings.lane), ending.position.description,
                ending.committed.map { String($0.microseconds) }, String(ending.transactions), String(ending.changes),
                PostgresArray.literal(ending.from.map { String($0.worker) }),
                PostgresArray.literal(ending.from.map(\.position.description)),
            ], expecting: ending.from.count, label: -1)
        // The commit must not go out before it is known that nobody else moved the progress.
        let before = try pipeline.finish()
        let all = shortfalls + before.shortfalls
        if all.contains(where: { $0.label == -1 }) { throw ApplyFailure.progressMoved }
        tell(all)
        FaultPoint.applyBeforeCommit.pass()
        try pipeline.send("commit")
        try pipeline.send(ApplyStore.flushed, isCaptured: true)
        let answer = try pipeline.finish()
        isInTransaction = false
        FaultPoint.applyCommitted.pass()
        let missing = all.reduce(0) { $0 + max(0, $1.expected - $1.affected) }
        onCommit(number, ending, bytes, missing)
        note(answer.captured.first ?? [], committed: ending.position)
    }

    private func lookFlushed() throws {
        guard !written.isEmpty, !isInTransaction else { return }
        let pipeline = try connect()
        try pipeline.send(ApplyStore.flushed, isCaptured: true)
        note(try pipeline.finish().captured.first ?? [], committed: nil)
    }

    private func note(_ answer: [String?], committed: LSN?) {
        guard answer.count == 2, let insert = answer[0].flatMap({ LSN($0) }), let flush = answer[1].flatMap({ LSN($0) })
        else { return }
        if let committed { written.append(Written(position: committed, insertLSN: insert)) }
        guard let last = written.last(where: { $0.insertLSN <= flush }) else { return }
        written.removeAll { $0.position <= last.position }
        onFlush(number, last.position)
    }

    private func tell(_ shortfalls: [Pipeline.Shortfall]) {
        for shortfall in shortfalls where shortfall.label >= 0 {
            report(
                .unexpectedRows(
                    tables[shortfall.label].name, expected: shortfall.expected, affected: shortfall.affected))
        }
    }
}

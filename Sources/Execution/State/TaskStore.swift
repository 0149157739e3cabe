private import ChangeStream
private import LogicalDecoding
private import Planning
package import Postgres

/// Reads, claims and finishes the tasks of one migration.
package struct TaskStore {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    /// All tasks in the graph's order.
    package func all() throws -> [TaskRecord] {
        let rows = try connection.query(Self.selectAll, [String(migration)])
        return try rows.indices.map { row in
            TaskRecord(
                number: rows.int(row, 0) ?? 0,
                task: MigrationTask(
                    id: rows.text(row, 1), action: try StateStore.decode(rows.text(row, 2)),
                    needs: rows.array(row, 3).compactMap { Int($0) },
                    resource: MigrationTask.Resource(rawValue: rows.text(row, 4)) ?? .none,
                    weight: Int64(rows.text(row, 5)) ?? 0),
                state: TaskState(rawValue: rows.text(row, 6)) ?? .pending, attempts: rows.int(row, 7) ?? 0,
                generation: rows.int(row, 8), isRedo: rows.bool(row, 9), rows: rows[row, 10].flatMap { Int64($0) },
                bytes: rows[row, 11].flatMap { Int64($0) }, seconds: rows.double(row, 12), error: rows[row, 13],
                sqlState: rows[row, 14], warning: rows[row, 15], copied: Self.copied(rows[row, 16], rows[row, 17]))
        }
    }

    private static let selectAll = """
        select number, id, action, needs, resource, weight, state, attempts, generation, redo, rows, bytes,
            extract(epoch from coalesce(finished, clock_timestamp()) - started), error, sqlstate, warning,
            watermark, insert_lsn
        from skein.task where migration = $1 order by number
        """

    private static func copied(_ watermark: String?, _ insertLSN: String?) -> CopiedAt? {
        guard let watermark = watermark.flatMap({ Watermark($0) }), let lsn = insertLSN.flatMap({ LSN($0) }) else {
            return nil
        }
        return CopiedAt(watermark: watermark, insertLSN: lsn)
    }

    /// Numbers of the tasks that are done.
    package func done() throws -> [Int] {
        let rows = try connection.query(
            "select number from skein.task where migration = $1 and state = 'done'", [String(migration)])
        return rows.indices.compactMap { rows.int($0, 0) }
    }

    /// Numbers of the tasks that are not done.
    package func open() throws -> [Int] {
        let rows = try connection.query(
            "select number from skein.task where migration = $1 and state <> 'done'", [String(migration)])
        return rows.indices.compactMap { rows.int($0, 0) }
    }

    /// Whether a live process other than `holder` works on this migration.
    package func othersAlive(than holder: Int) throws -> Bool {
        try connection.scalar(selectOthers, [String(holder)]) != nil
    }

    private var selectOthers: String {
        """
        select true from pg_catalog.pg_locks l
        where \(holderIsAlive("l")) and l.objid <> $1::oid limit 1
        """
    }

    private func holderIsAlive(_ alias: String) -> String {
        """
        \(alias).locktype = 'advisory' and \(alias).classid = \(StateSchema.holderLockClass(migration)) and \
        \(alias).objsubid = 2
            and \(alias).granted
            and \(alias).database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        """
    }

    // MARK: Claims

    /// What came of trying to claim a task.
    package enum Claiming: Sendable, Equatable {
        /// `generation`: of the snapshot that a copy must be read under now.
        case claimed(claim: Int64, isRedo: Bool, generation: Int)
        case alreadyDone
        /// Another live process has it, or its ended session is not yet cleaned up.
        case taken
        /// Nobody has it, and it may not begin: something before it is to be done again.
        case blocked
    }

    /// Registers this process as a holder: its claims live as long as `connection`'s session does.
    package func registerHolder() throws -> Int {
        let text = try connection.scalar("select nextval('skein.holder')")
        guard let text, let holder = Int(text) else { throw StateError.unexpected("no holder number") }
        try connection.query(
            "select pg_catalog.pg_advisory_lock($1, $2)", [String(StateSchema.holderLockClass(migration)), text])
        return holder
    }

    /// Whether this very session still holds the lock that makes `holder` alive.
    package func isHeld(by holder: Int) throws -> Bool {
        try connection.scalar(
            """
            select true from pg_catalog.pg_locks l
            where \(holderIsAlive("l")) and l.objid = $1::oid and l.pid = pg_catalog.pg_backend_pid()
            """, [String(holder)]) != nil
    }

    /// Claims a task that is pending, or whose holder is gone, or is ours: a process tries a task once at a time.
    /// Commits by itself, so that others see it.
    /// - Parameters:
    ///   - needsAllRows: it is not claimed while pieces are to be copied again, whether it needs their tables directly
    ///     or through what is done already.
    ///   - worker: who does it, for the report.
    ///   - elapsed: what was done of it before it is claimed, seconds.
    package func claim(
        _ number: Int, holder: Int, needsAllRows: Bool = false, worker: TaskWorker? = nil, elapsed: Double = 0,
    ) throws -> Claiming {
        let rows = try connection.query(
            claimTask,
            [
                String(migration), String(number), String(holder), String(needsAllRows), worker.map { String($0.run) },
                worker?.name, String(elapsed),
            ])
        if rows.count > 0, let claim = rows[0, 0].flatMap({ Int64($0) }) {
            return .claimed(claim: claim, isRedo: rows.bool(0, 1), generation: rows.int(0, 2) ?? 0)
        }
        let state = try connection.scalar(
            "select state from skein.task where migration = $1 and number = $2", [String(migration), String(number)])
        return switch state.flatMap(TaskState.init(rawValue:)) {
        case .done: .alreadyDone
        case .pending: .blocked
        case .running, nil: .taken
        }
    }

    private var claimTask: String {
        """
        with candidate as (
            select c.number, c.state, c.run, c.worker, c.started from skein.task c
            where c.migration = $1 and c.number = $2 and (
                c.state = 'pending' or c.state = 'running' and (
                    -- Ours: of an attempt whose session ended before it could give the task back.
                    c.holder = $3 or not exists (
                        select from pg_catalog.pg_locks l where \(holderIsAlive("l")) and l.objid = c.holder::oid)))
                -- Another process may have reopened what this one saw done.
                and not exists (
                    select from skein.task n
                    where n.migration = $1 and n.number = any (c.needs) and n.state <> 'done')
                and not ($4::boolean and \(Self.isRedoing))
            for update skip locked),
        -- An attempt whose session was lost, for the report.
        lost as (
            insert into skein.attempt (migration, number, run, worker, began)
            select $1, c.number, c.run, c.worker, c.started from candidate c
            where c.state = 'running' and c.started is not null)
        update skein.task t
        set state = 'running', claim = nextval('skein.claim'), holder = $3, attempts = t.attempts + 1,
            started = clock_timestamp() - $7::double precision * interval '1 second', finished = null, run = $5,
            worker = $6
        from candidate c
        where t.migration = $1 and t.number = c.number
        returning t.claim, t.redo, (select m.generation from skein.migration m where m.id = $1)
        """
    }

    private static let isRedoing = """
        exists (select from skein.task r where r.migration = $1 and r.redo and r.state <> 'done')
        """

    /// Whether rows of tables that were complete before are missing now, because they are to be copied again.
    package func isRedoing() throws -> Bool {
        try connection.scalar("select \(Self.isRedoing)", [String(migration)]) == "t"
    }

    /// Begins a task's effect: locks its row for the rest of the transaction, so that nobody claims it meanwhile.
    /// - Throws: `ClaimLost` where the claim is no longer ours.
    package func hold(_ number: Int, claim: Int64) throws {
        let rows = try connection.query(
            "select from skein.task where migration = $1 and number = $2 and claim = $3 and state = 'running' for "
                + "update",
            [String(migration), String(number), String(claim)])
        guard rows.count == 1 else { throw ClaimLost() }
    }

    /// Marks a task as done, in the transaction that did it.
    /// - Parameter generation: of a copy, the snapshot's; the update finds nothing when a newer one has begun.
    /// - Throws: `ClaimLost`; the caller must roll back.
    package func finish(_ number: Int, claim: Int64, generation: Int? = nil, _ outcome: TaskOutcome) throws {
        let updated = try connection.query(
            Self.finishTask,
            [
                String(migration), String(number), String(claim), generation.map(String.init),
                outcome.rows.map { String($0) }, outcome.bytes.map { String($0) }, outcome.warning,
                outcome.copied?.watermark.description, outcome.copied?.insertLSN.description,
            ])
        guard updated.affectedRows == 1 else { throw ClaimLost() }
    }

    private static let finishTask = """
        update skein.task t
        set state = 'done', finished = clock_timestamp(), generation = $4::integer, rows = $5, bytes = $6,
            warning = $7, error = null, sqlstate = null, claim = null, holder = null, watermark = $8,
            insert_lsn = $9::pg_lsn
        where t.migration = $1 and t.number = $2 and t.claim = $3 and t.state = 'running'
            and ($4::integer is null
                or $4 = (select m.generation from skein.migration m where m.id = $1 for share))
        """

    /// Gives a task back. Harmless when the claim is no longer ours.
    package func release(_ number: Int, claim: Int64, error: String?, sqlState: String?) throws {
        try connection.query(
            Self.releaseTask, [String(migration), String(number), String(claim), error, sqlState])
    }

    /// What failed is kept apart, too, for the report: the task's next attempt takes its error away.
    private static let releaseTask = """
        with released as (
            update skein.task set state = 'pending', claim = null, holder = null, error = $4, sqlstate = $5
            where migration = $1 and number = $2 and claim = $3 and state = 'running'
            returning number, run, worker, started)
        insert into skein.attempt (migration, number, run, worker, began, ended, error, sqlstate)
        select $1, r.number, r.run, r.worker, r.started, clock_timestamp(), $4, $5 from released r
        where $4::text is not null
        """

    // MARK: Copying again

    /// Locks the finished pieces among `numbers` that agree with another snapshot than that of `generation`: nobody
    /// begins, finishes or resets them until the transaction ends.
    /// - Returns: their numbers; others were reset, or done again, by another process.
    package func lockStale(_ numbers: [Int], generation: Int) throws -> [Int] {
        let rows = try connection.query(
            """
            select number from skein.task
            where migration = $1 and number = any ($2::integer[]) and state = 'done' and generation is distinct from $3
            order by number for update
            """,
            [String(migration), PostgresArray.literal(numbers.map(String.init)), String(generation)])
        return rows.indices.compactMap { rows.int($0, 0) }
    }

    /// A finished piece agrees with the snapshot of `generation`.
    package func confirm(_ number: Int, generation: Int) throws {
        try connection.query(
            "update skein.task set generation = $3 where migration = $1 and number = $2 and state = 'done'",
            [String(migration), String(number), String(generation)])
    }

    /// Finished tasks are to be done again, over what they did.
    package func reopen(_ numbers: [Int]) throws {
        try connection.query(
            "update skein.task set state = 'pending' where migration = $1 and number = any ($2::integer[]) and "
                + "state = 'done'",
            [String(migration), PostgresArray.literal(numbers.map(String.init))])
    }

    /// Finished pieces were copied or compared again: their watermark is another now.
    package func recopied(_ numbers: [Int], _ copied: CopiedAt, slotGeneration: Int) throws {
        try connection.query(
            """
            update skein.task set watermark = $3, insert_lsn = $4::pg_lsn, slot_generation = $5
            where migration = $1 and number = any ($2::integer[]) and state = 'done'
            """,
            [
                String(migration), PostgresArray.literal(numbers.map(String.init)), copied.watermark.description,
                copied.insertLSN.description, String(slotGeneration),
            ])
    }

    /// A finished piece is to be copied again; its rows were deleted in the same transaction.
    package func reset(_ numbers: [Int]) throws {
        try connection.query(
            """
            update skein.task set state = 'pending', redo = true, generation = null, claim = null, holder = null
            where migration = $1 and number = any ($2::integer[])
            """,
            [String(migration), PostgresArray.literal(numbers.map(String.init))])
    }
}

/// Which process does a task, and which of its workers.
package struct TaskWorker: Sendable, Equatable {
    /// `RunRecord.run`.
    package var run: Int
    /// `table-jobs 1`
    package var name: String

    package init(run: Int, name: String) {
        self.run = run
        self.name = name
    }
}

/// Another process took the task over: whatever was done in this transaction must not be committed.
package struct ClaimLost: Error, Sendable {}

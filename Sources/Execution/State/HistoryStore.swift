package import PlanFile
package import Postgres

/// A process that worked on a migration. Times are seconds since 1970 by the target's clock.
package struct RunRecord: Sendable, Codable, Equatable {
    /// From 1, for each migration.
    package var run: Int
    package var host: String
    package var pid: Int
    package var skeinVersion: String
    package var began: Double
    /// When it last wrote anything.
    package var seen: Double
    /// Nil while it works, and where it was killed.
    package var ended: Double?
    /// How it ended, in a clause.
    package var outcome: String?
}

/// An attempt at a task that did not do it.
package struct AttemptRecord: Sendable, Codable, Equatable {
    package var number: Int
    package var run: Int?
    package var worker: String?
    package var began: Double
    /// Nil where its process or its session was gone before it could say.
    package var ended: Double?
    package var error: String?
    package var sqlState: String?
}

/// When and where a task was last tried.
package struct TaskTimes: Sendable, Equatable {
    package var number: Int
    package var run: Int?
    package var worker: String?
    package var began: Double?
    package var ended: Double?
}

/// How far a run was at one moment. Rates are bytes and rows a second.
package struct RunSample: Sendable, Codable, Equatable {
    /// Seconds since 1970 by the target's clock; 0 before it is written.
    package var time: Double
    package var run: Int
    /// By this run alone, bytes.
    package var copiedBytes: Int64
    /// Of the whole migration.
    package var tasksDone: Int
    package var running: Int
    /// Of the stream; nil offline, and before it has begun.
    package var lagBytes: Int64?
    package var lagSeconds: Double?
    package var sourceBytesPerSecond: Double?
    package var appliedBytesPerSecond: Double?
    package var changesPerSecond: Double?
    package var spoolBytes: Int64?
    package var retainedBytes: Int64?

    package init(time: Double = 0, run: Int, copiedBytes: Int64, tasksDone: Int, running: Int) {
        self.time = time
        self.run = run
        self.copiedBytes = copiedBytes
        self.tasksDone = tasksDone
        self.running = running
    }
}

/// What was known when a migration began: the checks' findings, and what the servers were.
package struct OriginRecord: Sendable, Codable, Equatable {
    package struct Server: Sendable, Codable, Equatable {
        /// `server_version`.
        package var version: String
        /// Of the extension; nil where the database has none.
        package var timescaleDB: String?
        package var database: String
        package var encoding: String
    }
    package var findings: [Diagnostic]
    package var source: Server
    package var target: Server
}

/// What a report tells beyond the tasks themselves: processes, failed attempts, how fast it went, what the checks said.
///
/// Nothing of the migration rests on it. Its tables are made, too, in the state of an earlier version of Skein when that
/// is gone on with; before, there is nothing to read.
package struct HistoryStore {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    private var id: String { String(migration) }

    /// Behind that of `skein.task`. Idempotent.
    static let ddl = """
        -- Of the last attempt: the process, and which of its workers.
        alter table skein.task add column if not exists run integer;
        alter table skein.task add column if not exists worker text;
        -- Processes that worked on a migration.
        create table if not exists skein.run (
            migration bigint not null references skein.migration on delete cascade,
            run integer not null,
            host text not null,
            pid integer not null,
            skein_version text not null,
            began timestamptz not null default clock_timestamp(),
            -- Later than the last sample it is not.
            seen timestamptz not null default clock_timestamp(),
            -- Null, too, of one that was killed.
            ended timestamptz,
            outcome text,
            primary key (migration, run)
        );
        -- Attempts that did not do their task.
        create table if not exists skein.attempt (
            migration bigint not null,
            number integer not null,
            run integer,
            worker text,
            began timestamptz not null,
            -- Null: its session ended before it could say.
            ended timestamptz,
            error text,
            sqlstate text,
            foreign key (migration, number) references skein.task (migration, number) on delete cascade
        );
        create index if not exists attempt_task on skein.attempt (migration, number);
        -- How far it was, every few seconds; thinned out as time goes by.
        create table if not exists skein.sample (
            migration bigint not null references skein.migration on delete cascade,
            time timestamptz not null default clock_timestamp(),
            run integer not null,
            copied_bytes bigint not null,
            tasks_done integer not null,
            running integer not null,
            lag_bytes bigint,
            lag_seconds double precision,
            source_rate double precision,
            applied_rate double precision,
            change_rate double precision,
            spool_bytes bigint,
            retained_bytes bigint
        );
        create index if not exists sample_time on skein.sample (migration, time);
        -- What the checks said when the migration began, and what the servers were.
        create table if not exists skein.origin (
            migration bigint primary key references skein.migration on delete cascade,
            origin jsonb not null
        );
        """

    /// Whether the state has these tables: one that an earlier version made has not, until it is gone on with.
    package func exists() throws -> Bool {
        try connection.scalar("select pg_catalog.to_regclass('skein.origin')") != nil
    }

    /// Makes them in the state of an earlier version. In the caller's transaction.
    ///
    /// A process of that version may hold rows of `skein.task` for as long as a piece takes: what waits for it would keep
    /// everybody from claiming tasks. So this gives up soon, and the same command tries again.
    package func prepare() throws {
        guard try !exists() else { return }
        try connection.query(
            "select pg_catalog.pg_advisory_xact_lock($1, 0)", [String(StateSchema.coordinationLockClass)])
        try connection.execute("set local client_min_messages = error; set local lock_timeout = '5s'")
        try connection.execute(Self.ddl)
    }

    // MARK: Origin

    func setOrigin(_ origin: OriginRecord) throws {
        try connection.query(
            "insert into skein.origin values ($1, $2) on conflict do nothing", [id, try StateStore.encode(origin)])
    }

    package func origin() throws -> OriginRecord? {
        let text = try connection.scalar("select origin from skein.origin where migration = $1", [id])
        return try text.map { try StateStore.decode($0) }
    }

    // MARK: Runs

    /// - Returns: the run's number.
    package func begin(host: String, pid: Int, skeinVersion: String) throws -> Int {
        let run = try connection.transaction {
            // Two that begin at once: the row of the migration decides who is first. In a statement of its own, since
            // one that waited would still see the runs as they were when it began.
            try connection.query("select from skein.migration where id = $1 for no key update", [id])
            return try connection.scalar(Self.insertRun, [id, host, String(pid), skeinVersion])
        }
        guard let run = run.flatMap({ Int($0) }) else { throw StateError.unexpected("no number for a run") }
        return run
    }

    private static let insertRun = """
        insert into skein.run (migration, run, host, pid, skein_version)
        select $1, coalesce(max(run), 0) + 1, $2, $3, $4 from skein.run where migration = $1
        returning run
        """

    package func end(_ run: Int, outcome: String) throws {
        try connection.query(
            """
            update skein.run set ended = clock_timestamp(), seen = clock_timestamp(), outcome = $3
            where migration = $1 and run = $2
            """, [id, String(run), outcome])
    }

    package func runs() throws -> [RunRecord] {
        let rows = try connection.query(Self.selectRuns, [id])
        return rows.indices.map { row in
            RunRecord(
                run: rows.int(row, 0) ?? 0, host: rows.text(row, 1), pid: rows.int(row, 2) ?? 0,
                skeinVersion: rows.text(row, 3), began: rows.double(row, 4) ?? 0, seen: rows.double(row, 5) ?? 0,
                ended: rows.double(row, 6), outcome: rows[row, 7])
        }
    }

    private static let selectRuns = """
        select run, host, pid, skein_version, extract(epoch from began), extract(epoch from seen),
            extract(epoch from ended), outcome
        from skein.run where migration = $1 order by run
        """

    // MARK: Samples

    /// - Returns: how long ago the migration's first sample was taken, seconds.
    @discardableResult
    package func add(_ sample: RunSample) throws -> Double {
        let age = try connection.scalar(
            Self.insertSample,
            [
                id, String(sample.run), String(sample.copiedBytes), String(sample.tasksDone), String(sample.running),
                sample.lagBytes.map { String($0) }, sample.lagSeconds.map { String($0) },
                sample.sourceBytesPerSecond.map { String($0) }, sample.appliedBytesPerSecond.map { String($0) },
                sample.changesPerSecond.map { String($0) }, sample.spoolBytes.map { String($0) },
                sample.retainedBytes.map { String($0) },
            ])
        return age.flatMap { Double($0) } ?? 0
    }

    private static let insertSample = """
        with seen as (update skein.run set seen = clock_timestamp() where migration = $1 and run = $2),
        added as (
            insert into skein.sample (migration, run, copied_bytes, tasks_done, running, lag_bytes, lag_seconds,
                source_rate, applied_rate, change_rate, spool_bytes, retained_bytes)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))
        select extract(epoch from clock_timestamp() - min(time)) from skein.sample where migration = $1
        """

    /// So many are kept at the most.
    package static let mostSamples = 1_500
    /// Between two samples, seconds: with a rate that falls as the migration grows old, few are thinned out again.
    package static func interval(age: Double) -> Double { max(1, age / 700) }

    /// Where there are too many, every second one goes; so do the oldest of very many failed attempts.
    package func thin() throws {
        try connection.query(Self.thinSamples, [id, String(Self.mostSamples)])
        try connection.query(Self.thinAttempts, [id, String(Self.mostAttempts)])
    }

    private static let mostAttempts = 5_000

    private static let thinSamples = """
        delete from skein.sample where ctid = any (array (
            select s.place from (
                select ctid as place, row_number() over (order by time) as number, count(*) over () as count
                from skein.sample where migration = $1) s
            where s.count > $2::bigint and s.number % 2 = 0))
        """

    private static let thinAttempts = """
        delete from skein.attempt where ctid = any (array (
            select ctid from skein.attempt where migration = $1 order by began desc offset $2::bigint))
        """

    package func samples() throws -> [RunSample] {
        let rows = try connection.query(Self.selectSamples, [id])
        return rows.indices.map { row in
            var sample = RunSample(
                time: rows.double(row, 0) ?? 0, run: rows.int(row, 1) ?? 0,
                copiedBytes: Int64(rows.int(row, 2) ?? 0), tasksDone: rows.int(row, 3) ?? 0,
                running: rows.int(row, 4) ?? 0)
            sample.lagBytes = rows[row, 5].flatMap { Int64($0) }
            sample.lagSeconds = rows.double(row, 6)
            sample.sourceBytesPerSecond = rows.double(row, 7)
            sample.appliedBytesPerSecond = rows.double(row, 8)
            sample.changesPerSecond = rows.double(row, 9)
            sample.spoolBytes = rows[row, 10].flatMap { Int64($0) }
            sample.retainedBytes = rows[row, 11].flatMap { Int64($0) }
            return sample
        }
    }

    private static let selectSamples = """
        select extract(epoch from time), run, copied_bytes, tasks_done, running, lag_bytes, lag_seconds, source_rate,
            applied_rate, change_rate, spool_bytes, retained_bytes
        from skein.sample where migration = $1 order by time
        """

    // MARK: Attempts and times

    package func attempts() throws -> [AttemptRecord] {
        let rows = try connection.query(Self.selectAttempts, [id])
        return rows.indices.map { row in
            AttemptRecord(
                number: rows.int(row, 0) ?? 0, run: rows.int(row, 1), worker: rows[row, 2],
                began: rows.double(row, 3) ?? 0, ended: rows.double(row, 4), error: rows[row, 5],
                sqlState: rows[row, 6])
        }
    }

    private static let selectAttempts = """
        select number, run, worker, extract(epoch from began), extract(epoch from ended), error, sqlstate
        from skein.attempt where migration = $1 order by began, number
        """

    /// Of all tasks, in their order.
    package func taskTimes() throws -> [TaskTimes] {
        let place = try exists() ? "run, worker" : "null, null"
        let rows = try connection.query(
            """
            select number, \(place), extract(epoch from started), extract(epoch from finished)
            from skein.task where migration = $1 order by number
            """, [id])
        return rows.indices.map { row in
            TaskTimes(
                number: rows.int(row, 0) ?? 0, run: rows.int(row, 1), worker: rows[row, 2],
                began: rows.double(row, 3), ended: rows.double(row, 4))
        }
    }
}

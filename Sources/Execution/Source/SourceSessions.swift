internal import Postgres

/// Reading sessions of the source's database.
enum SourceSessions {
    /// Columns for `read`: pid, application or role, seconds since its transaction began.
    static let columns = """
        a.pid, coalesce(nullif(a.application_name, ''), a.usename, a.backend_type, 'unknown'),
        extract(epoch from clock_timestamp() - a.xact_start)
        """

    /// Sessions that may write to this database, and are not ours: application, background workers.
    ///
    /// TimescaleDB's scheduler is the server's own superuser's, and writes but its own records; the jobs that it starts are
    /// sessions of their own.
    ///
    /// Without `pg_read_all_stats` nothing but database and role is shown of other roles' sessions.
    static let others = """
        a.datname = current_database() and a.pid <> pg_catalog.pg_backend_pid()
        and coalesce(not pg_catalog.starts_with(a.application_name, 'skein/'), true)
        and coalesce(
            a.backend_type not in (
                'walsender', 'autovacuum worker', 'autovacuum launcher', 'parallel worker',
                'logical replication launcher', 'TimescaleDB Background Worker Scheduler'),
            a.usesysid is not null)
        """

    static func read(_ source: Connection, _ sql: String, _ parameters: [String?] = []) throws -> [SessionFact] {
        let rows = try source.query(sql, parameters)
        return rows.indices.map { row in
            SessionFact(pid: rows.int(row, 0) ?? 0, application: rows.text(row, 1), seconds: rows.double(row, 2))
        }
    }

    /// Asks twenty times a second until nothing is left of what is waited for.
    /// - Returns: what is left after `seconds`.
    static func waitUntilNone<T>(
        _ connection: Connection, seconds: Double, _ left: () throws -> [T],
    ) throws -> [T] {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while true {
            let left = try left()
            if left.isEmpty || clock.now >= deadline { return left }
            try Task.checkCancellation()
            try connection.execute("select pg_catalog.pg_sleep(0.05)")
        }
    }
}

/// Statements on the source that lock above ACCESS SHARE: with a short `lock_timeout`, since whoever comes after a
/// waiting statement waits behind it, the application, too; and tried again (DESIGN.md, section 10).
enum PatientStatement {
    /// What the statement's lock conflicts with.
    enum Strength {
        /// `create publication`: SHARE UPDATE EXCLUSIVE (publicationcmds.c, OpenTableList).
        case shareUpdateExclusive
        /// `alter table`.
        case accessExclusive
    }

    /// Runs `body` in a transaction.
    /// - Parameters:
    ///   - what: the statement, for people.
    ///   - tables: oids of what it locks, to say who holds them.
    ///   - attempts: each waits up to 2 s, with growing pauses between.
    /// - Throws: `SourceError.locked` in the end.
    static func run(
        _ source: Connection, _ what: String, locking tables: [UInt32], _ strength: Strength, attempts: Int,
        _ body: () throws -> Void,
    ) throws {
        var pause = 0.1
        for attempt in 1...max(1, attempts) {
            do {
                return try source.transaction("begin; set local lock_timeout = '2s'", body)
            } catch let error as PostgresError where ["55P03", "40P01"].contains(error.sqlState) {
                let blockers = try blockers(source, tables, strength)
                guard attempt < attempts else { throw SourceError.locked(statement: what, blockers: blockers) }
                try Task.checkCancellation()
                try source.query("select pg_catalog.pg_sleep($1)", [String(pause)])
                pause = min(pause * 2, 5)
            }
        }
    }

    private static func blockers(
        _ source: Connection, _ tables: [UInt32], _ strength: Strength,
    ) throws -> [SessionFact] {
        let harmless =
            switch strength {
            case .shareUpdateExclusive: ["AccessShareLock", "RowShareLock", "RowExclusiveLock"]
            case .accessExclusive: [String]()
            }
        return try SourceSessions.read(
            source, selectBlockers,
            [PostgresArray.literal(tables.map { String($0) }), PostgresArray.literal(harmless)])
    }

    private static let selectBlockers = """
        select \(SourceSessions.columns)
        from pg_catalog.pg_stat_activity a
        where a.pid <> pg_catalog.pg_backend_pid() and a.pid in (
            select l.pid from pg_catalog.pg_locks l
            where l.granted and l.locktype = 'relation' and l.relation = any ($1::oid[]) and l.mode <> all ($2::text[])
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
        order by 3 desc nulls last
        """
}

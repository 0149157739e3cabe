private import Faults
private import PlanFile
package import Postgres

/// How the database's own `default_transaction_read_only` was before the fence.
package struct FenceBefore: Sendable, Codable, Equatable {
    /// Nil where the database had none.
    package var setting: String?
    package init(setting: String?) { self.setting = setting }
}

/// Keeps the application from writing to the source (DESIGN.md, section 9), and lets it again.
///
/// Our own sessions pin `default_transaction_read_only = off` (`SessionSettings`) and pass.
package struct Fence {
    private let source: Connection
    /// How long a session's end is waited for.
    private let patience: Duration

    package init(_ source: Connection, patience: Duration = .seconds(30)) {
        self.source = source
        self.patience = patience
    }

    // MARK: Before

    /// - Throws: `SourceError.fenceRefused` with everything that would pass the fence.
    package static func check(_ source: Connection, isReadOnly: Bool) throws {
        let problems = try FenceProblem.find(source, isReadOnly: isReadOnly)
        guard problems.isEmpty else { throw SourceError.fenceRefused(problems) }
    }

    /// Transactions of others in the source's database, the oldest first.
    /// - Parameter isWriting: only those that have written.
    package static func openTransactions(_ source: Connection, isWriting: Bool = false) throws -> [SessionFact] {
        try SourceSessions.read(
            source,
            """
            select \(SourceSessions.columns)
            from pg_catalog.pg_stat_activity a
            where \(SourceSessions.others) and a.pid in (
                select l.pid from pg_catalog.pg_locks l
                where l.locktype = '\(isWriting ? "transactionid" : "virtualxid")' and l.mode = 'ExclusiveLock')
            order by a.xact_start
            """)
    }

    /// Waits until the transactions that are open now have ended; new ones do not count.
    /// - Returns: what is still open of them after `seconds`.
    package static func waitForTransactions(_ source: Connection, seconds: Double) throws -> [SessionFact] {
        let (pids, transactions) = try started(source)
        return try SourceSessions.waitUntilNone(source, seconds: seconds) {
            try SourceSessions.read(source, selectStill, [pids, transactions])
        }
    }

    /// By their virtual ids, which every role sees, and no two transactions share.
    private static func started(_ source: Connection) throws -> (pids: String, transactions: String) {
        let rows = try source.query(
            """
            select a.pid, l.virtualtransaction
            from pg_catalog.pg_stat_activity a join pg_catalog.pg_locks l on l.pid = a.pid
            where \(SourceSessions.others) and l.locktype = 'virtualxid' and l.virtualxid = l.virtualtransaction
            """)
        return (
            PostgresArray.literal(rows.indices.map { rows.text($0, 0) }),
            PostgresArray.literal(rows.indices.map { rows.text($0, 1) })
        )
    }

    private static let selectStill = """
        select \(SourceSessions.columns)
        from pg_catalog.pg_stat_activity a
        join pg_catalog.pg_locks l on l.pid = a.pid
        join unnest($1::integer[], $2::text[]) t (pid, id) on t.pid = a.pid and t.id = l.virtualtransaction
        where l.locktype = 'virtualxid' and l.virtualxid = l.virtualtransaction
        order by a.xact_start
        """

    // MARK: The fence

    /// The database's own setting, to be recorded before `set`.
    package func before() throws -> FenceBefore {
        let text = try source.scalar(
            """
            select split_part(v.setting, '=', 2)
            from pg_catalog.pg_db_role_setting s cross join lateral unnest(s.setconfig) v (setting)
            where s.setrole = 0 and v.setting like 'default\\_transaction\\_read\\_only=%'
                and s.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())
            """)
        return FenceBefore(setting: text)
    }

    /// Makes the database read-only for new sessions, and ends all that began before. Done twice is harmless.
    /// - Returns: how many sessions were ended.
    /// - Throws: `SourceError`; the setting stays then, for `lift` to undo.
    @discardableResult
    package func set() throws -> Int {
        try refuseUnseen()
        try alter("set default_transaction_read_only = on")
        FaultPoint.fenceSet.pass()
        let ended = try endOlder(than: try settled())
        try endLeaks()
        return ended
    }

    /// Sessions of which not even the age is shown could not be told from ours, or from new ones.
    private func refuseUnseen() throws {
        let unseen = try SourceSessions.read(
            source,
            """
            select \(SourceSessions.columns)
            from pg_catalog.pg_stat_activity a where \(SourceSessions.others) and a.backend_start is null
            """)
        guard unseen.isEmpty else { throw SourceError.mayNotEnd(unseen) }
    }

    /// A moment after which every session that begins has the new setting.
    ///
    /// A session that is just beginning may have read the old one and not be shown yet. It holds a lock on the
    /// database's object from before it reads the settings until it is shown (postinit.c, InitPostgres), so those that
    /// hold it now are waited for.
    private func settled() throws -> String {
        let rows = try source.query(Self.selectBeginning)
        let pids = PostgresArray.literal(rows.indices.map { rows.text($0, 0) })
        let moment = try source.scalar("select pg_catalog.clock_timestamp()") ?? ""
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        let still = "select true from (\(Self.selectBeginning)) b (pid) where pid = any ($1::integer[]) limit 1"
        while try source.scalar(still, [pids]) != nil, clock.now < deadline {
            try Task.checkCancellation()
            try source.execute("select pg_catalog.pg_sleep(0.02)")
        }
        return moment
    }

    private static let selectBeginning = """
        select l.pid from pg_catalog.pg_locks l
        where l.locktype = 'object' and l.classid = 'pg_catalog.pg_database'::regclass and l.mode = 'RowExclusiveLock'
            and l.objid = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
            and l.pid <> pg_catalog.pg_backend_pid()
        """

    /// Ends sessions that began before a moment, and waits until they are gone.
    private func endOlder(than moment: String) throws -> Int {
        try end(
            """
            select \(SourceSessions.columns)
            from pg_catalog.pg_stat_activity a
            where \(SourceSessions.others) and a.backend_start <= $1::timestamptz
            """, [moment], patience: patience)
    }

    /// Ends what a query finds, until it finds nothing.
    /// - Returns: how many sessions that were.
    private func end(_ query: String, _ parameters: [String?], patience: Duration) throws -> Int {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        var ended: Set<Int> = []
        while true {
            let sessions = try SourceSessions.read(source, query, parameters)
            if sessions.isEmpty { return ended.count }
            guard clock.now < deadline else { throw SourceError.sessionsRemain(sessions) }
            var refused: [SessionFact] = []
            for session in sessions where !ended.contains(session.pid) {
                if try terminate(session.pid) { ended.insert(session.pid) } else { refused.append(session) }
            }
            guard refused.isEmpty else { throw SourceError.mayNotEnd(refused) }
            try Task.checkCancellation()
            try source.execute("select pg_catalog.pg_sleep(0.02)")
        }
    }

    /// - Returns: whether this role may do so.
    private func terminate(_ pid: Int) throws -> Bool {
        do {
            try source.query("select pg_catalog.pg_terminate_backend($1)", [String(pid)])
            return true
        } catch {
            if error.sqlState == "42501" { return false }
            throw error
        }
    }

    /// New sessions that write all the same have set `default_transaction_read_only` themselves: they are ended, and
    /// refused when they come again. What they do between two looks, the second marker finds.
    private func endLeaks() throws {
        do {
            _ = try end(Self.selectWriting, [], patience: .seconds(2))
        } catch SourceError.sessionsRemain(let sessions) {
            throw SourceError.fenceLeaks(sessions)
        }
    }

    /// A read-only transaction may write to temporary tables, and have an id for it.
    private static let selectWriting = """
        select \(SourceSessions.columns)
        from pg_catalog.pg_stat_activity a
        where \(SourceSessions.others) and a.pid in (
            select l.pid from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation
            where l.locktype = 'relation' and c.relpersistence <> 't' and c.relkind in ('r', 'p')
                and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
        """

    // MARK: Afterwards

    /// Puts the setting back exactly as it was, and ends the sessions that began under the fence: theirs would stay
    /// read-only until the application connects anew. Done twice is harmless.
    /// - Parameter wasSet: the state says that the fence stood; it may have been lifted since, by a run that was killed
    ///   before it ended the sessions.
    package func lift(_ before: FenceBefore, wasSet: Bool) throws {
        let isSet = try self.before() != before
        if isSet {
            if let setting = before.setting {
                try alter("set default_transaction_read_only = \(Self.literal(setting))")
            } else {
                try alter("reset default_transaction_read_only")
            }
            FaultPoint.fenceLifted.pass()
        }
        guard isSet || wasSet else { return }
        // Whoever may not end them could not have set the fence, and writers are free again either way.
        do { _ = try endOlder(than: try settled()) } catch is SourceError {}
    }

    /// The statement that lifts the fence of a completed cutover; for people.
    package func liftingStatement(_ before: FenceBefore) throws -> String {
        let database = QualifiedName.quotedIfNeeded(try source.scalar("select current_database()") ?? "")
        return before.setting.map {
            "alter database \(database) set default_transaction_read_only = \(Self.literal($0));"
        } ?? "alter database \(database) reset default_transaction_read_only;"
    }

    private static func literal(_ text: String) -> String { "'" + QualifiedName.doubling("'", in: text) + "'" }

    private func alter(_ change: String) throws {
        let database = QualifiedName.quoted(try source.scalar("select current_database()") ?? "")
        do {
            try source.transaction("begin; set local lock_timeout = '2s'; set local transaction_read_only = off") {
                try source.execute("alter database \(database) \(change)")
            }
        } catch let error as PostgresError where error.sqlState == "42501" {
            guard case .server(let refusal) = error else { throw error }
            throw SourceError.mayNotFence(refusal.message)
        }
    }
}

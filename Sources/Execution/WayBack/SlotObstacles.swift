private import Planning
internal import Postgres

/// What a slot on the target would wait for while the application stands still: a slot that is made waits for every
/// transaction of the whole server that has an id, prepared ones too (snapbuild.c, SnapBuildFindSnapshot).
struct SlotObstacles {
    private let target: Connection

    init(_ target: Connection) { self.target = target }

    /// Waits until the transactions that have an id now have ended; new ones do not count.
    /// - Throws: `SourceError.slotWouldWait` with what is still open of them after `seconds`.
    func wait(seconds: Double) throws {
        let rows = try target.query("select l.transactionid \(Self.held)")
        let transactions = PostgresArray.literal(rows.indices.map { rows.text($0, 0) })
        let open = try SourceSessions.waitUntilNone(target, seconds: seconds) { try left(transactions) }
        guard open.isEmpty else { throw SourceError.slotWouldWait(open, seconds: seconds) }
    }

    /// Each in words.
    private func left(_ transactions: String) throws -> [String] {
        let rows = try target.query(Self.selectLeft, [transactions])
        return rows.indices.map { row in
            let place = "database \(rows.text(row, 2))"
            if rows[row, 0] == nil { return "prepared transaction \(Piece.literal(rows.text(row, 1))) of \(place)" }
            return SessionFact(
                pid: rows.int(row, 0) ?? 0, application: "\(rows.text(row, 1)) in \(place)",
                seconds: rows.double(row, 3)
            ).description
        }
    }

    /// Every role sees them; a prepared transaction's has no process. Our own of this database end by themselves.
    private static let held = """
        from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
            and (l.pid is null or l.pid <> pg_catalog.pg_backend_pid())
            and not coalesce(
                a.datname = current_database() and pg_catalog.starts_with(a.application_name, 'skein/'), false)
        """

    private static let selectLeft = """
        select l.pid, coalesce(nullif(a.application_name, ''), a.usename, a.backend_type, p.gid, 'unknown'),
            coalesce(a.datname, p.database, 'unknown'),
            extract(epoch from clock_timestamp() - coalesce(a.xact_start, p.prepared)) age
        from (
            select l.pid, min(l.transactionid::text) id
            \(held) and l.transactionid::text = any ($1::text[])
            group by l.pid, case when l.pid is null then l.transactionid::text end
        ) l
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        left join pg_catalog.pg_prepared_xacts p on l.pid is null and p.transaction::text = l.id
        order by age desc nulls last
        """
}

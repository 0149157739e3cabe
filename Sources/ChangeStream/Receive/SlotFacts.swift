import LogicalDecoding
import Postgres

/// A slot as the source's catalogs show it.
struct SlotFacts: Equatable {
    var plugin: String
    /// Everything that commits before it may be gone.
    var confirmed: LSN
    /// Why it is of no use any more.
    var invalidation: String?
    var activePID: Int?
    var activeName: String?

    /// Nil where there is none of that name in the connection's database; another database's is none of our business.
    static func read(_ slot: String, _ connection: ReplicationConnection) throws(PostgresError) -> SlotFacts? {
        let since13 = connection.serverVersion >= 130_000 ? "s.wal_status" : "null"
        let since17 = connection.serverVersion >= 170_000 ? "s.invalidation_reason" : "null"
        let rows = try connection.query(
            """
            select s.plugin, coalesce(s.confirmed_flush_lsn, '0/0'), \(since13), \(since17), s.active_pid,
                   a.application_name
            from pg_catalog.pg_replication_slots s
            left join pg_catalog.pg_stat_activity a on a.pid = s.active_pid
            where s.slot_name = \(ReplicationConnection.literal(slot)) and s.database = pg_catalog.current_database()
            """)
        guard rows.count == 1 else { return nil }
        let isLost = rows[0, 2] == "lost"
        return SlotFacts(
            plugin: rows.text(0, 0), confirmed: LSN(rows.text(0, 1)) ?? LSN(rawValue: 0),
            invalidation: rows[0, 3] ?? (isLost ? "its WAL was removed" : nil), activePID: rows.int(0, 4),
            activeName: rows[0, 5])
    }
}

extension StreamOrigin {
    static func read(_ connection: ReplicationConnection) throws(PostgresError) -> StreamOrigin {
        let rows = try connection.query("IDENTIFY_SYSTEM")
        guard rows.count == 1, let timeline = rows.int(0, 1) else {
            throw .unexpected("IDENTIFY_SYSTEM gave no timeline")
        }
        return StreamOrigin(systemIdentifier: rows.text(0, 0), timeline: timeline)
    }
}

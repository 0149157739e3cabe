package import LogicalDecoding
package import Postgres

/// A replication slot as the source has it.
package struct SlotStatus: Sendable, Equatable {
    package var plugin: String
    /// The walsender that sends from it.
    package var activePID: Int?
    package var restartLSN: LSN?
    package var confirmedFlush: LSN?
    /// `reserved`, `extended`, `unreserved`, `lost`; from PostgreSQL 13 on.
    package var walStatus: String?
    /// `wal_removed`, `rows_removed`, `wal_level_insufficient`, `idle_timeout`; from PostgreSQL 17 on.
    package var invalidationReason: String?
    /// WAL that the source keeps for it, bytes.
    package var retainedBytes: Int64?
    /// How much more WAL may be written before the slot is in danger of being lost, bytes; nil without such a limit.
    package var safeWALSize: Int64?

    /// Why nothing can be received from it any more; nil where it is whole.
    package var lostBecause: String? {
        if let invalidationReason { return "it was invalidated (\(invalidationReason))" }
        if walStatus == "lost" {
            return "the source has removed WAL that it needs (max_slot_wal_keep_size)"
        }
        return nil
    }

    /// Nil where there is no slot of that name in this database.
    package static func read(_ source: Connection, slot: String) throws -> SlotStatus? {
        let version = source.serverVersion
        let rows = try source.query(
            """
            select plugin, active_pid, restart_lsn, confirmed_flush_lsn,
                \(version >= 130_000 ? "wal_status" : "null"), \(version >= 170_000 ? "invalidation_reason" : "null"),
                case when not pg_catalog.pg_is_in_recovery()
                    then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::bigint end,
                \(version >= 130_000 ? "safe_wal_size" : "null")
            from pg_catalog.pg_replication_slots where slot_name = $1 and database = current_database()
            """, [slot])
        guard rows.count > 0 else { return nil }
        return SlotStatus(
            plugin: rows.text(0, 0), activePID: rows.int(0, 1), restartLSN: rows[0, 2].flatMap { LSN($0) },
            confirmedFlush: rows[0, 3].flatMap { LSN($0) }, walStatus: rows[0, 4], invalidationReason: rows[0, 5],
            retainedBytes: rows[0, 6].flatMap { Int64($0) }, safeWALSize: rows[0, 7].flatMap { Int64($0) })
    }

    /// - Throws: `SourceError.slotElsewhere` where the name is taken by a slot that is not of this database.
    package static func refuseElsewhere(_ source: Connection, slot: String) throws {
        let rows = try source.query(
            """
            select database from pg_catalog.pg_replication_slots
            where slot_name = $1 and database is distinct from current_database()
            """, [slot])
        guard rows.count == 0 else { throw SourceError.slotElsewhere(slot: slot, database: rows[0, 0]) }
    }

    /// - Throws: `SourceError.slotLost` where there is none, or nothing can be received from it.
    @discardableResult
    package static func require(_ source: Connection, slot: String) throws -> SlotStatus {
        guard let status = try read(source, slot: slot) else {
            throw SourceError.slotLost(slot: slot, reason: "it was dropped")
        }
        if let reason = status.lostBecause { throw SourceError.slotLost(slot: slot, reason: reason) }
        return status
    }
}

internal import Postgres

extension CatalogReading {
    /// Slots that bear a name as a migration's, of whatever name, by name; those of other databases, too, since a name is
    /// taken for all.
    func migrationSlots() throws -> [Catalog.ReplicationSlot] {
        try connection.query(Self.slotQuery).rows { row in
            var slot = Catalog.ReplicationSlot(
                name: row.text(), plugin: row.text(), isActive: row.bool(),
                retainedBytes: row.optionalInt().map { Int64($0) })
            let (isHere, database) = (row.bool(), row.optionalText())
            if !isHere { slot.elsewhere = database.map { .database($0) } ?? .server }
            return slot
        }
    }

    /// An invalidated slot has no `restart_lsn`.
    private static let slotQuery = """
        select s.slot_name, coalesce(s.plugin, ''), s.active,
            pg_catalog.pg_wal_lsn_diff(
                case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                    else pg_catalog.pg_current_wal_lsn() end,
                s.restart_lsn)::bigint,
            s.database is not distinct from pg_catalog.current_database(), s.database
        from pg_catalog.pg_replication_slots s
        where pg_catalog.left(s.slot_name::text, 6) = 'skein_'
        order by s.slot_name
        """
}

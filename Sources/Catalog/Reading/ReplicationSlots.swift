internal import Postgres

extension CatalogReading {
    /// Slots of this database that a migration has made, of whatever name, by name.
    func migrationSlots() throws -> [Catalog.ReplicationSlot] {
        try connection.query(Self.slotQuery).rows { row in
            Catalog.ReplicationSlot(
                name: row.text(), plugin: row.text(), isActive: row.bool(),
                retainedBytes: row.optionalInt().map { Int64($0) })
        }
    }

    /// An invalidated slot has no `restart_lsn`.
    private static let slotQuery = """
        select s.slot_name, s.plugin, s.active,
            pg_catalog.pg_wal_lsn_diff(
                case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                    else pg_catalog.pg_current_wal_lsn() end,
                s.restart_lsn)::bigint
        from pg_catalog.pg_replication_slots s
        where s.slot_type = 'logical' and s.database = pg_catalog.current_database()
            and pg_catalog.left(s.slot_name::text, 6) = 'skein_'
        order by s.slot_name
        """
}

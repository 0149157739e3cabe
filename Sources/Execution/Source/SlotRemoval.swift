package import Postgres

/// Drops slots of ours; never one of another database, which may bear the same name.
package enum SlotRemoval {
    /// Ends our own walsender that still holds the slot after a kill, by its application's name, and drops the slot.
    /// - Parameters:
    ///   - planName: as written; nil where whoever receives from it is somebody else's concern.
    ///   - seconds: how long the slot's release is waited for.
    /// - Returns: whether there was one.
    /// - Throws: `SourceError.slotInUse`.
    @discardableResult
    package static func drop(
        _ source: Connection, slot: String, endingSessionsOf planName: String?, within seconds: Double = 10,
    ) throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var wasThere = false
        while true {
            guard try source.scalar(selectSlot, [slot]) != nil else { return wasThere }
            wasThere = true
            let users = try SourceSessions.read(source, selectUser, [slot])
            if let user = users.first {
                let isOurs = planName.map { user.application.hasPrefix("skein/\($0)/") } ?? false
                guard isOurs, clock.now < deadline else { throw SourceError.slotInUse(slot: slot, by: user) }
                try source.query("select pg_catalog.pg_terminate_backend($1)", [String(user.pid)])
            } else {
                if try dropUnused(source, slot) { return true }
                // Else somebody took it between the two.
            }
            try Task.checkCancellation()
            try source.execute("select pg_catalog.pg_sleep(0.05)")
        }
    }

    /// - Returns: false where it is in use again.
    private static func dropUnused(_ source: Connection, _ slot: String) throws -> Bool {
        do {
            try source.query("select pg_catalog.pg_drop_replication_slot($1)", [slot])
            return true
        } catch {
            switch error.sqlState {
            case "55006": return false
            case "42704": return true
            default: throw error
            }
        }
    }

    private static let selectSlot = """
        select slot_name from pg_catalog.pg_replication_slots where slot_name = $1 and database = current_database()
        """
    private static let selectUser = """
        select \(SourceSessions.columns)
        from pg_catalog.pg_replication_slots s join pg_catalog.pg_stat_activity a on a.pid = s.active_pid
        where s.slot_name = $1
        """
}

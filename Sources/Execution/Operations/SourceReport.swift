package import PlanFile
private import Planning
private import Postgres

/// What the source says of a live migration right now: `status` shows it beside what the target's state holds.
package struct SourceReport: Sendable, Codable, Equatable {
    package struct Slot: Sendable, Codable, Equatable {
        package var name: String
        package var isActive: Bool
        /// `reserved`, `extended`, `unreserved`, `lost`; nil before PostgreSQL 13.
        package var walStatus: String?
        /// WAL that is kept because of it, bytes.
        package var retainedBytes: Int64?
        /// How much more may be written before it is lost, bytes; nil where nothing limits it.
        package var safeBytes: Int64?
    }

    /// Why nothing is known of the source.
    package var problem: String?
    package var slot: Slot?
    /// Its end of WAL.
    package var end: String?

    /// Whether a slot that the migration needs is there no more, or is of no use.
    package var hasLostSlot: Bool { problem == nil && (slot == nil || slot?.walStatus == "lost") }

    /// Asks the source. Never throws for what a server says: `status` works while the source is down.
    package static func read(_ plan: Plan) async throws -> SourceReport {
        let slot = SourceNames(plan: plan.name.value.identifier).slot
        do {
            return try await ServerAccess(plan, .source, purpose: "status").run { source in
                let isOld = source.serverVersion < 130_000
                let rows = try source.query(isOld ? selectOldSlot : selectSlot, [slot])
                var report = SourceReport()
                report.end = rows[0, 0]
                if let name = rows[0, 1] {
                    report.slot = Slot(
                        name: name, isActive: rows.bool(0, 2), walStatus: rows[0, 3],
                        retainedBytes: rows[0, 4].flatMap { Int64($0) }, safeBytes: rows[0, 5].flatMap { Int64($0) })
                }
                return report
            }
        } catch let error as CancellationError {
            throw error
        } catch let findings as DiagnosticsError {
            return SourceReport(problem: findings.diagnostics.first?.summary ?? "the source cannot be reached")
        } catch let refusal as ServerRefusal {
            return SourceReport(problem: TaskFailure(task: "", refusal).text)
        }
    }

    private static func statement(_ status: String) -> String {
        """
        select w.here, s.slot_name, s.active, \(status)
        from (select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                else pg_catalog.pg_current_wal_insert_lsn() end as here) w
        left join pg_catalog.pg_replication_slots s
            on s.slot_name = $1 and s.database = current_database()
        """
    }

    private static let selectSlot = statement(
        """
        s.wal_status, pg_catalog.pg_wal_lsn_diff(w.here, s.restart_lsn)::bigint, s.safe_wal_size
        """)
    private static let selectOldSlot = statement(
        """
        null, pg_catalog.pg_wal_lsn_diff(w.here, s.restart_lsn)::bigint, null
        """)
}

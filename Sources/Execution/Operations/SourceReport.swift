package import PlanFile
private import Planning
package import Postgres

/// What the source says of a live migration right now: `status` shows it beside what the target's state holds.
package struct SourceReport: Sendable, Codable, Equatable {
    package struct Slot: Sendable, Codable, Equatable {
        package var name: String
        package var isActive: Bool
        /// `reserved`, `extended`, `unreserved`, `lost`; nil before PostgreSQL 13.
        package var walStatus: String?
        /// WAL that is kept because of it, bytes.
        package var retainedBytes: Int64?
        /// How much more may be written before it is in danger of being lost, bytes; nil where nothing limits it.
        package var safeBytes: Int64?
        /// Why nothing can be received from it any more.
        package var lostBecause: String?
    }

    /// A table followed for inserts only, whose rows were updated or deleted.
    package struct ChangedTable: Sendable, Codable, Equatable {
        package var table: String
        /// Nil where the source's counters were reset: nobody knows.
        package var updated: Int64?
        package var deleted: Int64?

        package init(table: String, updated: Int64? = nil, deleted: Int64? = nil) {
            self.table = table
            self.updated = updated
            self.deleted = deleted
        }
    }

    /// Why nothing is known of the source.
    package var problem: String?
    package var slot: Slot?
    /// Its end of WAL.
    package var end: String?
    package var changed: [ChangedTable] = []
    /// Slots, publications and schemas of migrations that the target knows nothing of.
    package var leftovers: [SourceLeftover] = []

    package init(problem: String? = nil) { self.problem = problem }

    /// What has to be known of the state to ask the source.
    package struct Question: Sendable {
        /// Names of all migrations that the target holds the state of.
        fileprivate var known: [String]
        fileprivate var counters: RowCounters?
        fileprivate var tables: [UInt32: QualifiedName]

        /// Nil where the migration is not a live one.
        package static func of(_ target: Connection, name: String) throws -> Question? {
            let store = StateStore(target)
            guard let record = try store.migration(named: name), let following = record.decisions.following else {
                return nil
            }
            let followed = following.tables.filter { $0.identity == .insertsOnly }
            return Question(
                known: try store.names(), counters: try StreamStore(target, migration: record.id).rowCounters(),
                tables: Dictionary(followed.map { ($0.oid, $0.name) }) { first, _ in first })
        }
    }

    /// Asks the source. Never throws for what a server says: `status` works while the source is down.
    package static func read(_ plan: Plan, _ question: Question) async throws -> SourceReport {
        let name = plan.name.value.identifier
        do {
            return try await ServerAccess(plan, .source, purpose: "status").run { source in
                var report = SourceReport()
                report.end = try source.scalar(selectEnd)
                let names = SourceNames(plan: name)
                if let slot = try SlotStatus.read(source, slot: names.slot) {
                    report.slot = Slot(
                        name: names.slot, isActive: slot.activePID != nil, walStatus: slot.walStatus,
                        retainedBytes: slot.retainedBytes, safeBytes: slot.safeWALSize, lostBecause: slot.lostBecause)
                }
                report.changed = try changed(source, question)
                let known = (question.known.map { PlanName(text: $0).identifier } + [name])
                    .map { SourceNames(plan: $0) }
                report.leftovers = try SourceLeftovers.abandoned(source, known: known)
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

    private static let selectEnd = """
        select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
            else pg_catalog.pg_current_wal_insert_lsn() end
        """

    private static func changed(_ source: Connection, _ question: Question) throws -> [ChangedTable] {
        guard let before = question.counters, !question.tables.isEmpty else { return [] }
        let changes = try RowCounters.read(source, tables: Array(question.tables.keys)).changes(since: before)
        return changes.compactMap { oid, change in
            question.tables[oid].map { table in
                switch change {
                case .changed(let updated, let deleted):
                    ChangedTable(table: table.description, updated: updated, deleted: deleted)
                case .unknown: ChangedTable(table: table.description)
                }
            }
        }.sorted { $0.table < $1.table }
    }
}

package import PlanFile
internal import Planning
internal import Postgres

/// The way back to the source (`cutover.fallback`): from the cutover on, what the application changes on the target is
/// carried back by the machinery that carried it forth, with both ends exchanged.
///
/// Its state is a migration of its own, and lies in schema `skein` of the *source*: there the changes are applied, and
/// the progress is in the transactions that apply them, so that each is applied exactly once. That there is a way back,
/// and what became of it, is also in the target's state, in the cutover's report.
package enum WayBack {
    /// What its state, spool and sessions are called after.
    package static func name(of plan: Plan) -> String { plan.name.value.text + "-back" }

    /// In its settings: the id of the migration whose way back it is.
    static let migrationKey = "way-back-of"

    /// Its row in the source's state; nil where there is none. One of another migration is not told apart here.
    package static func record(_ plan: Plan) async throws -> MigrationRecord? {
        let name = name(of: plan)
        return try await ServerAccess(plan, .source, purpose: "back").run { source in
            try record(source, name)
        }
    }

    static func record(_ source: Connection, _ name: String) throws -> MigrationRecord? {
        do {
            guard let record = try StateStore(source).migration(named: name), record.settings[migrationKey] != nil
            else { return nil }
            return record
        } catch StateError.unknownFormat {
            // State of another version of Skein, which is no way back of this one.
            return nil
        }
    }
}

extension RunContext {
    /// The run of a way back: the plan's target is where changes come from.
    init(back record: MigrationRecord, of plan: Plan, retryFor: Double) throws {
        self.init(
            planName: record.name, migration: record.id, source: try ConnectionTarget(plan.target.uri.value),
            target: try ConnectionTarget(plan.source.uri.value), sourceVersion: record.source.version,
            targetVersion: record.target.version, sourceIsStandby: false, decisions: record.decisions, tasks: [],
            tableJobs: 1, indexJobs: 1, retryFor: retryFor, verify: .none, plan: plan)
        direction = .back
        uid = record.uid
        sourceIdentity = record.source
    }
}

package import PlanFile
private import Planning
package import Postgres

/// Removes what a migration left: on the source slot, publications, markers, changed identities and an abandoned
/// cutover's fence; then its state on the target, which knows what the source was like.
package enum CleanOperation {
    package struct Found: Sendable, Codable, Equatable {
        /// Whether there is any state of the migration.
        package var hasState: Bool
        package var isFinished: Bool
        package var isRunning: Bool
        package var done: Int
        package var tasks: Int
    }

    /// What was removed.
    package struct Removed: Sendable, Codable, Equatable {
        package var state: Bool
        /// Nil offline, where nothing is made on the source.
        package var source: SourceCleaned?
        /// Of the way back, removed from the target; nil where there was none.
        package var wayBack: SourceCleaned?
    }

    package static func look(_ target: Connection, name: String) throws -> Found {
        let status = try StatusReport.read(target, name: name)
        return Found(
            hasState: status.phase != .notStarted, isFinished: status.phase == .finished,
            isRunning: status.isRunning, done: status.done, tasks: status.tasks)
    }

    /// Harmless when there is nothing, and when it was killed in between and is run again.
    /// - Throws: as `ServerAccess.run`; `SourceError`.
    package static func run(_ plan: Plan) async throws -> Removed {
        let wayBack = plan.mode.value == .live ? try await WayBackCleaning.run(plan) : nil
        let cleaned = try await cleanSource(plan)
        let name = plan.name.value.text
        let removed = try await ServerAccess(plan, .target, purpose: "clean").run { try removeState($0, name: name) }
        return Removed(state: removed, source: cleaned, wayBack: wayBack)
    }

    /// What the source holds of a live migration; the state stays, so that it can be done again.
    /// - Returns: nil offline.
    static func cleanSource(_ plan: Plan) async throws -> SourceCleaned? {
        guard plan.mode.value == .live else { return nil }
        let name = plan.name.value
        let traces = try await ServerAccess(plan, .target, purpose: "clean").run {
            try SourceTraces.read($0, planName: name.text)
        }
        return try await ServerAccess(plan, .source, purpose: "clean").run { source in
            try SourceCleaning(source, names: SourceNames(plan: name.identifier), planName: name.text).run(traces)
        }
    }

    /// Replica identities that the dump has taken over from what was changed on the source go with it: nobody else knows
    /// of them.
    /// - Returns: whether there was anything.
    @discardableResult
    package static func removeState(_ target: Connection, name: String) throws -> Bool {
        try target.transaction {
            let store = StateStore(target)
            if let record = try store.migration(named: name), record.finished == nil {
                let identities = try StreamStore(target, migration: record.id).identities()
                try SourceIdentities.restore(identities, on: target)
            }
            return try store.remove(migrationNamed: name)
        }
    }
}

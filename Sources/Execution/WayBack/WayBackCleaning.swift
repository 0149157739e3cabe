private import Faults
package import PlanFile
private import Planning
private import Postgres

/// Ends the way back: removes its slot, publication and identities from the target, and its state from the source.
package enum WayBackCleaning {
    /// Whether somebody carries changes back right now.
    package static func isRunning(_ plan: Plan) async throws -> Bool {
        let name = WayBack.name(of: plan)
        return try await ServerAccess(plan, .source, purpose: "clean").run { source in
            guard let record = try WayBack.record(source, name) else { return false }
            return try FollowStore(source, migration: record.id).isFollowed()
        }
    }

    /// Harmless where there is nothing, and when it was killed in between and is run again: what is on the target goes
    /// first, while the source's state still knows of it.
    /// - Parameter lifting: a rollback's fence, too, which else stays on the target.
    /// - Returns: what was removed from the target; nil where there was no way back.
    @discardableResult
    package static func run(_ plan: Plan, lifting: Bool = false) async throws -> SourceCleaned? {
        let name = WayBack.name(of: plan)
        let found = try await ServerAccess(plan, .source, purpose: "clean").run { source -> SourceTraces? in
            guard try WayBack.record(source, name) != nil else { return nil }
            return try SourceTraces.read(source, planName: name)
        }
        guard var traces = found else { return nil }
        if lifting { traces.isCompleted = false }
        let (names, known) = (SourceNames(plan: plan.name.value.identifier, isBack: true), traces)
        let cleaned = try await ServerAccess(plan, .target, purpose: "clean").run { target in
            try SourceCleaning(target, names: names, planName: name).run(known)
        }
        FaultPoint.fallbackCleaned.pass()
        try await ServerAccess(plan, .source, purpose: "clean").run { source in
            try source.transaction { _ = try StateStore(source).remove(migrationNamed: name) }
        }
        return cleaned
    }
}

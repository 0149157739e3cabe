internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Roles, which policies and user mappings of the dump name; the database's settings, which views and indexes may
    /// depend on.
    /// - Returns: what the schema waits for.
    mutating func addRoleTasks() -> [Int] {
        var result: [Int] = []
        if let roles = access.roles, !roles.isEmpty { result.append(add(nil, .createRoles, after: [])) }
        if let database = access.database, !database.isEmpty {
            result.append(add(nil, .setDatabase, after: result))
        }
        return result
    }

    /// A hypertable's owner, where it is handed over while it is empty: TimescaleDB makes its chunks for whoever owns it,
    /// and only a superuser hands over chunks, which lie in a schema of TimescaleDB's own.
    func ownerFromTheStart(of relation: Catalog.Relation) -> String? {
        guard !target.server.isSuperuser, access.owners?[relation.owner] != nil else { return nil }
        return relation.owner
    }

    /// Owners, then privileges: when everything else is done that is done before, because they lock what builds lock, too.
    /// - Parameter needs: nil: everything so far.
    mutating func addRightsTasks(_ stage: RightsPlanner.Stage, after needs: [Int]? = nil) {
        var needs = needs ?? graph.sinks
        let hasAggregates = !(selection.exclusions.aggregates ?? []).isEmpty
        let (hasOwners, hasPrivileges): (Bool, Bool) =
            switch stage {
            case .all, .early: (true, true)
            case .late:
                (
                    selection.relations.contains { $0.kind == .materializedView } || source.largeObjectCount > 0
                        || hasAggregates,
                    source.largeObjectCount > 0 || hasAggregates,
                )
            case .eventTriggers: (!selection.eventTriggers.isEmpty, false)
            }
        let name: String? = stage == .all || stage == .early ? nil : stage.rawValue
        if plan.grants.owners.value, hasOwners { needs = [add(name, .setOwners(stage), after: needs)] }
        if plan.grants.privileges.value, hasPrivileges { add(name, .grantPrivileges(stage), after: needs) }
    }
}

internal import Catalog
internal import PlanFile

/// Decides what of roles, owners, privileges and the database's own settings a migration applies, for its graph: a
/// function of plan and catalogs. Owners and privileges themselves are compared again when it is time.
struct AccessPlanner {
    let plan: Plan
    let source: Catalog
    let target: Catalog
    let exclusions: Exclusions
    private(set) var diagnostics: [Diagnostic] = []

    /// - Parameter exclusions: what is not made on the target by this migration.
    init(plan: Plan, source: Catalog, target: Catalog, exclusions: Exclusions) {
        self.plan = plan
        self.source = source
        self.target = target
        self.exclusions = exclusions
    }

    mutating func decide() -> AccessDecision {
        var decision = AccessDecision()
        let sourceProvider = ProviderRoles(RecognisedProvider(plan.source.provider.value, source).profile)
        let targetProvider = ProviderRoles(RecognisedProvider(plan.target.provider.value, target).profile)
        decision.providerRoles = source.access.roles.map(\.name).filter(sourceProvider.owns)
        var planner = RolePlanner(
            plan, source: source, target: target, sourceProvider: sourceProvider, targetProvider: targetProvider)
        decision.roles = planner.decide()
        diagnostics += planner.names.diagnostics
        decision.database = database()
        let names = roles(decision.roles)
        // Not yet made, the objects belong to whoever makes them.
        var there = source.access
        let owner = target.server.user
        for position in there.objects.indices {
            there.objects[position].owner = owner
            there.objects[position].privileges = nil
            there.objects[position].columnPrivileges = []
        }
        there.defaults = target.access.defaults
        let rights = RightsPlanner(
            source: source.access, sourceVersion: source.server.versionNumber, target: there, roles: names,
            maker: RoleMaker(target.server, target.access, provider: targetProvider), exclusions: exclusions,
            providerRoles: Set(decision.providerRoles))
        if plan.grants.owners.value { decision.owners = owners(rights) }
        if plan.grants.privileges.value {
            decision.privileges = Dictionary(
                rights.privileges(.all).statements.map { ($0.kind, 1) },
                uniquingKeysWith: +)
        }
        decision.missingRoles = missing(names.union(decision.providerRoles))
        return decision
    }

    /// All that the target will have.
    private func roles(_ decision: RolesDecision?) -> Set<String> {
        Set(target.server.roles).union(target.access.roles.map(\.name)).union(decision?.roles.map(\.role.name) ?? [])
    }

    private func owners(_ rights: RightsPlanner) -> [String: Int] {
        Dictionary(rights.owners(.all).statements.compactMap { $0.newOwner.map { ($0, 1) } }, uniquingKeysWith: +)
    }

    private func missing(_ names: Set<String>) -> [String: Int] {
        var counts: [String: Int] = [:]
        let excluded = Set(exclusions.objects + (exclusions.present ?? []))
        let schemas = Set(exclusions.schemas)
        let first = Set(source.access.roles.filter(\.isFirst).map(\.name))
        for object in source.access.objects
        where !excluded.contains(ExcludedObject(catalog: object.id.catalog, oid: object.id.oid))
            && !(object.schema.map(schemas.contains) ?? false)
        {
            var named: Set<String> = []
            if plan.grants.owners.value { named.insert(object.owner) }
            if plan.grants.privileges.value {
                named.formUnion(
                    ((object.privileges ?? []) + object.columnPrivileges).compactMap(\.grantee)
                        .filter { $0 != object.owner })
            }
            for role in named.subtracting(first) where !names.contains(role) {
                counts[role, default: 0] += 1
            }
        }
        return counts
    }

    // MARK: The database

    /// A fence is one, or was; it is nothing that a new database begins with.
    private static let fences: Set<String> = ["default_transaction_read_only"]

    private func database() -> DatabaseDecision? {
        guard plan.select.databaseSettings?.value ?? true else { return nil }
        var decision = DatabaseDecision()
        let present = target.access.settings.filter { $0.role == nil }
        for setting in source.access.settings where setting.role == nil && setting.isOfDatabase {
            if Self.fences.contains(setting.name) {
                decision.leftOut.append(LeftOut(setting.name, "it would keep the application from writing"))
            } else if let there = present.first(where: { $0.isOfDatabase && $0.name == setting.name }) {
                guard there.value != setting.value else { continue }
                decision.leftOut.append(LeftOut(setting.name, "the target database has its own: \(there.value)"))
            } else {
                decision.settings.append(setting)
            }
        }
        if let comment = source.access.databaseComment, target.access.databaseComment != comment {
            if target.access.databaseComment == nil {
                decision.comment = comment
            } else {
                decision.leftOut.append(LeftOut("comment", "the target database has its own"))
            }
        }
        return decision.isEmpty && decision.leftOut.isEmpty ? nil : decision
    }
}

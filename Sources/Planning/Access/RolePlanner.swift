internal import Catalog
internal import PlanFile

/// Decides which of the source's roles the target gets, and as what: a function of plan and catalogs.
struct RolePlanner {
    private let plan: Plan
    private let source: Catalog.Access
    private let target: Catalog.Access
    private let maker: RoleMaker
    private let sourceProvider: ProviderRoles
    private let targetProvider: ProviderRoles
    /// Of what the target has, and its own.
    private let present: Set<String>
    private(set) var names = NameMatching()

    init(
        _ plan: Plan, source: Catalog, target: Catalog, sourceProvider: ProviderRoles, targetProvider: ProviderRoles,
    ) {
        self.plan = plan
        self.source = source.access
        self.target = target.access
        self.sourceProvider = sourceProvider
        self.targetProvider = targetProvider
        maker = RoleMaker(target.server, target.access, provider: targetProvider)
        present = Set(target.server.roles).union(target.access.roles.map(\.name))
    }

    mutating func decide() -> RolesDecision? {
        guard plan.roles.migrate.value else { return nil }
        var decision = RolesDecision()
        decision.takesPasswords = plan.roles.passwords.value
        let all = source.roles.map(\.name)
        let included = matches(plan.roles.include ?? [], among: all, key: "roles.include")
        let excluded = matches(plan.roles.exclude, among: all, key: "roles.exclude")
        let restricts = plan.roles.include?.isEmpty == false
        var taken: Set<String> = []
        for role in source.roles {
            if let why = reason(role, included: !restricts || included.contains(role.name), excluded) {
                decision.leftOut.append(LeftOut("role \(QualifiedName.quotedIfNeeded(role.name))", why))
                continue
            }
            taken.insert(role.name)
            decision.roles.append(wanted(role))
        }
        for membership in source.memberships { add(membership, taken, restricts, to: &decision) }
        return decision
    }

    /// An exclusion that names a provider's role may stand in a plan whose source has none.
    private mutating func matches(
        _ entries: [Located<NamePattern>], among all: [String], key: String,
    ) -> Set<String> {
        let meant = entries.filter { entry in
            key == "roles.include" || all.contains(where: entry.value.matches) || !isProviders(entry.value.text)
        }
        return names.matches(meant, among: all, key: key, noun: "role")
    }

    private func isProviders(_ pattern: String) -> Bool {
        let stem = String(pattern.filter { $0 != "*" && $0 != "?" })
        return sourceProvider.owns(stem) || sourceProvider.owns(pattern) || ProviderRoles.standard.owns(stem)
    }

    /// Why a role is not taken; nil where it is.
    private func reason(_ role: Catalog.Role, included: Bool, _ excluded: Set<String>) -> String? {
        if excluded.contains(role.name) { return "the plan excludes it" }
        if !included { return "the plan does not include it" }
        if role.isFirst { return "it is the source's first superuser" }
        let there = target.roles.first { $0.name == role.name }
        if there?.isFirst == true { return "it is the target's first superuser" }
        if sourceProvider.owns(role.name) { return "it is the source's provider's" }
        if targetProvider.owns(role.name) { return "the name is kept by the target's provider" }
        if role.name == maker.name { return "Skein connects to the target with the role of that name" }
        if !maker.isSuperuser, there?.attributes.contains(.superuser) == true {
            return "it is a superuser on the target, whom \(maker.name) may not alter"
        }
        if !maker.mayCreateRoles {
            return present.contains(role.name)
                ? "it exists on the target, and \(maker.name) may not alter roles there"
                : "\(maker.name) may not create roles on the target"
        }
        return nil
    }

    private func wanted(_ role: Catalog.Role) -> RoleDecision {
        let there = target.roles.first { $0.name == role.name }
        var decision = RoleDecision(role: role, existed: there != nil)
        for attribute in role.attributes.sorted() where there?.attributes.contains(attribute) != true {
            let isElevated = [.superuser, .replication, .bypassrls].contains(attribute)
            let refusal =
                maker.refusal(attribute)
                ?? (there != nil && isElevated ? "a role that exists already gets no such right by a migration" : nil)
            guard let refusal else { continue }
            decision.role.attributes.remove(attribute)
            decision.lowered.append(LeftOut(attribute.rawValue.uppercased(), refusal))
        }
        decision.settings = source.settings.filter { $0.role == role.name }
        if let there { decision.differences = RoleStatements.differences(decision, there, target.settings) }
        return decision
    }

    private func add(
        _ membership: Catalog.Membership, _ taken: Set<String>, _ restricts: Bool, to decision: inout RolesDecision,
    ) {
        // What neither end of is taken along is none of this migration's business.
        guard taken.contains(membership.member) || taken.contains(membership.role) else { return }
        let what =
            "membership of \(QualifiedName.quotedIfNeeded(membership.member)) in "
            + QualifiedName.quotedIfNeeded(membership.role)
        for end in [membership.role, membership.member] where !taken.contains(end) {
            if end.hasPrefix("pg_"), present.contains(end) { continue }
            guard !decision.leftOut.contains(where: { $0.what == what }) else { return }
            decision.leftOut.append(LeftOut(what, "\(QualifiedName.quotedIfNeeded(end)) is not migrated"))
            return
        }
        decision.memberships.append(membership)
    }
}

import Catalog
import PlanFile

/// Roles that the source's definitions name.
enum RoleChecks {
    static let all = [policyRoles]

    private static let policyRoles = Check(
        "SK240", "A policy names a role that the target lacks",
        """
        `create policy … to role` fails when the role does not exist. Roles are not migrated in this release: create \
        the roles that policies name on the target (they may be without login), or leave the tables out.
        """
    ) { context, findings in
        let known = Set(context.target.server.roles)
        var tables: [String: [String]] = [:]
        for policy in context.source.policies where context.selected.relations.contains(policy.table) {
            guard let relation = context.relation(policy.table) else { continue }
            for role in policy.roles where !known.contains(role) {
                tables[role, default: []].append("\(QualifiedName.quotedIfNeeded(policy.name)) on \(relation.name)")
            }
        }
        for (role, policies) in tables.sorted(by: { $0.key < $1.key }) {
            findings.add(
                .error, "role \(QualifiedName.quotedIfNeeded(role)) does not exist on the target",
                why: "Row security policies name it: \(Wording.list(policies.sorted())). "
                    + "They could not be created. Roles are not migrated in this release.",
                cure: "run on the target", statement: "create role \(QualifiedName.quoted(role));",
                object: QualifiedName.quotedIfNeeded(role), at: Side.target.location(context))
        }
    }
}

import Catalog
import PlanFile

/// What the plan may already say and this release does not do yet.
enum LaterChecks {
    static let all = [roles]

    private static let roles = Check(
        "SK241", "Roles and grants are not applied yet",
        """
        The keys `roles` and `grants` are read and checked, but moving roles, owners and privileges comes with a later \
        release. Everything belongs to the connected role afterwards; create roles and grant rights on the target by \
        hand.
        """
    ) { context, findings in
        let plan = context.plan
        let asked: [(String, SourceLocation?)] = [
            ("roles.migrate", plan.roles.migrate.value ? plan.roles.migrate.location : nil),
            ("roles.passwords", plan.roles.passwords.value ? plan.roles.passwords.location : nil),
            ("grants.owners", plan.grants.owners.value ? plan.grants.owners.location : nil),
            ("grants.privileges", plan.grants.privileges.value ? plan.grants.privileges.location : nil),
        ].filter { $0.1 != nil }
        guard let first = asked.first else { return }
        findings.add(
            .note, "not yet applied: \(asked.map(\.0).joined(separator: ", "))",
            why: "Moving roles and rights comes with a later release; "
                + "everything will belong to \(QualifiedName.quotedIfNeeded(context.target.server.user)).",
            cure: "create roles and grant rights on the target afterwards", object: first.0, at: first.1)
    }
}

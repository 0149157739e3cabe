import Catalog
import PlanFile

/// What the plan may already say and this release does not do yet.
enum LaterChecks {
    static let all = [roles, policies]

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

    private static let policies = Check(
        "SK530", "Columnstore and retention are not applied yet",
        """
        `columnstore` and `retention` of a hypertable are read and checked, but setting them up comes with a later \
        release: add the policies on the target after the migration. They need TimescaleDB's community licence; the \
        Apache-2 build, which Debian packages, answers "not supported under the current license".
        """
    ) { context, findings in
        let isApache = context.target.server.timescaleLicense == "apache"
        for entry in context.plan.hypertables {
            let keys = [entry.columnstore == nil ? nil : "columnstore", entry.retention == nil ? nil : "retention"]
                .compactMap(\.self)
            guard !keys.isEmpty else { continue }
            let location = entry.retention?.dropAfter.location ?? entry.columnstore?.after?.location ?? entry.location
            let table = entry.table.value
            findings.add(
                isApache ? .warning : .note,
                "not yet applied: \(keys.joined(separator: " and ")) of \(table)",
                why: isApache
                    ? "This comes with a later release, and the target's TimescaleDB has the Apache licence, which "
                        + "offers neither."
                    : "This comes with a later release.",
                cure: isApache
                    ? "use a target with TimescaleDB's community build" : "add the policies on the target afterwards",
                object: table.description, at: location)
        }
    }
}

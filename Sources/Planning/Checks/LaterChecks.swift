import Catalog
import PlanFile

/// What the plan may already say and this release does not do yet.
enum LaterChecks {
    static let all = [policies]

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

import Catalog
import PlanFile

/// Whether the servers run where the plan says they do.
enum ProviderChecks {
    static let all = [contradiction(.source, "SK111"), contradiction(.target, "SK229")]

    private static func contradiction(_ side: Side, _ code: String) -> Check {
        Check(
            code, "The \(side) does not look like what the plan calls it",
            """
            `\(side).provider` says who runs the server: how settings are changed there, which roles, schemas and \
            extensions are the provider's own and stay behind, and what the connected role may do. Skein recognises it \
            by settings (`rds.*`, `tsdb_admin.*`), roles (`rdsadmin`, `_aiven`, `tsdbadmin`) and functions \
            (`aurora_version`); where the plan says something else, the plan's word is taken. A superuser's server is \
            never a service's.
            """
        ) { context, findings in
            let recognised = context.provider(side)
            guard recognised.isContradicted else { return }
            let key = side == .source ? context.plan.source.provider : context.plan.target.provider
            findings.add(
                .warning,
                "the plan says that the \(side) is \(key.value.rawValue), and it looks like \(recognised.seen.name)",
                why: recognised.signs.isEmpty
                    ? "It shows nothing of \(recognised.profile.name), or its role is a superuser."
                    : "It shows \(Wording.list(recognised.signs)).",
                cure: "say `\(side): {provider: \(recognised.seen.provider.rawValue)}`, or `auto`",
                object: key.value.rawValue, at: key.location ?? side.location(context))
        }
    }
}

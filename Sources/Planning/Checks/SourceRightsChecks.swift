import Catalog
import PlanFile

/// What the connected role must be allowed to do on the source, beyond reading tables.
enum SourceRightsChecks {
    static let all = [largeObjects, fence, sessions]

    private static let largeObjects = Check(
        "SK415", "Large objects may not be read",
        """
        Each large object has an owner and privileges of its own. Those that the connected role may not read cannot be \
        copied. `pg_read_all_data` does not reach them; membership in their owners does, and so does \
        `lo_compat_privileges = on`.
        """
    ) { context, findings in
        let count = context.source.rights.unreadableLargeObjects
        guard count > 0 else { return }
        let server = context.source.server
        let user = QualifiedName.quoted(server.user)
        findings.add(
            .error,
            "role \(QualifiedName.quotedIfNeeded(server.user)) may not read \(Wording.count(count, "large object")) "
                + "of the source",
            why: "They belong to other roles.",
            cure: "connect as a member of their owners, or run on the source as their owners (or a superuser)",
            statement: """
                do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata loop \
                execute format('grant select on large object %s to %I', o, \(Piece.literal(server.user))); \
                end loop; end $$;
                """,
            object: user, at: Side.source.location(context))
    }

    private static func fences(_ context: CheckContext) -> Bool {
        context.plan.mode.value == .live && context.plan.cutover.fence.value == .readOnly
    }

    private static let fence = Check(
        "SK717", "The role may not make the source's database read-only",
        """
        `fence: read-only` sets `default_transaction_read_only` for the source's database, which its owner (or a \
        member of it) and superusers may. With `fence: none` the application is stopped by you.
        """
    ) { context, findings in
        let (server, rights) = (context.source.server, context.source.rights)
        guard fences(context), !server.isSuperuser, !rights.ownsDatabase else { return }
        let profile = context.provider(.source).profile
        findings.add(
            .error,
            "role \(QualifiedName.quotedIfNeeded(server.user)) may not make the source's database read-only",
            why: "It belongs to \(QualifiedName.quotedIfNeeded(rights.databaseOwner)).",
            cure: profile.owns(role: rights.databaseOwner)
                ? "say `cutover: {fence: none}` and stop the application yourself: the database's owner is "
                    + "\(profile.name)'s own"
                : "say `cutover: {fence: none}` and stop the application yourself, or run on the source as "
                    + profile.strongestRole,
            statement: profile.owns(role: rights.databaseOwner)
                ? nil
                : "grant \(QualifiedName.quoted(rights.databaseOwner)) to \(QualifiedName.quoted(server.user));",
            object: QualifiedName.quotedIfNeeded(server.database),
            at: context.plan.cutover.fence.location ?? Side.source.location(context))
    }

    private static let sessions = Check(
        "SK718", "The role may not end the application's sessions",
        """
        `fence: read-only` ends the sessions that began before it, which needs `pg_signal_backend`, and to see them \
        `pg_read_all_stats` (a superuser's sessions only a superuser can end). Without these rights the cutover would \
        be refused where other roles are connected. On RDS and Aurora members of `rds_superuser` have both.
        """
    ) { context, findings in
        let server = context.source.server
        let member = Set(server.roleMemberships)
        let missing = ["pg_signal_backend", "pg_read_all_stats"].filter { role in
            !member.contains(role) && !(role == "pg_read_all_stats" && member.contains("pg_monitor"))
        }
        guard fences(context), !server.isSuperuser, !missing.isEmpty else { return }
        findings.add(
            .warning,
            "role \(QualifiedName.quotedIfNeeded(server.user)) may not end other roles' sessions on the source",
            why: "It is no member of \(missing.joined(separator: ", ")); `cutover` is refused while others are "
                + "connected.",
            cure: "say `cutover: {fence: none}`, or run on the source as "
                + context.provider(.source).profile.strongestRole,
            statement: "grant \(missing.joined(separator: ", ")) to \(QualifiedName.quoted(server.user));",
            object: QualifiedName.quotedIfNeeded(server.user),
            at: context.plan.cutover.fence.location ?? Side.source.location(context))
    }
}

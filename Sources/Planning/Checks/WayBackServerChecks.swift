import Catalog
import PlanFile

/// What `cutover.fallback` needs of the servers. Silent where the plan asks for no way back.
enum WayBackServerChecks {
    static let all = [
        offline, walLevel, slots, senders, replicationRight, plugin, sourceRights, owners, unfenced, slotName,
    ]

    static func isAsked(_ context: CheckContext) -> Bool {
        context.plan.mode.value == .live && context.plan.cutover.opensFallback
    }

    static func location(_ context: CheckContext) -> SourceLocation? { context.plan.cutover.fallback?.location }

    private static let offline = Check(
        "SK730", "An offline migration has no way back",
        """
        `cutover.fallback` carries what the application changes on the target back to the source, from a cutover on. An \
        offline migration has no cutover: the application stands still until it is over.
        """
    ) { context, findings in
        guard context.plan.mode.value == .offline, context.plan.cutover.opensFallback else { return }
        findings.add(
            .error, "`cutover.fallback` is for live migrations, and this one is offline",
            cure: "say `mode: live`, or leave `fallback` out", at: location(context))
    }

    private static let walLevel = Check(
        "SK731", "The target does not write logical WAL",
        """
        With `cutover.fallback`, a replication slot on the target brings its changes back to the source. This needs \
        `wal_level = logical` on the target, which takes effect after a restart (RDS and Aurora: \
        `rds.logical_replication = 1`).
        """
    ) { context, findings in
        let server = context.target.server
        guard isAsked(context), let level = server.setting("wal_level"), level != "logical" else { return }
        let change = context.change("wal_level", to: "'logical'", .restart, on: .target)
        findings.add(
            .error, "wal_level of the target is \(level); `cutover.fallback` needs logical", cure: change.cure,
            statement: change.statement, object: "wal_level", at: location(context))
    }

    private static let slots = Check(
        "SK732", "The target has no replication slot left",
        "`cutover.fallback` needs one replication slot on the target; `max_replication_slots` there are all in use."
    ) { context, findings in
        guard isAsked(context) else { return }
        StreamRequirements(context, .target, at: location(context)).slots(&findings)
    }

    private static let senders = Check(
        "SK733", "The target has no WAL sender left",
        "`cutover.fallback` needs one replication connection to the target; `max_wal_senders` there are all in use."
    ) { context, findings in
        guard isAsked(context) else { return }
        StreamRequirements(context, .target, at: location(context)).senders(&findings)
    }

    private static let replicationRight = Check(
        "SK734", "The role may not replicate from the target",
        """
        `cutover.fallback` opens a replication connection to the target, which needs the REPLICATION attribute (or a \
        superuser); on RDS and Aurora, membership in `rds_replication`. Services that give it to no role have no way back.
        """
    ) { context, findings in
        let server = context.target.server
        guard isAsked(context), !server.hasReplication, !server.isSuperuser else { return }
        let (user, profile) = (QualifiedName.quoted(server.user), context.provider(.target).profile)
        let statement =
            profile.replicationRole.map { "grant \($0) to \(user);" }
            ?? (profile.mayHave(.replication) ? "alter role \(user) replication;" : nil)
        findings.add(
            .error, "role \(QualifiedName.quotedIfNeeded(server.user)) of the target may not replicate",
            cure: statement == nil
                ? "leave `fallback` out: \(profile.name) gives that right to no such role"
                : "run on the target as \(profile.strongestRole)",
            statement: statement, object: QualifiedName.quotedIfNeeded(server.user), at: location(context))
    }

    private static let plugin = Check(
        "SK735", "The target does not allow the output plugin of the way back",
        """
        The target's changes are read by pgoutput, from PostgreSQL 14 on; where it has hypertables by test_decoding \
        (or by wal2json, where the plan says so), because a publication would miss chunks that are made later. \
        `output_plugin_libraries` of newer minor releases must list it.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        let server = context.target.server
        let plugin = WayBackPlugin.choose(
            context.plan.replication.plugin.value,
            hasHypertables: context.hypertables.contains { $0.becomesHypertable || $0.isThere })
        if plugin == .pgoutput, server.versionNumber < 140_000 {
            findings.add(
                .error, "the target runs PostgreSQL \(server.major), and a way back by pgoutput needs 14",
                cure: "say `replication: {plugin: test_decoding}`", at: location(context))
        }
        StreamRequirements(context, .target, at: location(context)).allows(plugin, &findings)
    }

    private static let sourceRights = Check(
        "SK736", "The role may not write to the source as the way back needs",
        """
        What is carried back is written to the source's tables, by the connected role: it must own them or be a member \
        of their owners, may set `session_replication_role`, so that triggers and foreign keys of the source do not do \
        again what they did on the target, and may create a schema in the source's database, for the progress.
        """
    ) { context, findings in
        let server = context.source.server
        guard isAsked(context), !server.isSuperuser else { return }
        let (user, database) = (QualifiedName.quoted(server.user), QualifiedName.quoted(server.database))
        let name = QualifiedName.quotedIfNeeded(server.user)
        if !server.canSetReplicationRole {
            let isGrantable = server.major >= 15 && context.provider(.source).profile.provider == .postgres
            findings.add(
                .error, "role \(name) of the source may not set session_replication_role",
                why: "Triggers and foreign keys of the source would fire for what is carried back.",
                cure: isGrantable
                    ? "run on the source, as a superuser"
                    : "let source.uri name \(context.provider(.source).profile.strongestRole), or leave `fallback` out",
                statement: isGrantable
                    ? "grant set on parameter session_replication_role to \(user);" : nil,
                object: "session_replication_role", at: location(context))
        }
        if !server.canCreateInDatabase {
            findings.add(
                .error, "role \(name) may not create schemas in the source database",
                why: "The progress of the way back is kept there.", cure: "run on the source, as the database's owner",
                statement: "grant create on database \(database) to \(user);",
                object: QualifiedName.quotedIfNeeded(server.database), at: location(context))
        }
        let foreign = server.notOwned(of: context.copied)
        if let first = foreign.first {
            findings.add(
                .error,
                "role \(name) may not write to \(Wording.count(foreign.count, "table")) of the source: "
                    + Wording.list(foreign.map(\.name.description)),
                why: "They belong to other roles.",
                cure: "connect to the source as the tables' owner, or run there",
                statement: "grant \(QualifiedName.quoted(first.owner)) to \(user);", object: first.name.description,
                at: location(context))
        }
    }

    private static let owners = Check(
        "SK737", "Tables that get other owners on the target cannot be published there",
        """
        With `grants: {owners: true}` the target's tables belong to their owners of the source at the end. Only a \
        table's owner may publish it or change its replica identity, which the way back needs, and a role without \
        superuser rights is a member of them only while the migration runs.
        """
    ) { context, findings in
        guard isAsked(context), context.plan.grants.owners.value, !context.target.server.isSuperuser else { return }
        findings.add(
            .error, "`grants.owners` and `cutover.fallback` together need a superuser on the target",
            why: "The way back publishes tables that belong to other roles by then.",
            cure: "let target.uri name a superuser, or leave one of the two out", at: location(context))
    }

    private static let unfenced = Check(
        "SK738", "Nothing keeps the application from writing to the source while the way back is open",
        """
        While the way back is open, the target's changes are written to the source, and nothing else may write there: \
        rows would be overwritten, or be in the way. `fence: read-only` keeps the application out, and a rollback lifts \
        it. With `fence: none` it is on you, and a rollback has to wait until nobody writes to the target.
        """
    ) { context, findings in
        guard isAsked(context), context.plan.cutover.fence.value == .none else { return }
        findings.add(
            .warning,
            "`cutover.fallback` without a fence: nothing keeps the application off the source after the cutover",
            why: "What it would write there mixes with what is carried back.",
            cure: "say `cutover: {fence: read-only}`",
            at: context.plan.cutover.fence.location ?? location(context))
    }

    private static let slotName = Check(
        "SK739", "The name of the way back's replication slot is taken on the target",
        """
        The slot of the way back is called after the plan, and names of slots are shared by all databases of a server. \
        Another database's slot is never touched: the way back of its migration rests on it.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        let names = SourceNames(plan: context.plan.name.value.identifier, isBack: true)
        SourceLeftoverChecks.addTaken(names.slot, .target, "The way back's slot", context, &findings)
    }
}

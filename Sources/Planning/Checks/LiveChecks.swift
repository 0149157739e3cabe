import Catalog
import PlanFile

/// What following the source needs of its server. Silent where the plan's mode is offline.
enum LiveChecks {
    static let all = [walLevel, slots, senders, replicationRight, pluginAllowed, keptWal, senderTimeout, spoolRoom]

    private static func isLive(_ context: CheckContext) -> Bool { context.plan.mode.value == .live }

    private static let walLevel = Check(
        "SK701", "The source does not write logical WAL",
        """
        Following a source needs `wal_level = logical`, which takes effect after a restart. On RDS and Aurora it is \
        the parameter `rds.logical_replication = 1` of the (cluster's) parameter group, applied by a reboot; other \
        services set it in their console.
        """
    ) { context, findings in
        let server = context.source.server
        guard isLive(context), let level = server.setting("wal_level"), level != "logical" else { return }
        let change = context.change("wal_level", to: "'logical'", .restart, on: .source)
        findings.add(
            .error, "wal_level of the source is \(level); a live migration needs logical", cure: change.cure,
            statement: change.statement, object: "wal_level", at: Side.source.location(context))
    }

    private static let slots = Check(
        "SK702", "The source has no replication slot left",
        "A live migration needs one replication slot; `max_replication_slots` of the source are all in use."
    ) { context, findings in
        guard isLive(context) else { return }
        StreamRequirements(context, .source, at: Side.source.location(context)).slots(&findings)
    }

    private static let senders = Check(
        "SK703", "The source has no WAL sender left",
        "A live migration needs one replication connection; `max_wal_senders` of the source are all in use."
    ) { context, findings in
        guard isLive(context) else { return }
        StreamRequirements(context, .source, at: Side.source.location(context)).senders(&findings)
    }

    private static let replicationRight = Check(
        "SK704", "The role may not replicate",
        """
        A replication connection needs the REPLICATION attribute (or a superuser); on RDS and Aurora, membership in \
        `rds_replication`.
        """
    ) { context, findings in
        let server = context.source.server
        guard isLive(context), !server.hasReplication, !server.isSuperuser else { return }
        let user = QualifiedName.quoted(server.user)
        let profile = context.provider(.source).profile
        let admin = profile.administrators.first ?? ""
        findings.add(
            .error, "role \(QualifiedName.quotedIfNeeded(server.user)) of the source may not replicate",
            why: profile.replicationRole.map { "On \(profile.name), membership in \($0) gives that right." },
            cure: profile.replicationRole == nil && !profile.mayHave(.replication)
                ? "let source.uri name \(admin): \(profile.name) gives the right to no other role"
                : "run on the source as \(profile.strongestRole)",
            statement: profile.replicationRole.map { "grant \($0) to \(user);" }
                ?? (profile.mayHave(.replication) ? "alter role \(user) replication;" : nil),
            at: Side.source.location(context))
    }

    private static let pluginAllowed = Check(
        "SK705", "The source does not allow the output plugin",
        """
        Minor releases of 2026 have the setting `output_plugin_libraries` (by default `pgoutput, test_decoding`), \
        which lists the plugins that may be used. The list must keep the others. A reload is enough. `plugin: auto` takes \
        one that is listed.
        """
    ) { context, findings in
        guard isLive(context) else { return }
        let location = context.plan.replication.plugin.location ?? Side.source.location(context)
        StreamRequirements(context, .source, at: location).allows(context.pluginChoice.plugin, &findings)
    }

    private static let keptWal = Check(
        "SK706", "The source may throw away WAL that the migration needs",
        """
        With `max_slot_wal_keep_size` set, the server invalidates a slot that keeps more WAL than this: after a long \
        outage of the target or of Skein's machine the stream would be lost. Skein notices at once, and `--repair` \
        compares all pieces again; better to have room.
        """
    ) { context, findings in
        // In megabytes; -1 is no limit.
        guard isLive(context), let limit = context.source.server.number("max_slot_wal_keep_size"), limit >= 0 else {
            return
        }
        let change = context.change("max_slot_wal_keep_size", to: "-1", .reload, on: .source)
        findings.add(
            .warning, "max_slot_wal_keep_size of the source is \(limit) MB",
            why: "A slot that keeps more WAL than this, after a long outage, is invalidated.",
            cure: "for the time of the migration, \(change.cure)",
            statement: change.statement, object: "max_slot_wal_keep_size",
            at: Side.source.location(context))
    }

    private static let senderTimeout = Check(
        "SK707", "The source ends slow replication connections early",
        """
        `wal_sender_timeout` ends a replication connection that has not answered for so long. Under 30 s, a short \
        stall of the network or of the spool's disk ends it; it is opened again, and the stream goes on.
        """
    ) { context, findings in
        // In milliseconds; 0 is never.
        guard isLive(context), let timeout = context.source.server.number("wal_sender_timeout"),
            (1..<30_000).contains(timeout)
        else { return }
        let change = context.change("wal_sender_timeout", to: "'60s'", bare: "60000", .reload, on: .source)
        findings.add(
            .warning, "wal_sender_timeout of the source is \(timeout) ms",
            why: "A short stall of network or disk ends the replication connection.", cure: change.cure,
            statement: change.statement, object: "wal_sender_timeout",
            at: Side.source.location(context))
    }

    private static let spoolRoom = Check(
        "SK708", "The spool's disk is smaller than the plan lets the spool grow",
        """
        With `spool: {mode: disk}`, changes wait on this machine until they are applied. When the disk is full, Skein \
        stops receiving and goes on applying; the source keeps its WAL meanwhile. Nothing is lost, but the source's \
        disk fills instead.
        """
    ) { context, findings in
        let spool = context.plan.replication.spool
        guard isLive(context), spool.mode.value == .disk, let free = context.machine.freeSpoolBytes,
            free < spool.maxSize.value.bytes
        else { return }
        findings.add(
            .warning,
            "\(Wording.size(bytes: free)) are free in \(spool.directory.value); the spool may grow to "
                + Wording.size(bytes: spool.maxSize.value.bytes),
            why: "When the disk is full, the source has to keep its WAL instead.",
            cure: "name a folder on a larger disk (`replication.spool.directory`), or a smaller `max-size`",
            object: spool.directory.value, at: spool.directory.location ?? spool.maxSize.location)
    }
}

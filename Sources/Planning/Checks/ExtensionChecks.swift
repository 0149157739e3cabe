import Catalog
import PlanFile

/// The source's extensions, and TimescaleDB, on the target.
enum ExtensionChecks {
    static let all = [missing, otherVersion, otherSchema, preload, timescaleMissing, timescaleVersion, superusers]

    /// What must be loaded at the server's start to work, or to be created at all.
    private static let needPreloading: Set<String> = [
        "citus", "pg_cron", "pg_net", "pg_qualstats", "pg_squeeze", "pg_stat_kcache", "pg_stat_monitor",
        "pg_stat_statements", "pg_wait_sampling", "pgaudit", "pglogical", "pgsodium", "set_user", "timescaledb",
    ]

    /// Debian's packages, where their name is not `postgresql-NN-<extension>`.
    private static let packages = [
        "vector": "pgvector", "postgis": "postgis-3", "postgis_topology": "postgis-3", "postgis_raster": "postgis-3",
        "pg_cron": "cron", "timescaledb": "timescaledb", "pg_partman": "partman", "hll": "hll", "h3": "h3",
        "pg_repack": "repack", "pgaudit": "pgaudit", "periods": "periods", "rum": "rum", "ip4r": "ip4r",
    ]

    private static let missing = Check(
        "SK230", "An extension is not available on the target",
        """
        An extension of the source is created on the target before anything that uses it; its files must be installed \
        on the target's machine. Install its package there, or leave it out with `select.extensions.exclude`, which \
        leaves out what depends on it as well.
        """
    ) { context, findings in
        let server = context.target.server
        let profile = context.provider(.target).profile
        for name in selectedExtensions(context).map(\.name)
        where server.availableExtensions[name] == nil && !isInstalled(name, context) {
            findings.add(
                .error, "extension \(QualifiedName.quotedIfNeeded(name)) is not available on the target",
                why: profile.isManaged
                    ? "The source has it; \(profile.name) does not offer it."
                    : "The source has it; its files are not installed on the target's machine.",
                cure: "leave it out (`select: {extensions: {exclude: [\(Wording.yaml(name))]}}`)"
                    + (profile.isManaged
                        ? ", or use a target that has it"
                        : ", or install its package "
                            + (packages[name] == nil ? "there" : "there, on Debian with")),
                statement: profile.isManaged
                    ? nil : packages[name].map { "apt-get install postgresql-\(server.major)-\($0)" }, object: name,
                at: Side.target.location(context))
        }
    }

    private static let otherVersion = Check(
        "SK231", "An extension has another version on the target",
        """
        An extension is created at the source's version where the target offers that, else at the target's default. A \
        newer one is what an upgrade brings; an older one may lack functions or types that the source's objects use, \
        and those would fail when they are created. One that is installed on the target is used as it is.
        """
    ) { context, findings in
        let server = context.target.server
        for one in selectedExtensions(context) {
            let installed = context.target.extensions.first { $0.name == one.name }?.version
            let planned = installed ?? ExtensionVersion.wanted(one, on: context.target)
            guard let other = planned ?? server.availableExtensions[one.name], other != one.version else { continue }
            let isOlder = DottedVersion(other) < DottedVersion(one.version)
            let name = QualifiedName.quoted(one.name)
            let onOffer = server.availableExtensions[one.name].map { DottedVersion($0) >= DottedVersion(one.version) }
            let canUpdate = installed != nil && onOffer == true
            findings.add(
                isOlder ? .warning : .note,
                "extension \(QualifiedName.quotedIfNeeded(one.name)) is \(one.version) on the source and "
                    + "\(other) on the target",
                why: isOlder ? "Objects that use what the older version lacks cannot be created." : nil,
                cure: !isOlder
                    ? nil : canUpdate ? "run in the target database" : "install a newer package of it on the target",
                statement: isOlder && canUpdate ? "alter extension \(name) update;" : nil, object: one.name,
                at: Side.target.location(context))
        }
    }

    private static let otherSchema = Check(
        "SK228", "An extension is in another schema on the target",
        """
        Definitions of the source name an extension's functions and types with their schema. Where the extension is \
        installed in another schema of the target, as services do, they could not be created. Extensions that allow \
        it can be moved; otherwise move the source's, or drop the target's where nothing uses it.
        """
    ) { context, findings in
        for one in selectedExtensions(context) where one.name != "timescaledb" && one.schema != "pg_catalog" {
            let installed = context.target.extensions.first { $0.name == one.name }
            guard let other = installed, other.schema != one.schema else { continue }
            let id = Catalog.ObjectID(catalog: "pg_extension", oid: one.oid)
            let isUsed = context.source.dependencies.contains { $0.on == id }
            let (there, here) = (QualifiedName.quotedIfNeeded(one.schema), QualifiedName.quotedIfNeeded(other.schema))
            findings.add(
                isUsed ? .error : .note,
                "extension \(QualifiedName.quotedIfNeeded(one.name)) is in schema \(there) on the source and in \(here) "
                    + "on the target",
                why: isUsed ? "Objects of the source name it with its schema." : nil,
                cure: isUsed ? "run in the target database (where the extension allows it)" : nil,
                statement: isUsed
                    ? "create schema if not exists \(QualifiedName.quoted(one.schema)); "
                        + "alter extension \(QualifiedName.quoted(one.name)) set schema "
                        + "\(QualifiedName.quoted(one.schema));" : nil,
                object: one.name, at: Side.target.location(context))
        }
    }

    private static let preload = Check(
        "SK232", "An extension must be preloaded on the target",
        """
        Some extensions work only when the server loads their library at its start, through \
        `shared_preload_libraries`. TimescaleDB refuses every statement without it. The setting is one list: keep what \
        is in it, and restart the server afterwards.
        """
    ) { context, findings in
        var names = selectedExtensions(context).map(\.name).filter { needPreloading.contains($0) }
        if needsTimescale(context), !names.contains("timescaledb") { names.append("timescaledb") }
        let server = context.target.server
        // What is not there at all is another check's finding.
        for name in names.sorted() where server.availableExtensions[name] != nil && !isPreloaded(name, context) {
            let libraries = server.list("shared_preload_libraries")
            let list = libraries.map { libraries in
                // TimescaleDB wants to come first.
                (name == "timescaledb" ? [name] + libraries : libraries + [name]).filter { !$0.isEmpty }
                    .map { Piece.literal($0) }.joined(separator: ", ")
            }
            let change = list.map {
                context.change("shared_preload_libraries", to: $0, .restart, on: .target)
            }
            findings.add(
                name == "timescaledb" ? .error : .warning,
                "extension \(name) is not in shared_preload_libraries of the target",
                why: libraries.map { list in
                    list.contains { !$0.isEmpty } ? "It holds \(Wording.list(list))." : "It is empty."
                } ?? "The setting cannot be seen by this role, but nothing of \(name) is loaded.",
                cure: change?.cure
                    ?? "add \(name) to shared_preload_libraries on the target and restart the server",
                statement: change?.statement, object: name,
                at: Side.target.location(context))
        }
    }

    private static let timescaleMissing = Check(
        "SK233", "TimescaleDB is not in the target database",
        """
        The plan makes hypertables, so the target database needs the extension timescaledb. Where its files are \
        installed, Skein creates it; where they are not, install TimescaleDB's package on the target's machine first.
        """
    ) { context, findings in
        guard needsTimescale(context), !isInstalled("timescaledb", context) else { return }
        let server = context.target.server
        let location = context.plan.hypertables.first?.location ?? Side.target.location(context)
        if let version = server.availableExtensions["timescaledb"] {
            findings.add(
                .note, "the target database has no TimescaleDB; the migration creates it (\(version))",
                why: "The migration makes \(Wording.count(context.hypertables.count, "hypertable")).",
                cure: "to create it yourself, run in the target database", statement: "create extension timescaledb;",
                object: "timescaledb", at: location)
        } else if !selectedExtensions(context).contains(where: { $0.name == "timescaledb" }) {
            findings.add(
                .error, "the target has no TimescaleDB, and the plan makes hypertables",
                why: "Its files are not installed on the target's machine.",
                cure: "install it there, preload it and restart the server; on Debian it is installed with",
                statement: "apt-get install postgresql-\(server.major)-timescaledb", object: "timescaledb", at: location
            )
        }
    }

    private static let timescaleVersion = Check(
        "SK234", "TimescaleDB's version on the target was never tested",
        """
        Skein makes hypertables with `by_range`, which TimescaleDB has since 2.13, and its rules about keys, triggers \
        and foreign keys were looked at on 2.19 and 2.31. Newer releases than those seen are expected to work.
        """
    ) { context, findings in
        guard needsTimescale(context), let text = timescale(context) else { return }
        let version = DottedVersion(text)
        let name = QualifiedName.quoted("timescaledb")
        if version < DottedVersion("2.13") {
            findings.add(
                .error, "the target's TimescaleDB is \(text); 2.13 is the oldest that Skein can use",
                cure: "install a newer package on the target and restart it, then run first of all in the database",
                statement: "alter extension \(name) update;", object: "timescaledb", at: Side.target.location(context))
        } else if version < DottedVersion("2.19") || !(version < DottedVersion("2.32")) {
            findings.add(
                .warning, "no test ran with TimescaleDB \(text)",
                why: "Skein's tests use 2.19 and 2.31.", cure: "rehearse the migration once", object: "timescaledb",
                at: Side.target.location(context))
        }
    }

    private static let superusers = Check(
        "SK235", "Only a superuser can create an extension",
        """
        Some extensions reach beyond the database, and only a superuser can create them (those that are "trusted" need \
        no more than the CREATE right on the database). Have a superuser create it in the target database beforehand, \
        or leave it out.
        """
    ) { context, findings in
        let server = context.target.server
        let profile = context.provider(.target).profile
        // Services let their administrators create whatever they offer.
        if server.isSuperuser || (profile.isManaged && profile.isAdministrator(server)) { return }
        let restricted = Set(server.superuserExtensions)
        for name in selectedExtensions(context).map(\.name)
        where restricted.contains(name) && !isInstalled(name, context) {
            findings.add(
                .error,
                "role \(QualifiedName.quotedIfNeeded(server.user)) may not create extension "
                    + "\(QualifiedName.quotedIfNeeded(name)) on the target",
                why: "It is not trusted: only \(profile.isManaged ? profile.strongestRole : "a superuser") can.",
                cure: "leave it out (`select: {extensions: {exclude: [\(Wording.yaml(name))]}}`), or run in the target "
                    + "database as \(profile.strongestRole)",
                statement: "create extension \(QualifiedName.quoted(name));", object: name,
                at: Side.target.location(context))
        }
    }

    // MARK: What other checks ask, too

    private static func selectedExtensions(_ context: CheckContext) -> [Catalog.Extension] {
        context.source.extensions.filter { context.selected.extensions.contains($0.name) }
    }

    private static func needsTimescale(_ context: CheckContext) -> Bool {
        context.hypertables.contains { $0.entry.to == nil }
    }

    private static func isInstalled(_ name: String, _ context: CheckContext) -> Bool {
        context.target.extensions.contains { $0.name == name }
    }

    /// The version of TimescaleDB that the target's hypertables get: the installed one, else the one on offer.
    static func timescale(_ context: CheckContext) -> String? {
        context.target.extensions.first { $0.name == "timescaledb" }?.version
            ?? context.target.server.availableExtensions["timescaledb"]
    }

    /// The setting itself is for superusers' and `pg_read_all_settings`' eyes; a library that is loaded shows by its
    /// own settings.
    private static func isPreloaded(_ name: String, _ context: CheckContext) -> Bool {
        let server = context.target.server
        if let libraries = server.list("shared_preload_libraries") {
            return libraries.contains { $0 == name || $0.hasSuffix("/" + name) || $0.hasSuffix("/" + name + ".so") }
        }
        let prefix = name + "."
        return server.settings.keys.contains { $0.hasPrefix(prefix) }
    }
}

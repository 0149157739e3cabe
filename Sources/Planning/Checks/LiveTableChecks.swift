import Catalog
import PlanFile

/// What following the source needs of its tables. Silent where the plan's mode is offline.
enum LiveTableChecks {
    static let all = [publicationRights, identity, identityIndex]

    /// Whether updates and deletes of the table name the row: the replica identity that it has now.
    private static func hasIdentity(_ relation: Catalog.Relation, _ context: CheckContext) -> Bool {
        switch relation.replicaIdentity {
        case .full: true
        case .nothing: false
        case .index: context.sourceIndexes(of: relation).contains { $0.isReplicaIdentity && $0.isValid }
        case .default: context.sourceIndexes(of: relation).contains { $0.isPrimary && $0.isImmediate && $0.isValid }
        }
    }

    private static let publicationRights = Check(
        "SK709", "The role may not make publications",
        """
        With the plugin pgoutput, Skein makes publications that name the tables to follow. This needs the CREATE right \
        on the source's database, and each table must belong to the role or to one that it is a member of. Other \
        plugins (`replication: {plugin: test_decoding}`) need no publication; `auto` takes one of these then.
        """
    ) { context, findings in
        let server = context.source.server
        let plugin = context.plan.replication.plugin
        guard context.plan.mode.value == .live, [.auto, .pgoutput].contains(plugin.value), !server.isSuperuser else {
            return
        }
        let chosen = context.pluginChoice.plugin
        let severity: Diagnostic.Severity = chosen == .pgoutput ? .error : .warning
        let instead = chosen == .pgoutput ? "" : " So \(chosen.rawValue) is used, which is slower."
        let (role, user) = (QualifiedName.quotedIfNeeded(server.user), QualifiedName.quoted(server.user))
        let location = plugin.location ?? Side.source.location(context)
        if !server.canCreateInDatabase {
            findings.add(
                severity, "role \(role) may not make publications in the source database",
                why: "That needs the CREATE right on the database." + instead, cure: "run on the source as its owner",
                statement: "grant create on database \(QualifiedName.quoted(server.database)) to \(user);",
                at: location)
        }
        let tables = server.notOwned(of: context.copied)
        for (owner, owned) in Dictionary(grouping: tables, by: \.owner).sorted(by: { $0.key < $1.key }) {
            findings.add(
                severity,
                "role \(role) may not publish \(Wording.count(owned.count, "table")) of "
                    + "\(QualifiedName.quotedIfNeeded(owner)): \(Wording.list(owned.map(\.name.description)))",
                why:
                    "Only the owner of a table, or a member of it, can publish it; a member has all of the owner's rights."
                    + instead,
                cure: "say `replication: {plugin: test_decoding}`, or run on the source as "
                    + context.provider(.source).profile.strongestRole,
                statement: "grant \(QualifiedName.quoted(owner)) to \(user);",
                object: QualifiedName.quotedIfNeeded(owner), at: location)
        }
    }

    private static let identity = Check(
        "SK710", "A table's updates and deletes cannot be followed",
        """
        In the stream of changes, a row is named by the table's replica identity: its primary key, a unique index \
        chosen for it, or all columns (FULL). A table without one is followed for inserts and truncates only; if it \
        turns out that its rows were updated or deleted, `cutover` copies it again. Say in the plan what to do: \
        `replication: {identity: {public.t: full}}`, `index NAME`, or `inserts-only`.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live else { return }
        let said = Set(context.plan.replication.identity.map(\.table.value))
        let tables = context.copied.filter { relation in
            !said.contains(relation.name) && !context.isSaid(said, ofRootOf: relation)
                && !hasIdentity(relation, context)
        }
        guard tables.count <= 20 else {
            findings.add(
                .warning,
                "\(tables.count) tables have no replica identity, so that only their inserts and truncates can be "
                    + "followed: \(Wording.list(tables.map(\.name.description)))",
                why: "If rows of these are updated or deleted meanwhile, `cutover` copies the table again. "
                    + LiveStreamChecks.recopy(of: tables),
                cure: "give them primary keys, or say in the plan what to do, table by table: "
                    + "`replication: {identity: {\(Wording.yaml(tables[0].name)): full}}`, `index NAME` or "
                    + "`inserts-only`",
                object: tables[0].name.description)
            return
        }
        for relation in tables {
            findings.add(
                .warning, "\(relation.name) has no replica identity: only its inserts and truncates can be followed",
                why: "It has "
                    + (relation.replicaIdentity == .nothing ? "REPLICA IDENTITY NOTHING." : "no usable primary key.")
                    + " \(LiveStreamChecks.recopy(of: [relation]))",
                cure: "say in the plan what to do: `replication: {identity: {\(Wording.yaml(relation.name)): full}}`, "
                    + "`index NAME` or `inserts-only`; or run on the source",
                statement: "alter table \(relation.name.sql) replica identity full;",
                object: relation.name.description)
        }
    }

    private static let identityIndex = Check(
        "SK711", "The plan names an index that cannot be a replica identity",
        """
        A replica identity index must exist, be unique, neither partial nor deferrable nor on expressions, and all its \
        columns must be NOT NULL.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live else { return }
        let byName = Dictionary(
            (context.relations + context.copied).map { ($0.name, $0) }
        ) { first, _ in first }
        for entry in context.plan.replication.identity {
            guard case .index(let name) = entry.choice.value, let relation = byName[entry.table.value] else { continue }
            let index = context.source.indexes.first { $0.table == relation.oid && $0.name.name == name }
            let reason: String? =
                if let index {
                    if !index.isUnique || index.isExclusion {
                        "is not unique"
                    } else if index.isPartial {
                        "is partial"
                    } else if !index.isImmediate {
                        "is deferrable"
                    } else if !index.isValid {
                        "is invalid"
                    } else if !index.keys.allSatisfy({ key in
                        key.column.flatMap { relation.column($0) }?.isNotNull ?? false
                    }) {
                        "has expressions or columns that may hold NULL"
                    } else {
                        nil
                    }
                } else {
                    "does not exist"
                }
            guard let reason else { continue }
            findings.add(
                .error,
                "index \(QualifiedName.quotedIfNeeded(name)) of \(relation.name) \(reason), "
                    + "so it cannot be its replica identity",
                cure: "name a unique index on NOT NULL columns, or say `full`", object: relation.name.description,
                at: entry.choice.location ?? entry.table.location)
        }
    }
}

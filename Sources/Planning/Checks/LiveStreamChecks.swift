import Catalog
import PlanFile

/// What the way in which a live migration follows the source costs or needs. Silent where the plan's mode is offline.
enum LiveStreamChecks {
    static let all = [identityRights, oldWal2json, largeObjects, acknowledged, newPartitions]

    private static func isLive(_ context: CheckContext) -> Bool { context.plan.mode.value == .live }

    private static let identityRights = Check(
        "SK712", "The role may not change a table's replica identity",
        """
        With `replication: {identity: …}` the plan asks Skein to change how a table's rows are named in the stream \
        (`alter table … replica identity …`), which only the table's owner, or a member of it, may do. Its owner can do \
        it beforehand: Skein then finds it done.
        """
    ) { context, findings in
        guard isLive(context) else { return }
        let server = context.source.server
        let tables = context.copied
        for relation in server.notOwned(of: tables) {
            guard let change = context.identity(of: relation).change else { continue }
            let entry = context.plan.replication.identity.first { $0.table.value == relation.name }
            findings.add(
                .error,
                "role \(QualifiedName.quotedIfNeeded(server.user)) may not change the replica identity of "
                    + "\(relation.name)",
                why: "The table belongs to \(QualifiedName.quotedIfNeeded(relation.owner)).",
                cure: "run on the source as its owner",
                statement: "alter table \(relation.name.sql) replica identity \(change.clause);",
                object: relation.name.description, at: entry?.choice.location ?? entry?.table.location)
        }
    }

    private static let oldWal2json = Check(
        "SK713", "wal2json before 2.6 loses NaN and infinity",
        """
        Before version 2.6 wal2json writes NaN and infinity of float4, float8 and numeric columns as NULL; Debian 12 \
        packages 2.5. No catalog tells the version of an output plugin. pgoutput and test_decoding are exact.
        """
    ) { context, findings in
        guard isLive(context), context.pluginChoice.plugin == .wal2json else { return }
        let tables = context.copied.filter { relation in
            relation.columns.contains { mayBeNaN($0.type, context) }
        }
        guard let first = tables.first else { return }
        findings.add(
            .warning,
            "wal2json before 2.6 loses NaN and infinity of \(Wording.count(tables.count, "table")): "
                + Wording.list(tables.map(\.name.description)),
            why: "It writes them as NULL, and no catalog tells its version.",
            cure: "see that the source has wal2json 2.6 or later, or say `replication: {plugin: test_decoding}`",
            object: first.name.description, at: context.plan.replication.plugin.location)
    }

    /// float4, float8, numeric, and domains over them.
    private static func mayBeNaN(_ type: OID, _ context: CheckContext, depth: Int = 0) -> Bool {
        if [700, 701, 1700].contains(type) { return true }
        guard depth < 32, let domain = context.source.types[type], domain.kind == .domain, let base = domain.base else {
            return false
        }
        return mayBeNaN(base, context, depth: depth + 1)
    }

    private static let largeObjects = Check(
        "SK714", "Large objects are copied during the downtime",
        """
        Changes to large objects are not in the stream of changes. In live mode all of them are copied after the \
        marker, when nothing writes to the source any more, so that the application's downtime grows with them. \
        `vacuumlo` removes those that no column refers to.
        """
    ) { context, findings in
        let count = context.source.largeObjectCount
        guard isLive(context), count > 0 else { return }
        findings.add(
            .note, "\(Wording.count(count, "large object")) will be copied during the cutover's downtime",
            why: "Changes to large objects are not in the stream of changes.",
            cure: "remove those that nothing refers to with `vacuumlo` before the migration")
    }

    private static let acknowledged = Check(
        "SK715", "Tables are followed for inserts only, and compared during the downtime",
        """
        Of a table with `inserts-only` in the plan, updates and deletes are not followed. `cutover` compares such a \
        table with the source after the marker, and copies it again where rows differ: the application waits for \
        that. `full`, or `index NAME`, costs the source some more WAL instead.
        """
    ) { context, findings in
        guard isLive(context) else { return }
        let tables = context.copied.filter { relation in
            context.identity(of: relation).isAcknowledged
        }
        guard let first = tables.first else { return }
        findings.add(
            .note,
            "followed for inserts only, as the plan says: \(Wording.list(tables.map(\.name.description)))",
            why: recopy(of: tables), object: first.name.description,
            at: context.plan.replication.identity.first { $0.table.value == first.name }?.choice.location)
    }

    /// What such tables cost.
    static func recopy(of tables: [Catalog.Relation]) -> String {
        let bytes = tables.reduce(0) { $0 + $1.tableBytes }
        return "During the downtime, `cutover` compares "
            + "\(tables.count == 1 ? "it" : "them") (\(Wording.size(bytes: bytes))); where rows were updated or deleted, "
            + "copying again takes \(Measure.duration(Estimate.copySeconds(bytes: bytes)))."
    }

    private static let newPartitions = Check(
        "SK716", "Partitions made during the migration are not followed",
        """
        With pgoutput, a partitioned table is published in its partitions' place, so that partitions made later are in \
        the stream. This needs PostgreSQL 13, all of its partitions in the migration, and a primary key of the \
        partitioned table itself, which new partitions get: without a key, a published partition's updates would fail \
        in the application. Otherwise the partitions that exist are published one by one.
        """
    ) { context, findings in
        guard isLive(context), context.pluginChoice.plugin == .pgoutput else { return }
        var identities: [OID: RowIdentity] = [:]
        for relation in context.copied where relation.isPartition {
            identities[relation.oid] = context.identity(of: relation)
        }
        guard !identities.isEmpty else { return }
        let published = PublishedTables(
            CatalogIndex(context.original), identities: identities,
            selected: context.selected.relations.union(context.copied.map(\.oid)))
        for root in published.dividedRoots {
            let isOld = context.source.server.versionNumber < 130_000
            findings.add(
                .warning, "partitions of \(root.name) that are made during the migration are not followed",
                why: isOld
                    ? "PostgreSQL before 13 publishes partitions one by one."
                    : "Its partitions are published one by one: not all are followed alike, or it has no primary key.",
                cure: "make the partitions that the application will need before the migration begins",
                object: root.name.description)
        }
    }
}

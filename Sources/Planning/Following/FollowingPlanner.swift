internal import Catalog
internal import PlanFile

/// Decides how a live migration follows the source. Pure.
struct FollowingPlanner {
    let decision: FollowingDecision
    /// Of the followed tables: those whose rows travel.
    let identities: [OID: RowIdentity]

    init(plan: Plan, source: Catalog, target: Catalog, selection: ResolvedSelection, lookup: CatalogIndex) {
        let choices = Dictionary(
            plan.replication.identity.map { ($0.table.value, $0.choice.value) }
        ) { first, _ in first }
        let tables = selection.copiedTables
        var identities: [OID: RowIdentity] = [:]
        // What the plan says of a table goes for its partitions that become one hypertable.
        var roots: [OID: PartitionFamily] = [:]
        for family in selection.families.values { for part in family.parts { roots[part.oid] = family } }
        for table in tables {
            identities[table.oid] = RowIdentity(
                table, indexes: lookup.indexes(of: table.oid),
                choice: choices[table.name] ?? roots[table.oid].flatMap { choices[$0.root.name] })
        }
        self.identities = identities

        let choice = PluginChoice(
            plan.replication.plugin.value, server: source.server, tables: tables,
            hasHypertables: tables.contains { lookup.hypertablesByName[$0.name] != nil })
        let isPgoutput = choice.plugin == .pgoutput
        let hasOptions = source.server.versionNumber >= 140_000
        let portability = BinaryPortability(types: source.types, targetVersion: target.server.versionNumber)
        var why = choice.why
        var isBinary = isPgoutput && hasOptions
        if isBinary, let (table, obstacle) = Self.firstObstacle(tables, portability) {
            isBinary = false
            why += "; values travel as text: in \(table), \(obstacle)"
        }
        let selected = selection.relations.map(\.oid) + selection.families.values.flatMap { $0.parts.map(\.oid) }
        let published = PublishedTables(lookup, identities: isPgoutput ? identities : [:], selected: Set(selected))
        decision = FollowingDecision(
            plugin: choice.plugin, pluginWhy: why, isBinary: isBinary, hasMessages: !isPgoutput || hasOptions,
            tables: tables.sorted { $0.name < $1.name }.compactMap { table in
                identities[table.oid].map { identity in
                    var followed = FollowingDecision.Table(
                        name: table.name, oid: table.oid, identity: identity.identity, change: identity.change,
                        isAcknowledged: identity.isAcknowledged, why: identity.why)
                    followed.chunks = lookup.hypertablesByName[table.name].map(FollowingDecision.FollowedChunks.init)
                    if let family = roots[table.oid] {
                        followed.target = family.root.name
                        followed.territory = family.territory(of: table)
                    }
                    return followed
                }
            },
            published: published.whole, publishedForInserts: published.forInserts)
    }

    /// pgoutput sends each value whose type has a binary form in it, so that one column that must not go so decides for
    /// all (EXACTNESS.md, 12).
    private static func firstObstacle(
        _ tables: [Catalog.Relation], _ portability: BinaryPortability,
    ) -> (QualifiedName, String)? {
        for table in tables where !table.isUnlogged {
            if let obstacle = portability.obstacle(in: table.columns.filter({ $0.generated == nil })) {
                return (table.name, obstacle)
            }
        }
        return nil
    }
}

extension FollowingDecision.FollowedChunks {
    init(_ hypertable: Catalog.Hypertable) {
        self.init(schema: hypertable.chunkNames?.schema, prefix: hypertable.chunkNames?.prefix, others: [])
        others = hypertable.chunks.map(\.name).filter { !isNamedAsOwn($0) }.sorted()
    }
}

internal import Catalog
internal import PlanFile

/// What the two publications name, no table in both: tables with a usable identity, and those without, whose inserts and
/// truncates alone are published, as an UPDATE or DELETE that could not be named would fail in the application.
///
/// A partition root stands for its partitions, so that those made later stream too: only where every partition is
/// followed, and in the same way, those to come included. Unlogged tables are never published.
struct PublishedTables {
    private(set) var whole: [QualifiedName] = []
    private(set) var forInserts: [QualifiedName] = []
    /// Partition roots whose partitions are published one by one, so that one made later does not stream. By name.
    private(set) var dividedRoots: [Catalog.Relation] = []

    /// - Parameters:
    ///   - identities: of the followed tables.
    ///   - selected: what is migrated.
    init(_ lookup: CatalogIndex, identities: [OID: RowIdentity], selected: Set<OID>) {
        let version = lookup.catalog.server.versionNumber
        var seen: Set<OID> = []
        var names: (whole: [QualifiedName], inserts: [QualifiedName]) = ([], [])
        for relation in lookup.catalog.relations {
            guard let identity = identities[relation.oid], !relation.isUnlogged else { continue }
            if relation.isPartition, let root = lookup.partitionRoot(of: relation.oid), root.oid != relation.oid {
                let way = version >= 130_000 ? Self.way(of: root, lookup, identities, selected) : nil
                let isNew = seen.insert(root.oid).inserted
                if let way {
                    guard isNew else { continue }
                    if way == .whole { names.whole.append(root.name) } else { names.inserts.append(root.name) }
                    continue
                }
                if isNew { dividedRoots.append(root) }
            }
            if identity.identity == .insertsOnly {
                names.inserts.append(relation.name)
            } else {
                names.whole.append(relation.name)
            }
        }
        (whole, forInserts) = (names.whole.sorted(), names.inserts.sorted())
        dividedRoots.sort { $0.name < $1.name }
    }

    private enum Way { case whole, inserts }

    /// Nil where its partitions go one by one.
    private static func way(
        of root: Catalog.Relation, _ lookup: CatalogIndex, _ identities: [OID: RowIdentity], _ selected: Set<OID>,
    ) -> Way? {
        guard selected.contains(root.oid) else { return nil }
        var ways: Set<Bool> = []
        for relation in lookup.tree(of: root.oid) where relation.kind == .table && !relation.isUnlogged {
            guard let identity = identities[relation.oid] else { return nil }
            ways.insert(identity.identity == .insertsOnly)
        }
        if ways == [true] { return .inserts }
        // A replica identity that is not the primary key is not passed on to new partitions: their updates would fail.
        let hasKey = lookup.indexes(of: root.oid).contains { $0.isPrimary && $0.isImmediate }
        return ways == [false] && hasKey ? .whole : nil
    }
}

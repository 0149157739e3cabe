internal import Catalog
internal import PlanFile

/// A table that is on the target before the migration (`copy.into-existing`), beside the source's: what it has already,
/// and what is to be made.
struct ExistingTable {
    let source: Catalog.Relation
    let target: Catalog.Relation
    /// Nil for a table that is no hypertable.
    let hypertable: Catalog.Hypertable?
    /// The target's own.
    let indexes: [Catalog.Index]

    init?(_ source: Catalog.Relation, _ lookup: CatalogIndex) {
        guard let target = lookup.relationsByName[source.name], [.table, .partitionedTable].contains(target.kind) else {
            return nil
        }
        self.source = source
        self.target = target
        hypertable = lookup.hypertablesByName[source.name]
        indexes = lookup.indexes(of: target.oid)
    }

    /// Its rows lie in tables below it: keys cannot take over an index that was built before.
    var hasParts: Bool { hypertable != nil || target.kind == .partitionedTable }

    /// Columns that every unique index must hold; what else a hypertable may be partitioned by is not known here.
    var partitionColumns: [String] {
        if let hypertable { return [hypertable.timeColumn] }
        return PartitionKey(target)?.columns ?? []
    }

    /// Whether the target's table has what an index of the source does. A primary key is one, whatever its columns.
    func has(_ index: Catalog.Index) -> Bool {
        if index.isPrimary, indexes.contains(where: \.isPrimary) { return true }
        let wanted = Self.work(index)
        return indexes.contains { Self.work($0) == wanted && (!index.isUnique || $0.isUnique) && $0.isValid }
    }

    /// What an index does, without its name: `USING btree ("a") WHERE …`.
    private static func work(_ index: Catalog.Index) -> Substring {
        index.definition.firstRange(of: " USING ").map { index.definition[$0.lowerBound...] } ?? ""
    }

    /// Column sets, by name, that no two rows share, of the target's own whole unique indexes.
    var uniqueKeys: Set<Set<String>> {
        Set(
            indexes.filter { $0.isUnique && $0.isValid && !$0.isPartial && !$0.isExclusion }.compactMap { index in
                let names = target.names(index.keys.compactMap(\.column))
                return names.count == index.keys.count ? Set(names) : nil
            })
    }

    /// Whether one of the target's own indexes finds rows by these columns.
    func hasLookup(by columns: Set<String>) -> Bool {
        indexes.contains { index in
            guard index.method == "btree", index.isValid, !index.isPartial else { return false }
            let names = target.names(index.keys.prefix(columns.count).compactMap(\.column))
            return names.count == columns.count && Set(names) == columns
        }
    }
}

extension ResolvedSelection {
    /// Of the tables that are on the target already, those that are found there.
    func existingTables(_ target: Catalog) -> [OID: ExistingTable] {
        guard !existing.isEmpty else { return [:] }
        let lookup = CatalogIndex(target)
        return Dictionary(
            relations.filter { existing.contains($0.oid) }.compactMap { relation in
                ExistingTable(relation, lookup).map { (relation.oid, $0) }
            }
        ) { first, _ in first }
    }
}

package import Catalog
package import PlanFile

/// The source as the plan's `from-partitions` entries make of it: each such table is one plain table with all rows, and
/// what lies below it is gone. So everything behind sees a plain table that becomes a hypertable, whose rows happen to
/// be read from several tables. Pure.
package struct FoldedSource: Sendable {
    /// What the server holds.
    package let original: Catalog
    package let catalog: Catalog
    /// By the root's oid.
    package let families: [OID: PartitionFamily]
    /// The root of each table that is gone.
    package let roots: [OID: OID]

    package init(_ plan: Plan, _ source: Catalog) {
        original = source
        let wanted = Set(
            plan.hypertables.filter { $0.fromPartitions.value && $0.to == nil }.map(\.table.value))
        let lookup = wanted.isEmpty ? nil : CatalogIndex(source)
        var families: [OID: PartitionFamily] = [:]
        for relation in source.relations where wanted.contains(relation.name) {
            guard let lookup, relation.parents.isEmpty, [.table, .partitionedTable].contains(relation.kind) else {
                continue
            }
            let members = lookup.tree(of: relation.oid).filter { $0.oid != relation.oid }
            guard !members.isEmpty || relation.kind == .partitionedTable else { continue }
            families[relation.oid] = PartitionFamily(root: relation, members: members)
        }
        self.families = families
        var roots: [OID: OID] = [:]
        for (root, family) in families { for member in family.members { roots[member.oid] = root } }
        self.roots = roots
        catalog = families.isEmpty ? source : Self.fold(source, families, roots)
    }

    private static func fold(
        _ source: Catalog, _ families: [OID: PartitionFamily], _ roots: [OID: OID],
    ) -> Catalog {
        var folded = source
        folded.relations = source.relations.compactMap { relation in
            if roots[relation.oid] != nil { return nil }
            return families[relation.oid].map(whole) ?? relation
        }
        folded.indexes = source.indexes.compactMap { index in
            if roots[index.table] != nil { return nil }
            guard let table = families[index.table]?.root.name.sql else { return index }
            var index = index
            // As the server shows the index of a partitioned table.
            index.definition = index.definition.replacing(" ON ONLY \(table) ", with: " ON \(table) ")
            // Not every partition has its part; the hypertable will have it all the same. Uniqueness is another thing.
            if !index.isUnique { index.isValid = true }
            return index
        }
        folded.constraints = source.constraints.filter { constraint in
            roots[constraint.table] == nil && constraint.referencedTable.map { roots[$0] == nil } ?? true
        }
        folded.triggers = source.triggers.filter { trigger in
            guard roots[trigger.table] == nil else { return false }
            // What distributes rows over children has nothing left to do.
            return !(families[trigger.table]?.leavesOut(trigger) ?? false)
        }
        folded.policies = source.policies.filter { roots[$0.table] == nil }
        return folded
    }

    /// The root as a plain table that holds all rows.
    private static func whole(_ family: PartitionFamily) -> Catalog.Relation {
        var whole = family.root
        let parts = family.parts
        whole.kind = .table
        (whole.partitionKey, whole.fileNode) = (nil, 0)
        whole.estimatedRows = parts.reduce(0) { $0 + max($1.estimatedRows, 0) }
        whole.heapBytes = parts.reduce(0) { $0 + $1.heapBytes }
        whole.tableBytes = parts.reduce(0) { $0 + $1.tableBytes }
        whole.indexBytes = parts.reduce(0) { $0 + $1.indexBytes }
        whole.accessMethod = nil
        if !family.isDeclarative { whole.rules = [] }
        for (position, column) in whole.columns.enumerated() {
            let known = parts.compactMap { $0.column(named: column.name)?.statistics }
            whole.columns[position].statistics = known.max { $0.nullFraction < $1.nullFraction }
        }
        return whole
    }
}

extension PartitionFamily {
    /// Whether a trigger of the root is not made on the hypertable: of an inheritance parent one that fires before each
    /// inserted row, which is how its rows are sent to the children.
    func leavesOut(_ trigger: Catalog.Trigger) -> Bool {
        !isDeclarative && trigger.table == root.oid && trigger.isBeforeInsert == true
    }
}

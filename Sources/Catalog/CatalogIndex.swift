package import PlanFile

/// A catalog's objects by what one looks them up by. Made once; every list keeps the catalog's order.
package struct CatalogIndex: Sendable {
    package let catalog: Catalog
    package let relationsByOID: [OID: Catalog.Relation]
    package let relationsByName: [QualifiedName: Catalog.Relation]
    package let indexesByTable: [OID: [Catalog.Index]]
    package let indexesByOID: [OID: Catalog.Index]
    package let constraintsByTable: [OID: [Catalog.Constraint]]
    package let constraintsByOID: [OID: Catalog.Constraint]
    /// Foreign keys by the table they refer to.
    package let foreignKeysByReferencedTable: [OID: [Catalog.Constraint]]
    package let triggersByTable: [OID: [Catalog.Trigger]]
    package let policiesByTable: [OID: [Catalog.Policy]]
    /// Sequences by the table whose column owns them.
    package let sequencesByOwner: [OID: [Catalog.Sequence]]
    package let sequencesByOID: [OID: Catalog.Sequence]
    /// Children by inheritance or partitioning.
    package let childrenByParent: [OID: [Catalog.Relation]]
    package let extensionsByName: [String: Catalog.Extension]
    package let hypertablesByName: [QualifiedName: Catalog.Hypertable]
    package let objectsByID: [Catalog.ObjectID: Catalog.SchemaObject]
    /// What each object needs directly.
    package let needsByDependent: [Catalog.ObjectID: [Catalog.ObjectID]]
    /// What needs each object directly.
    package let dependentsByNeed: [Catalog.ObjectID: [Catalog.ObjectID]]

    package init(_ catalog: Catalog) {
        self.catalog = catalog
        // Names and OIDs are unique in one snapshot; a catalog decoded from a file is taken at its word.
        relationsByOID = Self.one(catalog.relations, by: \.oid)
        relationsByName = Self.one(catalog.relations, by: \.name)
        indexesByTable = Dictionary(grouping: catalog.indexes, by: \.table)
        indexesByOID = Self.one(catalog.indexes, by: \.oid)
        constraintsByTable = Dictionary(grouping: catalog.constraints, by: \.table)
        constraintsByOID = Self.one(catalog.constraints, by: \.oid)
        foreignKeysByReferencedTable = Self.many(catalog.constraints.filter { $0.kind == .foreignKey }) {
            $0.referencedTable.map { [$0] } ?? []
        }
        triggersByTable = Dictionary(grouping: catalog.triggers, by: \.table)
        policiesByTable = Dictionary(grouping: catalog.policies, by: \.table)
        sequencesByOwner = Self.many(catalog.sequences) { $0.ownerTable.map { [$0] } ?? [] }
        sequencesByOID = Self.one(catalog.sequences, by: \.oid)
        childrenByParent = Self.many(catalog.relations, by: \.parents)
        extensionsByName = Self.one(catalog.extensions, by: \.name)
        hypertablesByName = Self.one(catalog.hypertables, by: \.table)
        objectsByID = Self.one(catalog.objects, by: \.id)
        needsByDependent = Dictionary(grouping: catalog.dependencies, by: \.dependent).mapValues { $0.map(\.on) }
        dependentsByNeed = Dictionary(grouping: catalog.dependencies, by: \.on).mapValues { $0.map(\.dependent) }
    }

    private static func one<Key, Element>(_ elements: [Element], by key: (Element) -> Key) -> [Key: Element] {
        Dictionary(elements.map { (key($0), $0) }) { first, _ in first }
    }

    private static func many<Key, Element>(_ elements: [Element], by keys: (Element) -> [Key]) -> [Key: [Element]] {
        var groups: [Key: [Element]] = [:]
        for element in elements {
            for key in keys(element) { groups[key, default: []].append(element) }
        }
        return groups
    }
}

extension CatalogIndex {
    package func indexes(of table: OID) -> [Catalog.Index] { indexesByTable[table] ?? [] }
    package func constraints(of table: OID) -> [Catalog.Constraint] { constraintsByTable[table] ?? [] }
    package func triggers(of table: OID) -> [Catalog.Trigger] { triggersByTable[table] ?? [] }
    package func policies(of table: OID) -> [Catalog.Policy] { policiesByTable[table] ?? [] }
    package func children(of table: OID) -> [Catalog.Relation] { childrenByParent[table] ?? [] }
    package func primaryKey(of table: OID) -> Catalog.Constraint? {
        constraints(of: table).first { $0.kind == .primaryKey }
    }

    /// The relation itself and everything below it, parents before children, each once.
    package func tree(of table: OID) -> [Catalog.Relation] {
        var (found, seen): ([Catalog.Relation], Set<OID>) = ([], [])
        var waiting = relationsByOID[table].map { [$0] } ?? []
        while let relation = waiting.popLast() {
            guard seen.insert(relation.oid).inserted else { continue }
            found.append(relation)
            waiting += children(of: relation.oid).reversed()
        }
        return found
    }

    /// The topmost partitioned table above a partition; the relation itself where it is none. Nil for an unknown OID.
    package func partitionRoot(of table: OID) -> Catalog.Relation? {
        var relation = relationsByOID[table]
        while let current = relation, current.isPartition, let parent = current.parents.first,
            let above = relationsByOID[parent]
        {
            relation = above
        }
        return relation
    }

    /// Everything that cannot exist without `objects`, which are not part of it, directly or through others.
    package func dependents(ofAll objects: some Swift.Sequence<Catalog.ObjectID>) -> Set<Catalog.ObjectID> {
        var waiting = Array(objects)
        var seen = Set(waiting)
        let given = seen
        while let object = waiting.popLast() {
            for dependent in dependentsByNeed[object] ?? [] where seen.insert(dependent).inserted {
                waiting.append(dependent)
            }
        }
        return seen.subtracting(given)
    }

    /// As messages name it: `table public.readings`, `function public.f(integer)`; nil where the catalog lacks it.
    package func description(of object: Catalog.ObjectID) -> String? {
        if let found = objectsByID[object] { return "\(found.kind) \(found.identity)" }
        switch object.catalog {
        case "pg_class": break
        case "pg_trigger":
            let found = catalog.triggers.first { $0.oid == object.oid }
            return found.map { "trigger \(part($0.name, of: $0.table))" }
        case "pg_policy":
            let found = catalog.policies.first { $0.oid == object.oid }
            return found.map { "policy \(part($0.name, of: $0.table))" }
        default: return nil
        }
        if let relation = relationsByOID[object.oid] { return "\(relation.kind.description) \(relation.name)" }
        if let sequence = sequencesByOID[object.oid] { return "sequence \(sequence.name)" }
        return indexesByOID[object.oid].map { "index \($0.name)" }
    }

    private func part(_ name: String, of table: OID) -> String {
        "\(QualifiedName.quotedIfNeeded(name)) of \(relationsByOID[table]?.name.description ?? "")"
    }
}

extension Catalog.Relation.Kind: CustomStringConvertible {
    /// As SQL calls it; a partitioned table is a table.
    package var description: String {
        switch self {
        case .table, .partitionedTable: "table"
        case .foreignTable: "foreign table"
        case .view: "view"
        case .materializedView: "materialized view"
        }
    }
}

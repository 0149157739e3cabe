internal import Catalog
internal import PlanFile

/// A catalog's objects by what planning asks for them.
struct CatalogLookup {
    let catalog: Catalog
    let relations: [OID: Catalog.Relation]
    let indexesByTable: [OID: [Catalog.Index]]
    let indexes: [OID: Catalog.Index]
    let constraintsByTable: [OID: [Catalog.Constraint]]
    /// Partitions and inheritance children, in the catalog's order.
    let children: [OID: [OID]]

    init(_ catalog: Catalog) {
        self.catalog = catalog
        relations = Dictionary(catalog.relations.map { ($0.oid, $0) }) { first, _ in first }
        indexes = Dictionary(catalog.indexes.map { ($0.oid, $0) }) { first, _ in first }
        indexesByTable = Dictionary(grouping: catalog.indexes, by: \.table)
        constraintsByTable = Dictionary(grouping: catalog.constraints, by: \.table)
        var children: [OID: [OID]] = [:]
        for relation in catalog.relations {
            for parent in relation.parents { children[parent, default: []].append(relation.oid) }
        }
        self.children = children
    }

    /// Everything below a relation, itself left out, each once.
    func descendants(of oid: OID) -> [OID] {
        var found: [OID] = []
        var seen: Set<OID> = [oid]
        var next = children[oid] ?? []
        while let child = next.popLast() {
            guard seen.insert(child).inserted else { continue }
            found.append(child)
            next += children[child] ?? []
        }
        return found
    }
}

extension Catalog.Relation {
    /// The column of that name.
    func named(_ name: String) -> Catalog.Column? { columns.first { $0.name == name } }
    /// The column of that number; numbers have gaps where columns were dropped.
    func numbered(_ number: Int) -> Catalog.Column? { columns.first { $0.number == number } }

    /// The kind as people say it.
    var noun: String {
        switch kind {
        case .table: isPartition ? "partition" : "table"
        case .partitionedTable: "partitioned table"
        case .foreignTable: "foreign table"
        case .view: "view"
        case .materializedView: "materialized view"
        }
    }
}

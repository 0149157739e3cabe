internal import Catalog

extension CatalogIndex {
    /// Everything below a relation, itself left out, each once.
    func descendants(of oid: OID) -> [OID] {
        var found: [OID] = []
        var seen: Set<OID> = [oid]
        var next = childrenByParent[oid]?.map(\.oid) ?? []
        while let child = next.popLast() {
            guard seen.insert(child).inserted else { continue }
            found.append(child)
            next += childrenByParent[child]?.map(\.oid) ?? []
        }
        return found
    }
}

extension Catalog.Relation {
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

internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Where no index of the target finds a row by its identity while changes are applied, one of ours does, until the
    /// apply has ended.
    mutating func addLookupIndex(of relation: Catalog.Relation, _ indexes: [Catalog.Index], _ tasks: inout TableTasks) {
        var done: Set<Set<String>> = []
        for identity in identities(of: relation.oid).map(\.identity) {
            guard case .columns(let columns) = identity, !columns.isEmpty, done.insert(Set(columns)).inserted,
                !hasLookup(relation, by: columns, indexes)
            else { continue }
            addLookupIndex(of: relation, on: columns, &tasks)
        }
    }

    private mutating func addLookupIndex(of relation: Catalog.Relation, on columns: [String], _ tasks: inout TableTasks)
    {
        let name = names.lookupIndex(of: relation.name)
        let list = columns.map(QualifiedName.quoted).joined(separator: ", ")
        let build = IndexBuild(
            sourceOID: nil, name: name, table: relation.name,
            definition: "CREATE INDEX \(QualifiedName.quoted(name.name)) ON \(relation.name.sql) USING btree (\(list))")
        tasks.indexes.append(
            add(
                name.description, .buildIndex(build), after: tasks.data, resource: .indexJob,
                weight: Int64(max(relation.estimatedRows, 0)) * 20))
        live.lookupIndexes.append(name)
    }

    /// Whether an index that is there before changes are applied begins with these columns, in any order.
    private func hasLookup(
        _ relation: Catalog.Relation, by columns: [String], _ indexes: [Catalog.Index],
    ) -> Bool {
        let wanted = Set(columns)
        if existing[relation.oid]?.hasLookup(by: wanted) == true { return true }
        func begins(_ names: [String]) -> Bool {
            names.count >= columns.count && Set(names.prefix(columns.count)) == wanted
        }
        let newKey = hypertables[relation.oid]?.primaryKey?.value
        if let newKey, phase(ofNewKey: newKey, on: relation) == .early, begins(newKey) { return true }
        return indexes.contains { index in
            if index.isPrimary, newKey != nil { return false }
            guard !index.isPartial, index.isValid, phase(of: index, on: relation) == .early else { return false }
            if index.oid == following?.identities[relation.oid]?.index?.oid { return true }
            let isPlain = index.keys.prefix(columns.count).allSatisfy {
                $0.column != nil && $0.hasDefaultOperatorClass && $0.hasColumnCollation
            }
            return index.method == "btree" && isPlain && begins(relation.names(index.keys.compactMap(\.column)))
        }
    }
}

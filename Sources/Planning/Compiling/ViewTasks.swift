internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Rules, triggers, policies and the rest need the keys. Nothing that reads the source comes later: where it has
    /// changed when a run goes on, materialized views and sequences must not have been brought up to date before.
    mutating func addPostData() {
        var needs = Set(foreignKeys.map(\.vertex))
        for relation in selection.relations { needs.formUnion(tables[relation.oid]?.tails ?? []) }
        if let attachIndexes { needs.insert(attachIndexes) }
        if let largeObjects { needs.insert(largeObjects) }
        needs.formUnion(extensionRows)
        if let catchUp = live.catchUp { needs.insert(catchUp) }
        needs.remove(preData)
        postData = add(nil, .restorePostData, after: needs.isEmpty ? [preData] : needs.sorted())
    }

    /// Materialized views are refreshed after those that they read, and indexed once they are filled. One that the
    /// source has not populated, that the plan skips or that reads such a one stays empty, with its indexes.
    /// - Parameter ready: after it views may be read.
    mutating func addViewTasks(after ready: Int) {
        let views = selection.relations.filter { $0.kind == .materializedView }
        guard !views.isEmpty else { return }
        let reads = MaterializedReads(source)
        var unrefreshed: [OID: QualifiedName?] = [:]
        for view in views where !view.isPopulated || selection.withoutData.contains(view.oid) {
            unrefreshed[view.oid] = .some(nil)
        }
        let ordered = reads.ordered(views.map(\.oid))
        for oid in ordered {
            guard unrefreshed[oid] == nil, let cause = reads.nearest(to: oid).first(where: { unrefreshed[$0] != nil }),
                let view = lookup.relationsByOID[oid], let other = lookup.relationsByOID[cause]
            else { continue }
            unrefreshed[oid] = other.name
            diagnostics.append(
                Diagnostic(
                    .warning, PlanningCode.notRefreshed,
                    "materialized view \(view.name) is not refreshed because it reads \(other.name), which is not either",
                    cure: "Refresh both after the migration.",
                    statement:
                        "refresh materialized view \(other.name.sql);\nrefresh materialized view \(view.name.sql);",
                    object: view.name.description))
        }
        let indexes = Dictionary(grouping: selection.indexes, by: \.table)
        for oid in ordered {
            guard let view = lookup.relationsByOID[oid] else { continue }
            let own = indexes[oid] ?? []
            guard unrefreshed[oid] == nil else {
                for index in own { _ = addIndex(index, of: view, isParent: false, after: [ready]) }
                continue
            }
            let needs = reads.nearest(to: oid).compactMap { tables[$0]?.ready } + extensionRows
            let refresh = add(
                view.name.description, .refreshMaterializedView(view.name), after: [ready] + needs,
                resource: .indexJob, weight: view.tableBytes)
            var tasks = TableTasks(ready: refresh, data: [refresh], bytes: view.tableBytes)
            tasks.indexes = own.map { addIndex($0, of: view, isParent: false, after: [refresh]) }
            tasks.analyze = add(
                view.name.description, .analyze(view.name), after: tasks.tails, resource: .indexJob,
                weight: view.tableBytes)
            tables[oid] = tasks
        }
    }
}

/// Which materialized views a materialized view reads, directly or through views and functions.
private struct MaterializedReads {
    private let needs: [Catalog.ObjectID: [Catalog.ObjectID]]
    private let kinds: [OID: Catalog.Relation.Kind]

    init(_ catalog: Catalog) {
        needs = Dictionary(grouping: catalog.dependencies, by: \.dependent).mapValues { $0.map(\.on).sorted() }
        kinds = Dictionary(catalog.relations.map { ($0.oid, $0.kind) }) { first, _ in first }
    }

    /// In the order of their object ids.
    func nearest(to oid: OID) -> [OID] {
        var found: Set<OID> = []
        var seen: Set<Catalog.ObjectID> = []
        var queue = needs[.init(catalog: "pg_class", oid: oid)] ?? []
        while let object = queue.popLast() {
            guard seen.insert(object).inserted else { continue }
            let kind = object.catalog == "pg_class" ? kinds[object.oid] : nil
            if kind == .materializedView {
                if object.oid != oid { found.insert(object.oid) }
            } else if kind == .view || object.catalog == "pg_proc" {
                queue += needs[object] ?? []
            }
        }
        return found.sorted()
    }

    /// Each after those that it reads; otherwise as given. A view cannot read itself, so there is no circle.
    func ordered(_ views: [OID]) -> [OID] {
        var result: [OID] = []
        var done: Set<OID> = []
        let wanted = Set(views)
        for view in views {
            var stack = [view]
            while let top = stack.last {
                let missing = nearest(to: top).filter {
                    wanted.contains($0) && !done.contains($0) && !stack.contains($0)
                }
                if let next = missing.first {
                    stack.append(next)
                    continue
                }
                stack.removeLast()
                if done.insert(top).inserted { result.append(top) }
            }
        }
        return result
    }
}

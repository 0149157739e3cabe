internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Extensions and the dump, then what must exist before data.
    /// - Parameter needs: before the source is read.
    mutating func addSchemaTasks(after needs: [Int]) {
        var first = [add(nil, .dumpSchema, after: needs)] + addRoleTasks()
        var vertices: [OID: Int] = [:]
        let existing = Set(target.extensions.map(\.name))
        for item in selection.extensions where item.name != "plpgsql" || !existing.contains("plpgsql") {
            vertices[item.oid] = addExtension(item.name, schema: item.schema)
        }
        for edge in source.dependencies where edge.dependent.catalog == "pg_extension" {
            guard edge.on.catalog == "pg_extension", let after = vertices[edge.dependent.oid],
                let before = vertices[edge.on.oid]
            else { continue }
            graph.add(edgeFrom: before, to: after)
        }
        first += vertices.values.sorted()
        if !hypertables.isEmpty, !selection.extensions.contains(where: { $0.name == "timescaledb" }) {
            let schema = target.extensions.first { $0.name == "timescaledb" }?.schema ?? "public"
            first.append(addExtension("timescaledb", schema: schema))
        }
        preData = add(nil, .restorePreData, after: first)
    }

    private mutating func addExtension(_ name: String, schema: String) -> Int {
        add(QualifiedName.quotedIfNeeded(name), .createExtension(name: name, schema: schema), after: [])
    }
}

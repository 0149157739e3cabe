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
            let version = ExtensionVersion.wanted(item, on: target)
            vertices[item.oid] = addExtension(item.name, schema: item.schema, version: version)
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

    private mutating func addExtension(_ name: String, schema: String, version: String? = nil) -> Int {
        add(
            QualifiedName.quotedIfNeeded(name), .createExtension(name: name, schema: schema, version: version),
            after: [])
    }

    /// Rows of the extensions' configuration tables that are the user's. Jobs of a scheduler begin to run where its rows
    /// are, so these come last.
    /// - Parameter isLate: those of schedulers, or the others.
    mutating func addExtensionRows(isLate: Bool, after needs: [Int]) {
        let existing = Set(target.extensions.map(\.name))
        for item in selection.extensions
        where item.hasOwnRows && ExtensionVersion.schedulers.contains(item.name) == isLate {
            let tables = item.configurationTables.map {
                ExtensionRows.Table(name: $0.table, condition: $0.condition)
            }
            let rows = ExtensionRows(name: item.name, tables: tables, replaces: !existing.contains(item.name))
            extensionRows.append(add(QualifiedName.quotedIfNeeded(item.name), .copyExtensionRows(rows), after: needs))
        }
    }
}

extension Catalog.Extension {
    /// TimescaleDB's configuration tables are its catalog, which is never copied.
    var hasOwnRows: Bool { !configurationTables.isEmpty && name != "timescaledb" }
}

/// At which version an extension is made on the target.
enum ExtensionVersion {
    /// Extensions whose rows are jobs.
    static let schedulers: Set<String> = ["pg_cron", "pg_timetable"]

    /// The source's, where the target offers it: its objects are what the source's own objects were made with. Nil: the
    /// target's default. TimescaleDB is always the server's own, of which the loader has one ready.
    static func wanted(_ item: Catalog.Extension, on target: Catalog) -> String? {
        guard item.name != "timescaledb", target.server.availableExtensions[item.name] != item.version else {
            return nil
        }
        let offered = target.server.availableExtensionVersions[item.name] ?? []
        return offered.contains(item.version) ? item.version : nil
    }
}

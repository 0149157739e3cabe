internal import Catalog
internal import PlanFile

/// Works out a `ResolvedSelection`: first what the plan's entries match, then what depends on what is excluded, then
/// what remains.
struct SelectionResolver {
    let plan: Plan
    let source: Catalog
    let lookup: CatalogIndex
    var names = NameMatching()
    var diagnostics: [Diagnostic] = []
    /// What is left out, and in words why; the words of what the plan excludes itself are empty.
    var excluded: [Catalog.ObjectID: String] = [:]
    /// Relations that `select.tables.include` matches.
    var included: Set<OID> = []
    /// Schemas that are not selected.
    var excludedSchemas: Set<String> = []

    init(plan: Plan, source: Catalog) {
        self.plan = plan
        self.source = source
        lookup = CatalogIndex(source)
    }

    mutating func resolve() -> ResolvedSelection {
        excludeSchemas()
        excludeRelations()
        excludeObjects()
        excludeDependents()
        excludeIndexes()
        excludeForeignKeys()
        var result = remaining()
        result.withoutData = relationsWithoutData(result)
        matchRemainingEntries(result)
        result.exclusions = exclusions()
        result.diagnostics = names.diagnostics + diagnostics
        return result
    }

    private mutating func excludeSchemas() {
        let all = source.schemas.map(\.name)
        let select = plan.select.schemas
        let included = names.matches(select.include, among: all, key: "select.schemas.include", noun: "schema")
        let removed = names.matches(select.exclude, among: all, key: "select.schemas.exclude", noun: "schema")
        excludedSchemas = removed
        if !select.include.isEmpty { excludedSchemas.formUnion(all.filter { !included.contains($0) }) }
        if let own = SourceNames.markerSchema(of: plan, on: source.server) { excludedSchemas.insert(own) }
    }

    /// `include` restricts tables. Views follow what they read, and partitions their parents.
    private mutating func excludeRelations() {
        let all = source.relations.map(\.name)
        let select = plan.select.tables
        let included = names.matches(select.include, among: all, key: "select.tables.include", noun: "table or view")
        let removed = names.matches(select.exclude, among: all, key: "select.tables.exclude", noun: "table or view")
        self.included = Set(source.relations.filter { included.contains($0.name) }.map(\.oid))
        var reached = self.included
        for oid in self.included where lookup.relationsByOID[oid]?.kind == .partitionedTable {
            reached.formUnion(lookup.descendants(of: oid))
        }
        for relation in source.relations {
            let isRestricted =
                switch relation.kind {
                case .table, .partitionedTable, .foreignTable:
                    !select.include.isEmpty && !reached.contains(relation.oid)
                case .view, .materializedView: false
                }
            if isRestricted || removed.contains(relation.name) || excludedSchemas.contains(relation.name.schema) {
                excluded[.init(catalog: "pg_class", oid: relation.oid)] = ""
            }
        }
        for entry in select.include {
            let matching = source.relations.filter { entry.value.matches($0.name) }
            if !matching.isEmpty, matching.allSatisfy({ isExcluded($0.oid) }) {
                hasNoEffect("select.tables.include", entry.value.text, entry.location)
            }
        }
    }

    /// Extensions by name; sequences, functions, types and the rest by their schema.
    private mutating func excludeObjects() {
        let removed = names.matches(
            plan.select.excludedExtensions, among: source.extensions.map(\.name), key: "select.extensions.exclude",
            noun: "extension")
        for item in source.extensions where removed.contains(item.name) {
            excluded[.init(catalog: "pg_extension", oid: item.oid)] = ""
        }
        for sequence in source.sequences where excludedSchemas.contains(sequence.name.schema) {
            excluded[.init(catalog: "pg_class", oid: sequence.oid)] = ""
        }
        for object in source.objects where object.id.catalog != "pg_extension" {
            if let schema = object.schema, excludedSchemas.contains(schema) { excluded[object.id] = "" }
        }
    }

    func isExcluded(_ relation: OID) -> Bool { excluded[.init(catalog: "pg_class", oid: relation)] != nil }

    private mutating func hasNoEffect(_ key: String, _ text: String, _ location: SourceLocation?) {
        diagnostics.append(
            Diagnostic(
                .warning, PlanningCode.noEffect, "`\(key)` names \(text), which is not migrated anyway",
                cure: "Take the entry out, or select what it names.", object: text, at: location,
            ))
    }

    private func remaining() -> ResolvedSelection {
        var result = ResolvedSelection()
        result.relations = source.relations.filter { !isExcluded($0.oid) }
        result.indexes = source.indexes.filter { !isExcluded($0.table) && !isExcluded($0.oid) }
        result.constraints = source.constraints.filter { constraint in
            !isExcluded(constraint.table) && excluded[.init(catalog: "pg_constraint", oid: constraint.oid)] == nil
        }
        result.sequences = source.sequences.filter { !isExcluded($0.oid) }
        result.extensions = source.extensions.filter { item in
            excluded[.init(catalog: "pg_extension", oid: item.oid)] == nil
        }
        result.objects = source.objects.filter { $0.id.catalog != "pg_extension" && excluded[$0.id] == nil }
        let lostTriggers = Set(
            source.objects.filter { $0.id.catalog == "pg_event_trigger" && excluded[$0.id] != nil }.map(\.identity))
        result.eventTriggers = source.eventTriggers.filter { name in
            !lostTriggers.contains(name) && !lostTriggers.contains(QualifiedName.quotedIfNeeded(name))
        }
        return result
    }

    /// A partitioned table stands for its partitions.
    private mutating func relationsWithoutData(_ selection: ResolvedSelection) -> Set<OID> {
        var found: Set<OID> = []
        let entries = plan.copy.skipTableData
        let key = "copy.skip-table-data"
        let candidates = source.relations.filter { [.table, .partitionedTable, .materializedView].contains($0.kind) }
        _ = names.matches(entries, among: candidates.map(\.name), key: key, noun: "table or materialized view")
        for entry in entries {
            let matching = candidates.filter { entry.value.matches($0.name) }
            if !matching.isEmpty, matching.allSatisfy({ isExcluded($0.oid) }) {
                hasNoEffect(key, entry.value.text, entry.location)
            }
            for relation in matching where !isExcluded(relation.oid) {
                found.insert(relation.oid)
                if relation.kind == .partitionedTable { found.formUnion(lookup.descendants(of: relation.oid)) }
            }
        }
        return found
    }

    /// Entries that name one table each.
    private mutating func matchRemainingEntries(_ selection: ResolvedSelection) {
        let entries =
            plan.hypertables.map { ("hypertables", $0.table) }
            + plan.replication.identity.map { ("replication.identity", $0.table) }
        let kinds: [Catalog.Relation.Kind] = [.table, .partitionedTable]
        let candidates = Dictionary(
            source.relations.filter { kinds.contains($0.kind) }.map { ($0.name, $0.oid) }
        ) { first, _ in first }
        for (key, entry) in entries {
            guard let oid = candidates[entry.value] else {
                names.miss(
                    key, entry.value.description, entry.location, "table",
                    among: candidates.keys.map(\.description).sorted())
                continue
            }
            if isExcluded(oid) { hasNoEffect(key, entry.value.description, entry.location) }
        }
    }

    private func exclusions() -> Exclusions {
        var objects = Set(excluded.keys.map { ExcludedObject(catalog: $0.catalog, oid: $0.oid) })
        func add(_ catalog: String, _ items: some Sequence<(oid: OID, table: OID)>) {
            for item in items where isExcluded(item.table) {
                objects.insert(ExcludedObject(catalog: catalog, oid: item.oid))
            }
        }
        add("pg_class", source.indexes.lazy.map { ($0.oid, $0.table) })
        add("pg_constraint", source.constraints.lazy.map { ($0.oid, $0.table) })
        add("pg_trigger", source.triggers.lazy.map { ($0.oid, $0.table) })
        add("pg_policy", source.policies.lazy.map { ($0.oid, $0.table) })
        let extensions = source.extensions.filter { item in
            excluded[.init(catalog: "pg_extension", oid: item.oid)] != nil
        }
        objects.formUnion(source.timescaleObjects.map { ExcludedObject(catalog: $0.catalog, oid: $0.oid) })
        // Chunks, and what holds continuous aggregates' rows: TimescaleDB makes these itself.
        let isTimescale = source.extensions.contains { $0.name == "timescaledb" }
        let views = Set(source.continuousAggregates.map(\.view))
        let aggregates = source.relations.filter { views.contains($0.name) && !isExcluded($0.oid) }.map(\.oid)
        let schemas = excludedSchemas.union(isTimescale ? ["_timescaledb_internal"] : [])
        return Exclusions(
            objects: objects.sorted { ($0.catalog, $0.oid) < ($1.catalog, $1.oid) }, schemas: schemas.sorted(),
            extensions: extensions.map(\.name).sorted(), aggregates: aggregates.isEmpty ? nil : aggregates.sorted())
    }
}

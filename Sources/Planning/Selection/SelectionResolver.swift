internal import Catalog
internal import PlanFile

/// Works out a `ResolvedSelection`: first what the plan's entries match, then what depends on what is excluded, then
/// what remains.
struct SelectionResolver {
    let plan: Plan
    /// With `from-partitions` tables as plain ones.
    let source: Catalog
    let folded: FoldedSource
    let lookup: CatalogIndex
    /// What is below these tables; plans may name it.
    let members: [OID: Catalog.Relation]
    var names = NameMatching()
    var diagnostics: [Diagnostic] = []
    /// What is left out, and in words why; the words of what the plan excludes itself are empty.
    var excluded: [Catalog.ObjectID: String] = [:]
    /// Relations that `select.tables.include` matches.
    var included: Set<OID> = []
    /// Schemas that are not selected.
    var excludedSchemas: Set<String> = []
    /// Who runs the source: what is the provider's own stays there.
    let provider: ProviderProfile

    init(plan: Plan, source: Catalog) {
        self.plan = plan
        folded = FoldedSource(plan, source)
        self.source = folded.catalog
        lookup = CatalogIndex(folded.catalog)
        members = Dictionary(
            folded.families.values.flatMap(\.members).map { ($0.oid, $0) }
        ) { first, _ in first }
        provider = RecognisedProvider(plan.source.provider.value, source).profile
    }

    mutating func resolve() -> ResolvedSelection {
        excludeSchemas()
        excludeRelations()
        let families = foldPartitions()
        excludeObjects()
        excludeDependents()
        excludeIndexes()
        excludeForeignKeys()
        var result = remaining()
        result.families = families.filter { !isExcluded($0.key) }
        result.withoutData = relationsWithoutData(result)
        result.existing = existingTables(result)
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
        excludedSchemas.formUnion(all.filter { provider.owns(schema: $0) && !included.contains($0) })
        if let own = SourceNames.markerSchema(of: plan, on: source.server) { excludedSchemas.insert(own) }
    }

    /// `include` restricts tables. Views follow what they read, and partitions their parents.
    private mutating func excludeRelations() {
        let all = folded.original.relations.map(\.name)
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
        for member in members.values
        where removed.contains(member.name) || excludedSchemas.contains(member.name.schema) {
            excluded[.init(catalog: "pg_class", oid: member.oid)] = ""
        }
        for entry in select.include {
            let matching = folded.original.relations.filter { entry.value.matches($0.name) }
            if !matching.isEmpty, matching.allSatisfy({ isExcluded($0.oid) }) {
                hasNoEffect("select.tables.include", entry.value.text, entry.location)
            }
        }
    }

    /// What is below a `from-partitions` table is not made on the target: what needs it falls. What the plan excludes
    /// of it, or what is below such, brings no rows either.
    private mutating func foldPartitions() -> [OID: PartitionFamily] {
        var families = folded.families
        for (root, family) in folded.families {
            var left = Set(family.members.map(\.oid).filter(isExcluded))
            for member in family.members where !member.parents.isEmpty && member.parents.allSatisfy(left.contains) {
                left.insert(member.oid)
                excluded[.relation(member.oid)] = ""
            }
            families[root]?.excluded = left
            for member in family.members where !left.contains(member.oid) {
                excluded[.relation(member.oid)] = Self.folds
            }
            for trigger in folded.original.triggers where family.leavesOut(trigger) {
                excluded[.init(catalog: "pg_trigger", oid: trigger.oid)] = Self.folds
            }
        }
        return families
    }

    /// In `excluded`: it becomes part of a hypertable.
    static let folds = "becomes part of a hypertable"

    /// Extensions by name; sequences, functions, types and the rest by their schema.
    private mutating func excludeObjects() {
        let removed = names.matches(
            plan.select.excludedExtensions, among: source.extensions.map(\.name), key: "select.extensions.exclude",
            noun: "extension")
        for item in source.extensions where removed.contains(item.name) || provider.owns(extension: item.name) {
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
        let candidates = folded.original.relations.filter {
            [.table, .partitionedTable, .materializedView].contains($0.kind)
        }
        func isLeftOut(_ oid: OID) -> Bool {
            excluded[.relation(oid)].map { $0 != Self.folds } ?? false
        }
        _ = names.matches(entries, among: candidates.map(\.name), key: key, noun: "table or materialized view")
        for entry in entries {
            let matching = candidates.filter { entry.value.matches($0.name) }
            if !matching.isEmpty, matching.allSatisfy({ isLeftOut($0.oid) }) {
                hasNoEffect(key, entry.value.text, entry.location)
            }
            for relation in matching where !isLeftOut(relation.oid) {
                found.insert(relation.oid)
                if let family = folded.families[relation.oid] { found.formUnion(family.members.map(\.oid)) }
                if relation.kind == .partitionedTable {
                    found.formUnion(lookup.descendants(of: relation.oid))
                    let below = members.values.filter { $0.parents.contains(relation.oid) }
                    found.formUnion(below.map(\.oid))
                }
            }
        }
        return found
    }

    private mutating func existingTables(_ selection: ResolvedSelection) -> Set<OID> {
        let entries = plan.copy.intoExisting ?? []
        let key = "copy.into-existing"
        let candidates = source.relations.filter { [.table, .partitionedTable].contains($0.kind) }
        _ = names.matches(entries, among: candidates.map(\.name), key: key, noun: "table")
        for entry in entries {
            let matching = candidates.filter { entry.value.matches($0.name) }
            if !matching.isEmpty, matching.allSatisfy({ isExcluded($0.oid) }) {
                hasNoEffect(key, entry.value.text, entry.location)
            }
        }
        return Set(
            selection.relations.filter { relation in
                [.table, .partitionedTable].contains(relation.kind)
                    && entries.contains { $0.value.matches(relation.name) }
            }
            .map(\.oid))
    }

    /// Entries that name one table each.
    private mutating func matchRemainingEntries(_ selection: ResolvedSelection) {
        let entries =
            plan.hypertables.map { ("hypertables", $0.table) }
            + plan.replication.identity.map { ("replication.identity", $0.table) }
        let kinds: [Catalog.Relation.Kind] = [.table, .partitionedTable]
        let candidates = Dictionary(
            folded.original.relations.filter { kinds.contains($0.kind) }.map { ($0.name, $0.oid) }
        ) { first, _ in first }
        for (key, entry) in entries {
            guard let oid = candidates[entry.value] else {
                names.miss(
                    key, entry.value.description, entry.location, "table",
                    among: candidates.keys.map(\.description).sorted())
                continue
            }
            if isExcluded(oid), excluded[.relation(oid)] != Self.folds {
                hasNoEffect(key, entry.value.description, entry.location)
            }
        }
    }

    private func exclusions() -> Exclusions {
        var objects = Set(excluded.keys.map { ExcludedObject(catalog: $0.catalog, oid: $0.oid) })
        func add(_ catalog: String, _ items: some Sequence<(oid: OID, table: OID)>) {
            for item in items where isExcluded(item.table) {
                objects.insert(ExcludedObject(catalog: catalog, oid: item.oid))
            }
        }
        let all = folded.original
        add("pg_class", all.indexes.lazy.map { ($0.oid, $0.table) })
        add("pg_constraint", all.constraints.lazy.map { ($0.oid, $0.table) })
        add("pg_trigger", all.triggers.lazy.map { ($0.oid, $0.table) })
        add("pg_policy", all.policies.lazy.map { ($0.oid, $0.table) })
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
            extensions: extensions.map(\.name).sorted(),
            flattened: folded.families.isEmpty ? nil : folded.families.keys.filter { !isExcluded($0) }.sorted(),
            aggregates: aggregates.isEmpty ? nil : aggregates.sorted())
    }
}

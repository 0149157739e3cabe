package import Catalog
package import PlanFile

extension PlanDocument {
    /// - Parameters:
    ///   - graph: nil where an error stands in the way.
    ///   - diagnostics: everything found, in the order in which it is to be told.
    ///   - done: ids of the tasks that are done; nil where the migration has not begun.
    package init(
        _ plan: Plan, source: Catalog, target: Catalog, selection: ResolvedSelection, graph: MigrationGraph?,
        diagnostics: [Diagnostic], done: Set<String>? = nil,
    ) {
        name = plan.name.value.text
        file = plan.file
        hash = plan.hash
        mode = plan.mode.value
        self.source = Server(
            source, RecognisedProvider(plan.source.provider.value, source),
            connections: graph.map { Sessions.needed(.source, plan, $0.jobs) })
        self.target = Server(
            target, RecognisedProvider(plan.target.provider.value, target),
            connections: graph.map { Sessions.needed(.target, plan, $0.jobs) })
        creates = CreatedCounts.counts(plan, source, selection, graph)
        skipped = Self.skipped(plan, source, selection)
        notYetApplied = Self.notYetApplied(plan)
        jobs = graph.map { Self.jobs($0.jobs) }
        access = graph.flatMap { $0.access.map(PlanDocument.Access.init) }
        following = graph.flatMap { $0.following.map(PlanDocument.Following.init) }
        downtime = graph.flatMap { Downtime($0, source: source, verify: plan.cutover.verify.value)?.parts }
        tables = graph.map { graph in
            graph.tables.sorted { ($1.bytes, $0.table) < ($0.bytes, $1.table) }.map(Table.init)
        }
        let isVerified = plan.cutover.verify.value != .none
        estimate = graph.map { Estimate($0, isVerified: isVerified) }
        tasks = graph.map { graph in
            // The graph has them always, but they are left alone.
            graph.tasks.filter { isVerified || !$0.action.isVerification }.map { task in
                Task(
                    id: task.id, needs: task.needs.map { graph.tasks[$0].id }, resource: task.resource,
                    bytes: task.weight, done: done.map { $0.contains(task.id) })
            }
        }
        self.diagnostics = diagnostics
    }

    private static func jobs(_ jobs: JobDecision) -> [Job] {
        [
            Job(name: "table-jobs", value: Int64(jobs.tableJobs), why: jobs.tableJobsWhy),
            Job(name: "index-jobs", value: Int64(jobs.indexJobs), why: jobs.indexJobsWhy),
            Job(
                name: "maintenance_work_mem", value: Int64(jobs.maintenanceWorkMemKB) * 1024, unit: "bytes",
                why: jobs.maintenanceWorkMemWhy),
            Job(name: "split-tables-larger-than", value: jobs.splitLargerThan, unit: "bytes", why: jobs.splitWhy),
        ]
    }

    /// Whole relations, schemas and extensions; what falls with them is in the diagnostics.
    private static func skipped(_ plan: Plan, _ source: Catalog, _ selection: ResolvedSelection) -> [Skipped] {
        let markers = SourceNames.markerSchema(of: plan, on: source.server)
        let profile = RecognisedProvider(plan.source.provider.value, source).profile
        func own(_ profile: ProviderProfile) -> String { "it is \(profile.name)'s own" }
        var result: [Skipped] = selection.exclusions.schemas.filter { schema in
            // TimescaleDB makes its own itself.
            schema != markers && !schema.hasPrefix("_timescaledb_")
        }
        .map { schema in
            Skipped(
                object: "schema \(QualifiedName.quotedIfNeeded(schema))",
                why: plan.select.schemas.exclude.contains { $0.value.matches(schema) }
                    ? "the plan excludes it"
                    : profile.owns(schema: schema) ? own(profile) : "the plan does not include it")
        }
        result += selection.exclusions.extensions.map { name in
            Skipped(
                object: "extension \(QualifiedName.quotedIfNeeded(name))",
                why: plan.select.excludedExtensions.contains { $0.value.matches(name) }
                    ? "the plan excludes it" : own(profile))
        }
        let parts = selection.families.values.flatMap { family in
            family.members.map(\.oid).filter { !family.excluded.contains($0) }
        }
        let selected = Set(selection.relations.map(\.oid) + parts)
        let schemas = Set(selection.exclusions.schemas)
        for relation in source.relations where !selected.contains(relation.oid) {
            guard !schemas.contains(relation.name.schema) else { continue }
            let isExcluded = plan.select.tables.exclude.contains { $0.value.matches(relation.name) }
            let isRestricted = !plan.select.tables.include.isEmpty
            result.append(
                Skipped(
                    object: "\(relation.noun) \(relation.name)",
                    why: isExcluded
                        ? "the plan excludes it"
                        : isRestricted ? "the plan does not include it" : "it depends on what the plan excludes"))
        }
        let indexes = Set(selection.indexes.map(\.oid))
        // Of partitions that become part of a hypertable another finding tells.
        let made = Set(selection.relations.map(\.oid))
        for index in source.indexes where made.contains(index.table) && !indexes.contains(index.oid) {
            let isExcluded = plan.select.excludedIndexes.contains { $0.value.matches(index.name) }
            result.append(
                Skipped(
                    object: "index \(index.name)",
                    why: isExcluded
                        ? "the plan excludes it"
                        : !index.isValid
                            ? "it is invalid on the source"
                            : index.parent.map { !indexes.contains($0) } ?? false
                                ? "it is a part of one that is excluded" : "it depends on what the plan excludes"))
        }
        result += source.relations.filter { selection.withoutData.contains($0.oid) && selected.contains($0.oid) }.map {
            Skipped(
                object: "data of \($0.noun) \($0.name)",
                why: $0.kind == .materializedView ? "the plan leaves it unrefreshed" : "the plan skips it")
        }
        return result
    }

    // Every key does something by now.
    private static func notYetApplied(_ plan: Plan) -> [String] { [] }
}

extension PlanDocument.Server {
    init(_ catalog: Catalog, _ recognised: RecognisedProvider, connections: Int?) {
        self.init(
            database: catalog.server.database, version: catalog.server.version, connections: connections,
            provider: recognised.profile.provider, providerName: recognised.profile.name,
            providerWhy: recognised.why)
    }
}

extension PlanDocument.Table {
    init(_ decision: TableDecision) {
        self.init(
            table: decision.table, way: decision.way, pieces: decision.pieces, binary: decision.isBinary,
            hypertable: decision.isHypertable, rows: decision.estimatedRows, bytes: decision.bytes,
            indexBytes: decision.indexBytes, why: decision.why, partitioned: decision.becomesPartitioned)
    }
}

/// What will be created, by kind.
private enum CreatedCounts {
    static func counts(
        _ plan: Plan, _ source: Catalog, _ selection: ResolvedSelection, _ graph: MigrationGraph?,
    ) -> [PlanDocument.Created] {
        var counts: [String: Int] = [:]
        func add(_ kind: String, _ number: Int = 1) { counts[kind, default: 0] += number }
        let entries = plan.completed(from: source).hypertables.filter { $0.to == nil }
        let hypertables = Set(entries.map(\.table.value))
        for relation in selection.relations {
            add(relation.kind == .table && hypertables.contains(relation.name) ? "hypertable" : relation.noun)
        }
        add("index", selection.indexes.filter { $0.constraint == nil }.count)
        for constraint in selection.constraints where constraint.parent == nil || constraint.kind != .foreignKey {
            switch constraint.kind {
            case .primaryKey: add("primary key")
            case .unique: add("unique constraint")
            case .exclusion: add("exclusion constraint")
            case .foreignKey: add("foreign key")
            case .check: add("check constraint")
            case .notNull, .trigger: break
            }
        }
        let selected = Set(selection.relations.map(\.oid))
        let gone = Set(selection.exclusions.objects.filter { $0.catalog == "pg_trigger" }.map(\.oid))
        add(
            "trigger",
            source.triggers.filter { selected.contains($0.table) && $0.parent == nil && !gone.contains($0.oid) }.count)
        add("policy", source.policies.filter { selected.contains($0.table) }.count)
        let made = Set(selection.relations.map(\.name))
        let ruled = entries.filter { made.contains($0.table.value) }
        add("columnstore", ruled.filter { $0.columnstore != nil }.count)
        add("retention policy", ruled.filter { $0.retention != nil }.count)
        add("sequence", selection.sequences.count)
        for object in selection.objects where object.id.catalog != "pg_event_trigger" { add(object.kind) }
        add("event trigger", selection.eventTriggers.count)
        add("large object", source.largeObjectCount)
        let extensions = graph?.tasks.filter { if case .createExtension = $0.action { true } else { false } }.count
        add("extension", extensions ?? selection.extensions.count)
        let excluded = Set(selection.exclusions.schemas)
        add("schema", source.schemas.filter { !excluded.contains($0.name) && $0.name != "public" }.count)
        return counts.filter { $0.value > 0 }.map { PlanDocument.Created(kind: $0.key, count: $0.value) }
            .sorted { (rank($0.kind), $0.kind) < (rank($1.kind), $1.kind) }
    }

    private static let order = [
        "schema", "extension", "hypertable", "table", "partitioned table", "partition", "foreign table", "view",
        "materialized view", "index", "primary key", "unique constraint", "exclusion constraint", "foreign key",
        "check constraint", "columnstore", "retention policy", "sequence", "trigger", "policy",
    ]
    private static func rank(_ kind: String) -> Int { order.firstIndex(of: kind) ?? order.count }
}

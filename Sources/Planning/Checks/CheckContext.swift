package import Catalog
package import PlanFile

/// Everything a check may look at: values only.
package struct CheckContext: Sendable {
    /// What of the source is migrated, by the source's object ids.
    package struct Selected: Sendable, Equatable {
        package var relations: Set<OID>
        /// Constraints' own indexes included.
        package var indexes: Set<OID>
        package var constraints: Set<OID>
        package var sequences: Set<OID>
        /// Functions, types and all else, but relations, indexes, sequences and extensions.
        package var objects: Set<Catalog.ObjectID>
        package var extensions: Set<String>
        /// Relations whose structure alone is migrated.
        package var withoutData: Set<OID>
        /// What becomes one hypertable each, by the root's oid.
        package var families: [OID: PartitionFamily]
        /// Tables that are on the target already, as the plan says.
        package var existing: Set<OID> = []

        package init(
            relations: Set<OID>, indexes: Set<OID>, constraints: Set<OID>, sequences: Set<OID>,
            objects: Set<Catalog.ObjectID>, extensions: Set<String>, withoutData: Set<OID> = [],
            families: [OID: PartitionFamily] = [:],
        ) {
            self.families = families
            self.relations = relations
            self.indexes = indexes
            self.constraints = constraints
            self.sequences = sequences
            self.objects = objects
            self.extensions = extensions
            self.withoutData = withoutData
        }

        /// What the plan's `select` leaves.
        package init(_ selection: ResolvedSelection) {
            self.init(
                relations: Set(selection.relations.map(\.oid)), indexes: Set(selection.indexes.map(\.oid)),
                constraints: Set(selection.constraints.map(\.oid)),
                sequences: Set(selection.sequences.map(\.oid)), objects: Set(selection.objects.map(\.id)),
                extensions: Set(selection.extensions.map(\.name)), withoutData: selection.withoutData,
                families: selection.families)
            existing = selection.existing
        }

    }

    /// With entries for what are hypertables on the source.
    package let plan: Plan
    /// With tables that become hypertables from their partitions as plain ones.
    package let source: Catalog
    /// As the server has it.
    let original: Catalog
    package let target: Catalog
    package let selected: Selected
    package let jobs: JobDecision
    package let machine: Machine
    /// What of roles, owners and privileges would be applied.
    package let access: AccessDecision

    /// Selected relations, sorted by name; the source's catalog grouped for the checks of tables.
    let relations: [Catalog.Relation]
    /// Selected constraints.
    let constraints: [Catalog.Constraint]
    let hypertables: [PlannedHypertable]
    /// Of `selected.existing` those that the target has.
    let existing: [OID: ExistingTable]
    private let sourceProvider: RecognisedProvider
    private let targetProvider: RecognisedProvider
    private let relationsByOID: [OID: Catalog.Relation]
    private let indexesByTable: [OID: [Catalog.Index]]
    private let sourceIndexesByTable: [OID: [Catalog.Index]]
    private let constraintsByTable: [OID: [Catalog.Constraint]]
    private let triggersByTable: [OID: [Catalog.Trigger]]
    private let parents: Set<OID>

    package init(
        plan: Plan, source: Catalog, target: Catalog, selected: Selected, jobs: JobDecision, machine: Machine,
        access: AccessDecision = AccessDecision(),
    ) {
        let plan = plan.completed(from: source)
        self.plan = plan
        original = source
        let source = selected.families.isEmpty ? source : FoldedSource(plan, source).catalog
        self.source = source
        self.target = target
        self.selected = selected
        self.jobs = jobs
        self.machine = machine
        self.access = access
        sourceProvider = RecognisedProvider(plan.source.provider.value, source)
        targetProvider = RecognisedProvider(plan.target.provider.value, target)
        relations = source.relations.filter { selected.relations.contains($0.oid) }
        relationsByOID = Dictionary(source.relations.map { ($0.oid, $0) }) { first, _ in first }
        indexesByTable = Dictionary(grouping: source.indexes.filter { selected.indexes.contains($0.oid) }, by: \.table)
        sourceIndexesByTable = Dictionary(grouping: original.indexes, by: \.table)
        constraints = source.constraints.filter { selected.constraints.contains($0.oid) }
        constraintsByTable = Dictionary(grouping: constraints, by: \.table)
        triggersByTable = Dictionary(grouping: source.triggers, by: \.table)
        parents = Set(source.relations.flatMap(\.parents))
        let targetLookup = selected.existing.isEmpty ? nil : CatalogIndex(target)
        existing = Dictionary(
            relations.filter { selected.existing.contains($0.oid) }.compactMap { relation in
                targetLookup.flatMap { ExistingTable(relation, $0) }.map { (relation.oid, $0) }
            }
        ) { first, _ in first }
        let byName = Dictionary(relations.map { ($0.name, $0) }) { first, _ in first }
        let onSource = Dictionary(source.hypertables.map { ($0.table, $0) }) { first, _ in first }
        hypertables = plan.hypertables.compactMap { entry in
            byName[entry.table.value].map { relation in
                PlannedHypertable(
                    entry: entry, relation: relation, isThere: selected.existing.contains(relation.oid),
                    source: onSource[entry.table.value])
            }
        }
    }

    /// Also of relations that are not selected.
    func relation(_ oid: OID) -> Catalog.Relation? { relationsByOID[oid] }
    /// The selected ones.
    func indexes(of relation: Catalog.Relation) -> [Catalog.Index] { indexesByTable[relation.oid] ?? [] }
    /// All that the source has.
    func sourceIndexes(of relation: Catalog.Relation) -> [Catalog.Index] { sourceIndexesByTable[relation.oid] ?? [] }
    func constraints(of relation: Catalog.Relation) -> [Catalog.Constraint] { constraintsByTable[relation.oid] ?? [] }
    func triggers(of relation: Catalog.Relation) -> [Catalog.Trigger] { triggersByTable[relation.oid] ?? [] }
    func hasChildren(_ relation: Catalog.Relation) -> Bool { parents.contains(relation.oid) }

    /// Whether the plan moves this relation's rows.
    func copiesRows(of relation: Catalog.Relation) -> Bool {
        relation.kind == .table && !selected.withoutData.contains(relation.oid)
    }

    /// The tables of the source whose rows are moved: partitions that become part of a hypertable, too.
    var copied: [Catalog.Relation] {
        relations.filter { $0.kind == .table }
            .flatMap { selected.families[$0.oid]?.parts ?? [$0] }.filter(copiesRows)
    }

    /// What is selected, and what becomes part of it.
    var readRelations: [Catalog.Relation] {
        let families = selected.families
        guard !families.isEmpty else { return relations }
        return relations + copied.filter { part in !selected.relations.contains(part.oid) }
    }

    /// Whether the plan names the table of which this one is a partition that becomes part of it.
    func isSaid(_ names: Set<QualifiedName>, ofRootOf relation: Catalog.Relation) -> Bool {
        selected.families.values.contains { family in
            names.contains(family.root.name) && family.parts.contains { $0.oid == relation.oid }
        }
    }

    /// Who runs a side's server.
    func provider(_ side: Side) -> RecognisedProvider { side == .source ? sourceProvider : targetProvider }

    /// How a setting of a side's server is changed where it runs.
    func change(
        _ setting: String, to value: String, bare: String? = nil, _ effect: SettingChange.Effect, on side: Side,
    ) -> SettingChange {
        SettingChange(setting, to: value, bare: bare, effect, at: provider(side).profile, on: side)
    }

    /// Whether both URIs lead to one database.
    var isOntoItself: Bool {
        let (from, to) = (source.server, target.server)
        // A promoted copy of a server keeps its identifier and gets another timeline.
        let isSameTimeline = from.timeline == nil || to.timeline == nil || from.timeline == to.timeline
        return from.systemIdentifier != nil && from.systemIdentifier == to.systemIdentifier
            && from.database == to.database && isSameTimeline
    }

    /// What the migration opens at most on a side.
    func neededConnections(_ side: Side) -> Int { Sessions.needed(side, plan, jobs) }

    /// What of a TimescaleDB source stays what it is.
    var kept: KeptByTimescale {
        KeptByTimescale(
            plan: plan, source: source,
            relations: Set(relations.filter { !selected.existing.contains($0.oid) }.map(\.name)),
            procedures: selected.extensions.contains("timescaledb"))
    }

    /// How a live migration would follow the source.
    var pluginChoice: PluginChoice {
        PluginChoice(
            plan.replication.plugin.value, server: source.server, tables: copied,
            hasHypertables: hypertables.contains { $0.source != nil && copiesRows(of: $0.relation) })
    }

    /// What names the rows of a table that is followed.
    func identity(of relation: Catalog.Relation) -> RowIdentity {
        let root = selected.families.values.first { $0.parts.contains { $0.oid == relation.oid } }?.root
        func choice(_ table: QualifiedName?) -> Plan.Identity.Choice? {
            plan.replication.identity.first { $0.table.value == table }?.choice.value
        }
        let choice = choice(relation.name) ?? choice(root?.name)
        return RowIdentity(relation, indexes: sourceIndexes(of: relation), choice: choice)
    }
}

/// An entry of the plan's `hypertables` and the source's relation that it names.
struct PlannedHypertable: Sendable {
    let entry: Plan.Hypertable
    let relation: Catalog.Relation
    /// It is on the target already: other rules hold.
    var isThere = false
    /// Nil where it is a plain table there.
    let source: Catalog.Hypertable?

    /// Whether it becomes a hypertable that the rules for hypertables hold for.
    var becomesHypertable: Bool { entry.to == nil && relation.kind == .table && !isThere }
    var timeColumn: Catalog.Column? { entry.timeColumn.flatMap { relation.column(named: $0.value) } }
    var spaceColumn: Catalog.Column? { entry.space.flatMap { relation.column(named: $0.column.value) } }

    /// The columns that every unique index must hold, in the order of the plan; those that exist.
    var partitionColumns: [Catalog.Column] {
        var columns = [timeColumn, spaceColumn].compactMap(\.self)
        if columns.count == 2, columns[0].number == columns[1].number { columns.removeLast() }
        return columns
    }

    /// Where its entry begins.
    var location: SourceLocation? { entry.location ?? entry.table.location }
    var name: String { relation.name.description }
}

extension Catalog.Relation {
    /// Names of columns by their numbers; a number that no column has is left out.
    func names(_ numbers: [Int]) -> [String] { numbers.compactMap { column($0)?.name } }
}

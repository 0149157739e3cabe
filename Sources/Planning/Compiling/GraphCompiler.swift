internal import Catalog
internal import PlanFile

/// The work of `Compiler`: adds the tasks, one subject after the other, then puts them in order.
///
/// Edges are few: a task waits for the last tasks of a table, and what waits for everything waits for what nothing else
/// waits for.
struct GraphCompiler {
    let plan: Plan
    let source: Catalog
    let target: Catalog
    let selection: ResolvedSelection
    let lookup: CatalogIndex
    /// Of what the server holds: partitions that become part of a hypertable are in it.
    let original: CatalogIndex
    let jobs: JobDecision
    let selected: Set<OID>
    /// Of the plan's entries, those that become hypertables, by table.
    let hypertables: [OID: Plan.Hypertable]
    /// Tables that are on the target already.
    let existing: [OID: ExistingTable]
    /// Without those of columns of such tables that the target has not.
    let sequences: [QualifiedName]
    /// What becomes a partitioned table, by table.
    private(set) var partitions: [OID: RangePartitions] = [:]
    /// Nil offline.
    let following: FollowingPlanner?
    var access = AccessDecision()

    var graph = Graph<MigrationTask>()
    var diagnostics: [Diagnostic] = []
    var decisions: [TableDecision] = []
    var tables: [OID: TableTasks] = [:]
    /// Of the tables whose rows travel.
    var pieces: [OID: [Piece]] = [:]
    var names: GeneratedNames
    /// Vertices that others wait for.
    var preData = 0
    var attachIndexes: Int?
    var postData = 0
    var largeObjects: Int?
    var extensionRows: [Int] = []
    var foreignKeys: [(vertex: Int, constraint: Catalog.Constraint, build: ForeignKeyBuild)] = []
    /// The last validation of each table's foreign keys.
    var validations: [OID: Int] = [:]
    /// The last tasks of partitioned tables' indexes and of the parts of these.
    var partitionedIndexes: Set<Int> = []
    var live = LiveVertices()

    init(plan: Plan, source: Catalog, target: Catalog, selection: ResolvedSelection) {
        self.plan = plan
        let folded = FoldedSource(plan, source)
        self.source = folded.catalog
        self.target = target
        self.selection = selection
        let original = CatalogIndex(source)
        self.original = original
        lookup = folded.families.isEmpty ? original : CatalogIndex(folded.catalog)
        selected = Set(selection.relations.map(\.oid))
        names = GeneratedNames(source)
        existing = selection.existingTables(target)
        let (kept, there) = (Set(existing.keys), Set(target.sequences.map(\.name)))
        sequences = selection.sequences.filter { sequence in
            !(sequence.ownerTable.map(kept.contains) ?? false) || there.contains(sequence.name)
        }
        .map(\.name)
        let copied = selection.copiedTables
        following =
            plan.mode.value == .live
            ? FollowingPlanner(plan: plan, source: source, target: target, selection: selection, lookup: original) : nil
        jobs = JobPlanner(plan: plan.copy, source: source.server, target: target.server)
            .decide(totalBytes: copied.reduce(0) { $0 + $1.tableBytes })
        let byName = Dictionary(
            selection.relations.filter { $0.kind == .table }.map { ($0.name, $0.oid) }
        ) { first, _ in first }
        hypertables = Dictionary(
            plan.hypertables.compactMap { entry in
                guard entry.to == nil, entry.timeColumn != nil else { return nil }
                return byName[entry.table.value].map { ($0, entry) }
            }
        ) { first, _ in first }
    }

    mutating func compile() -> MigrationGraph {
        divide()
        var planner = AccessPlanner(plan: plan, source: source, target: target, exclusions: exclusions)
        access = planner.decide()
        diagnostics += planner.diagnostics
        if following == nil { addOfflineTasks() } else { addLiveTasks() }
        addPolicies()
        return MigrationGraph(
            tasks: tasks(), tables: decisions, jobs: jobs, exclusions: exclusions,
            following: following?.decision, access: access)
    }

    /// Hypertables of the source that the plan wants as partitioned tables.
    private mutating func divide() {
        let wanted = Set(plan.hypertables.filter { $0.to?.value == .rangePartitions }.map(\.table.value))
        for relation in selection.relations where wanted.contains(relation.name) && existing[relation.oid] == nil {
            guard let hypertable = lookup.hypertablesByName[relation.name] else { continue }
            partitions[relation.oid] = RangePartitions(relation, hypertable, &names)
        }
    }

    /// With what is made partitioned, and what is on the target already.
    private var exclusions: Exclusions {
        var exclusions = selection.exclusions
        if !partitions.isEmpty { exclusions.partitioned = partitions.mapValues(\.column) }
        guard !existing.isEmpty else { return exclusions }
        let owned = selection.sequences.filter { $0.ownerTable.map { existing[$0] != nil } ?? false }
        exclusions.present = (existing.keys.map { $0 } + owned.map(\.oid)).sorted().map {
            ExcludedObject(catalog: "pg_class", oid: $0)
        }
        return exclusions
    }

    private mutating func addOfflineTasks() {
        addSchemaTasks(after: [])
        addCopyTasks()
        addLargeObjects(after: [preData])
        addExtensionRows(isLate: false, after: [preData])
        addIndexTasks(.early)
        addForeignKeyTasks()
        addPostData()
        addViewTasks(after: addAggregateTasks(after: postData))
        addAnalyzeTasks()
        addValidateTasks()
        addLastTasks()
    }

    /// Behind everything, a cutover's completion included: a job that compresses or drops chunks must not see a target
    /// that is still filled, compared or followed.
    private mutating func addPolicies() {
        let policies = selection.relations.compactMap { hypertables[$0.oid].flatMap(HypertablePolicies.init) }
        if !policies.isEmpty { add(nil, .applyPolicies(policies), after: graph.sinks) }
        addTimescaleSettings()
    }

    @discardableResult
    mutating func add(
        _ name: String?, _ action: Action, after needs: some Sequence<Int>, resource: MigrationTask.Resource = .none,
        weight: Int64 = 0,
    ) -> Int {
        let id = name.map { "\(action.kind):\($0)" } ?? action.kind
        let vertex = graph.add(
            MigrationTask(id: id, action: action, needs: [], resource: resource, weight: max(weight, 0)))
        graph.add(edgesFrom: needs, to: vertex)
        return vertex
    }

    /// What must be done before anything may rely on a relation's rows and keys.
    func tails(of oid: OID) -> [Int] {
        guard lookup.relationsByOID[oid]?.kind == .partitionedTable else { return tables[oid]?.tails ?? [preData] }
        let own =
            ([oid] + lookup.descendants(of: oid)).flatMap { tables[$0]?.tails ?? [] }
            + (attachIndexes.map { [$0] } ?? [])
        return Array(Set(own)).sorted()
    }

    /// The tasks in their order, each with the positions of those before it.
    private mutating func tasks() -> [MigrationTask] {
        let ids = graph.vertices.map(\.id)
        var ranks = [Int](repeating: 0, count: ids.count)
        for (rank, vertex) in ids.indices.sorted(by: { ids[$0] < ids[$1] }).enumerated() { ranks[vertex] = rank }
        let order: [Int]
        do {
            order = try graph.order(weights: graph.vertices.map(\.weight), ranks: ranks)
        } catch {
            let circle = error.vertices.map { ids[$0] }
            diagnostics.append(
                Diagnostic(
                    .error, PlanningCode.cycle, "tasks wait for one another: \(circle.joined(separator: " → "))",
                    detail: "This is an error in Skein, not in the plan.", cure: "Please report it with the plan."))
            return []
        }
        var positions = [Int](repeating: 0, count: ids.count)
        for (position, vertex) in order.enumerated() { positions[vertex] = position }
        return order.map { vertex in
            var task = graph.vertices[vertex]
            task.needs = graph.predecessors[vertex].map { positions[$0] }.sorted()
            return task
        }
    }
}

/// The tasks of one table, as far as others wait for them.
struct TableTasks {
    /// After it the table exists and takes rows.
    var ready: Int
    /// After them all its rows are in.
    var data: [Int]
    var indexes: [Int] = []
    /// The last of its constraints; each waits for the one before and the first for the indexes, because adding one
    /// locks the table against index builds.
    var lastConstraint: Int?
    var analyze: Int?
    /// All its rows were written frozen, in one piece.
    var isFrozen = false
    var bytes: Int64 = 0

    var hasBuilds: Bool { lastConstraint != nil || !indexes.isEmpty }
    var tails: [Int] { lastConstraint.map { [$0] } ?? (indexes.isEmpty ? data : indexes) }
}

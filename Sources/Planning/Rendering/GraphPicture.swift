private import PlanFile

/// The tasks as a picture that a Markdown viewer shows, however many there are: a box is what is done to a table in one
/// stage, small tables are one group, and an edge that follows from others is left out.
///
/// Viewers refuse what is too large: Mermaid's own limits are 500 edges and 50,000 characters of text.
struct GraphPicture {
    /// So many tables have a group of their own, the biggest first.
    static let mostTables = 24
    /// So many schemas have one for all their other tables.
    private static let mostSchemas = 6
    private static let longestName = 60

    struct Box: Sendable {
        var group: String?
        var title: String
        var count: Int
        /// Of rows to copy.
        var bytes: Int64

        var label: String {
            var label = count > 1 ? "\(title) × \(Measure.grouped(Int64(count)))" : title
            if bytes > 0 { label += ", \(Measure.bytes(bytes))" }
            return label
        }
    }

    /// What a box stands for.
    private struct Key: Hashable {
        var group: String?
        var title: String
        var stage: Int
    }

    private let tasks: [MigrationTask]
    private let groups: [QualifiedName: String]
    private let stages: [Int]

    init(_ graph: MigrationGraph) {
        tasks = graph.tasks
        groups = Self.groups(graph)
        stages = Self.stages(graph.tasks)
    }

    var mermaid: String {
        reduced.mermaid { Graph<Box>.Drawn(label: $0.label, group: $0.group) }
    }

    // MARK: Boxes

    /// Acyclic: a box comes where the first of its tasks does, and edges to earlier boxes are left out.
    var collapsed: Graph<Box> {
        var graph = Graph<Box>()
        var positions: [Key: Int] = [:]
        var boxOfTask: [Int] = []
        for (task, stage) in zip(tasks, stages) {
            let group = task.action.table.flatMap { groups[$0] }
            let key = Key(group: group, title: Self.title(task.action), stage: stage)
            let isCopy = if case .copy = task.action { true } else { false }
            let bytes = isCopy ? task.weight : 0
            let box: Int
            if let known = positions[key] {
                box = known
                graph.change(box) { changed in
                    changed.count += 1
                    changed.bytes += bytes
                }
            } else {
                box = graph.add(Box(group: group, title: key.title, count: 1, bytes: bytes))
                positions[key] = box
            }
            boxOfTask.append(box)
        }
        for (number, task) in tasks.enumerated() {
            for need in task.needs where boxOfTask[need] < boxOfTask[number] {
                graph.add(edgeFrom: boxOfTask[need], to: boxOfTask[number])
            }
        }
        return graph
    }

    /// Without the edges that follow from others.
    var reduced: Graph<Box> {
        let full = collapsed
        var reach = [Set<Int>](repeating: [], count: full.vertices.count)
        var result = Graph<Box>()
        for vertex in full.vertices { result.add(vertex) }
        for vertex in full.vertices.indices.reversed() {
            var reached: Set<Int> = []
            // The nearest first: what lies behind them is reached through them.
            for next in full.successors[vertex].sorted() where !reached.contains(next) {
                result.add(edgeFrom: vertex, to: next)
                reached.insert(next)
                reached.formUnion(reach[next])
            }
            reach[vertex] = reached
        }
        return result
    }

    // MARK: Groups

    /// The group that a table with rows belongs to.
    private static func groups(_ graph: MigrationGraph) -> [QualifiedName: String] {
        var weights: [QualifiedName: Int64] = [:]
        for task in graph.tasks {
            if case .copy(let piece) = task.action { weights[piece.table, default: 0] += max(1, task.weight) }
        }
        let ordered = weights.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
        var groups: [QualifiedName: String] = [:]
        for table in ordered.prefix(mostTables) { groups[table] = shortened(table.description) }
        let rest = ordered.dropFirst(mostTables)
        let schemas = Dictionary(grouping: rest, by: \.schema).sorted {
            $0.value.count != $1.value.count ? $0.value.count > $1.value.count : $0.key < $1.key
        }
        for (schema, tables) in schemas.prefix(mostSchemas) {
            let title =
                "\(Measure.count(tables.count, "other table")) of "
                + "\(shortened(QualifiedName.quotedIfNeeded(schema)))"
            for table in tables { groups[table] = title }
        }
        let others = schemas.dropFirst(mostSchemas)
        let count = others.reduce(0) { $0 + $1.value.count }
        for (_, tables) in others {
            for table in tables {
                groups[table] = "\(Measure.count(count, "other table")) of \(Measure.count(others.count, "schema"))"
            }
        }
        return groups
    }

    private static func shortened(_ name: String) -> String {
        name.count <= longestName ? name : name.prefix(longestName - 1) + "…"
    }

    /// Before changes are applied, before the gate, behind it.
    private static func stages(_ tasks: [MigrationTask]) -> [Int] {
        var stages = [Int](repeating: 0, count: tasks.count)
        for (number, task) in tasks.enumerated() {
            let own =
                switch task.action {
                case .follow: 1
                case .gate: 2
                default: 0
                }
            stages[number] = max(own, task.needs.map { stages[$0] }.max() ?? 0)
        }
        return stages
    }

    private static func title(_ action: Action) -> String {
        switch action {
        case .buildIndex: "index"
        case .addConstraint: "key"
        case .addForeignKey, .validateForeignKey: "foreign key"
        case .refreshMaterializedView: "refresh materialized view"
        case .analyze: "analyze"
        case .vacuum: "vacuum"
        case .copyLargeObjects: "large objects"
        case .createExtension: "extension"
        case .setOwners: "owners"
        case .grantPrivileges: "privileges"
        default: action.kind
        }
    }
}

package import PlanFile

extension MigrationGraph {
    /// The tasks as a Mermaid flowchart that stays small: by table and stage, small tables together.
    package func mermaid() -> String { GraphPicture(self).mermaid }

    /// Every task in Graphviz's language, by table; the pieces of a table are one box.
    package func dot(name: String) -> String { drawing.dot(name: name) { $0.drawn } }

    private struct Box: Sendable {
        var title: String
        var group: String?
        var count: Int

        var drawn: Graph<Box>.Drawn {
            Graph<Box>.Drawn(label: count > 1 ? "\(title) × \(count)" : title, group: group)
        }
    }

    private var drawing: Graph<Box> {
        var graph = Graph<Box>()
        var boxes: [String: Int] = [:]
        var boxOfTask: [Int] = []
        for task in tasks {
            let title = task.action.isPiece ? task.id.withoutLastPart : task.id
            let box: Int
            if let known = boxes[title] {
                box = known
                graph.change(box) { $0.count += 1 }
            } else {
                box = graph.add(Box(title: title, group: task.action.table?.description, count: 1))
                boxes[title] = box
            }
            boxOfTask.append(box)
            for need in task.needs where boxOfTask[need] != box { graph.add(edgeFrom: boxOfTask[need], to: box) }
        }
        return graph
    }
}

extension Action {
    /// The table or view that the task works on, nil where it is none or many.
    package var table: QualifiedName? {
        switch self {
        case .createHypertable(let definition): definition.table
        case .copy(let piece), .verify(let piece): piece.table
        case .buildIndex(let index): index.table
        case .addConstraint(let constraint): constraint.table
        case .addForeignKey(let key), .validateForeignKey(let key): key.table
        case .refreshMaterializedView(let view): view
        case .analyze(let table), .vacuum(let table, _, _): table
        default: nil
        }
    }

    var isVerification: Bool { if case .verify = self { true } else { false } }

    fileprivate var isPiece: Bool {
        switch self {
        case .copy, .verify: true
        default: false
        }
    }
}

extension String {
    /// `copy:public.readings` of `copy:public.readings:0017`.
    fileprivate var withoutLastPart: String { lastIndex(of: ":").map { String(self[..<$0]) } ?? self }
}

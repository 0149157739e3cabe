extension Graph {
    /// A topological order. Of the vertices that are ready, the one with the heaviest path behind it comes first, its
    /// own weight included: what the whole work waits for longest is begun first, big things before small ones. Equally
    /// heavy ones come in the order of `rank`. A function of its arguments alone.
    ///
    /// - Parameters:
    ///   - weights: of each vertex; not negative.
    ///   - ranks: of each vertex; all different.
    package func order(weights: [Int64], ranks: [Int]) throws(GraphCycle) -> [Int] {
        let anyOrder = try order()
        var paths = weights
        for vertex in anyOrder.reversed() {
            let behind = successors[vertex].reduce(Int64(0)) { max($0, paths[$1]) }
            paths[vertex] = weights[vertex].addingReportingOverflow(behind).overflow ? .max : weights[vertex] + behind
        }
        var waiting = predecessors.map(\.count)
        var ready = ReadyHeap { (paths[$1], ranks[$0]) < (paths[$0], ranks[$1]) }
        for vertex in vertices.indices where waiting[vertex] == 0 { ready.insert(vertex) }
        var result: [Int] = []
        result.reserveCapacity(vertices.count)
        while let vertex = ready.popFirst() {
            result.append(vertex)
            for next in successors[vertex] {
                waiting[next] -= 1
                if waiting[next] == 0 { ready.insert(next) }
            }
        }
        return result
    }

    /// Some topological order; throws where there is none.
    private func order() throws(GraphCycle) -> [Int] {
        var waiting = predecessors.map(\.count)
        var result = vertices.indices.filter { waiting[$0] == 0 }
        var position = 0
        while position < result.count {
            for next in successors[result[position]] {
                waiting[next] -= 1
                if waiting[next] == 0 { result.append(next) }
            }
            position += 1
        }
        guard result.count < vertices.count else { return result }
        throw cycle(among: waiting)
    }

    /// Every vertex that still waits has a predecessor that still waits, so that going backwards runs into a circle.
    private func cycle(among waiting: [Int]) -> GraphCycle {
        var vertex = waiting.firstIndex { $0 > 0 } ?? 0
        var positions: [Int: Int] = [:]
        var path: [Int] = []
        while positions[vertex] == nil {
            positions[vertex] = path.count
            path.append(vertex)
            guard let before = predecessors[vertex].first(where: { waiting[$0] > 0 }) else { break }
            vertex = before
        }
        let circle = Array(path[(positions[vertex] ?? 0)...].reversed())
        let start = circle.indices.min { circle[$0] < circle[$1] } ?? 0
        return GraphCycle(vertices: Array(circle[start...] + circle[..<start]))
    }
}

/// A binary heap of vertices.
private struct ReadyHeap {
    private var items: [Int] = []
    private let precedes: (Int, Int) -> Bool

    init(precedes: @escaping (Int, Int) -> Bool) { self.precedes = precedes }

    mutating func insert(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, precedes(items[child], items[(child - 1) / 2]) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Int? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        if items.isEmpty { return first }
        items[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if precedes(items[child], items[smallest]) { smallest = child }
            }
            if smallest == parent { return first }
            items.swapAt(parent, smallest)
            parent = smallest
        }
    }
}

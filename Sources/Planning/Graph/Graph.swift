/// A directed graph of vertices that must be done before one another. It knows nothing of what the vertices are.
///
/// Vertices are named by the positions in which they were added. An edge from `a` to `b` says that `a` comes first.
package struct Graph<Vertex: Sendable>: Sendable {
    package private(set) var vertices: [Vertex] = []
    /// For each vertex, what comes after it, in the order in which the edges were added.
    package private(set) var successors: [[Int]] = []
    /// For each vertex, what must come before it.
    package private(set) var predecessors: [[Int]] = []

    package init() {}

    /// Adds a vertex and answers its position.
    @discardableResult
    package mutating func add(_ vertex: Vertex) -> Int {
        vertices.append(vertex)
        successors.append([])
        predecessors.append([])
        return vertices.count - 1
    }

    /// Adds an edge: `first` must be done before `second`. The same edge twice is one edge.
    package mutating func add(edgeFrom first: Int, to second: Int) {
        // The shorter list is searched, so that neither a barrier nor a hub makes this slow.
        if successors[first].count < predecessors[second].count {
            if successors[first].contains(second) { return }
        } else if predecessors[second].contains(first) {
            return
        }
        successors[first].append(second)
        predecessors[second].append(first)
    }

    package mutating func add(edgesFrom firsts: some Sequence<Int>, to second: Int) {
        for first in firsts { add(edgeFrom: first, to: second) }
    }

    package mutating func change(_ vertex: Int, _ body: (inout Vertex) -> Void) { body(&vertices[vertex]) }

    /// The vertices that nothing comes after.
    package var sinks: [Int] { vertices.indices.filter { successors[$0].isEmpty } }
}

/// Thrown where vertices wait for one another in a circle.
package struct GraphCycle: Error, Equatable {
    /// Positions of the vertices, each before the next, and the last before the first. Begins with the smallest.
    package var vertices: [Int]
}

import Testing

@testable import Planning

@Suite("A graph")
struct GraphTests {
    /// Vertices by name, edges as pairs.
    func graph(_ names: String, _ edges: [(Character, Character)]) -> Graph<Character> {
        var graph = Graph<Character>()
        for name in names { graph.add(name) }
        for (first, second) in edges {
            graph.add(
                edgeFrom: names.distance(from: names.startIndex, to: names.firstIndex(of: first) ?? names.startIndex),
                to: names.distance(from: names.startIndex, to: names.firstIndex(of: second) ?? names.startIndex))
        }
        return graph
    }

    func order(_ graph: Graph<Character>, _ weights: [Int64]? = nil) throws -> String {
        let count = graph.vertices.count
        let order = try graph.order(
            weights: weights ?? Array(repeating: 0, count: count), ranks: Array(0..<count))
        return String(order.map { graph.vertices[$0] })
    }

    @Test(
        "orders what must come first first, then by rank",
        arguments: [
            ("abc", [], "abc"),
            ("abc", [("c", "a")], "bca"),
            ("abcd", [("d", "a"), ("d", "b"), ("b", "c")], "dabc"),
            ("ab", [("b", "a"), ("b", "a")], "ba"),
            ("", [], ""),
        ] as [(String, [(Character, Character)], String)]
    )
    func ordering(names: String, edges: [(Character, Character)], expected: String) throws {
        #expect(try order(graph(names, edges)) == expected)
    }

    @Test("begins with what has the heaviest path behind it, not with what is itself heaviest")
    func heaviestPath() throws {
        // a is light but leads to d; b is heavier than a alone.
        let value = graph("abcd", [("a", "d")])
        #expect(try order(value, [1, 5, 3, 9]) == "adbc")
        #expect(try order(value, [1, 5, 3, 2]) == "bacd")
    }

    @Test("does not overflow where weights are absurd")
    func overflow() throws {
        #expect(try order(graph("abc", [("a", "b"), ("b", "c")]), [.max, .max, .max]) == "abc")
    }

    @Test("names the vertices that wait for one another, in their circle")
    func cycle() {
        let value = graph("abcde", [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("d", "e")])
        #expect(throws: GraphCycle(vertices: [1, 2, 3])) { try order(value) }
        #expect(throws: GraphCycle(vertices: [0])) { try order(graph("a", [("a", "a")])) }
    }

    @Test("keeps an edge that is added twice as one")
    func duplicates() {
        let value = graph("ab", [("a", "b"), ("a", "b")])
        #expect(value.successors == [[1], []])
        #expect(value.predecessors == [[], [0]])
        #expect(value.sinks == [1])
    }

    @Test("orders any graph that has no circle: every edge points forward", arguments: 0..<50)
    func random(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        var value = Graph<Int>()
        let count = Int.random(in: 1...60, using: &generator)
        for vertex in 0..<count { value.add(vertex) }
        // Along a hidden order, so that there is no circle.
        let hidden = (0..<count).shuffled(using: &generator)
        for _ in 0..<count * 2 {
            let (one, other) = (
                Int.random(in: 0..<count, using: &generator), Int.random(in: 0..<count, using: &generator)
            )
            if one != other { value.add(edgeFrom: hidden[min(one, other)], to: hidden[max(one, other)]) }
        }
        let weights = (0..<count).map { _ in Int64.random(in: 0...9, using: &generator) }
        let order = try value.order(weights: weights, ranks: Array(0..<count))
        #expect(order.sorted() == Array(0..<count))
        let positions = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        for vertex in 0..<count {
            for next in value.successors[vertex] { #expect(positions[vertex]! < positions[next]!) }
        }
        #expect(try value.order(weights: weights, ranks: Array(0..<count)) == order)
    }

    @Test("is drawn for Mermaid, with groups, and nothing in a label breaks out of it")
    func mermaid() {
        let value = graph("ab\"", [("a", "b"), ("a", "\"")])
        let text = value.mermaid { .init(label: String($0) + "#", group: $0 == "a" ? nil : "g<1>%%") }
        #expect(
            text == """
                flowchart LR
                    n0["a#35;"]
                    subgraph g1["g#60;1#62;#37;#37;"]
                        n1["b#35;"]
                        n2["#34;#35;"]
                    end
                    n0 --> n1
                    n0 --> n2

                """)
    }

    @Test("is drawn for Graphviz, with groups and quotes escaped")
    func dot() {
        let value = graph("a\"", [("a", "\"")])
        let text = value.dot(name: "x\n\"y\\") { .init(label: String($0), group: $0 == "a" ? "g" : nil) }
        #expect(
            text == """
                digraph "x \\"y\\\\" {
                    rankdir=LR;
                    node [shape=box];
                    subgraph cluster_0 {
                        label="g";
                        n0 [label="a"];
                    }
                    n1 [label="\\""];
                    n0 -> n1;
                }

                """)
    }
}

/// A small generator with a seed, so that a failure can be seen again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension Graph {
    /// How one vertex is drawn.
    package struct Drawn {
        package var label: String
        /// Vertices of the same group are drawn together; nil stands alone.
        package var group: String?
        package init(label: String, group: String? = nil) {
            self.label = label
            self.group = group
        }
    }

    /// The graph as Mermaid's `flowchart`, in the order of the vertices.
    package func mermaid(_ draw: (Vertex) -> Drawn) -> String {
        var lines = ["flowchart LR"]
        let drawn = vertices.map(draw)
        func line(_ vertex: Int) -> String { "n\(vertex)[\"\(Self.escapedForMermaid(drawn[vertex].label))\"]" }
        for (number, group) in groups(drawn).enumerated() {
            if let name = group.name {
                lines.append("    subgraph g\(number)[\"\(Self.escapedForMermaid(name))\"]")
                lines += group.vertices.map { "        " + line($0) }
                lines.append("    end")
            } else {
                lines += group.vertices.map { "    " + line($0) }
            }
        }
        for vertex in vertices.indices { lines += successors[vertex].sorted().map { "    n\(vertex) --> n\($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The graph in Graphviz's language, in the order of the vertices.
    package func dot(name: String, _ draw: (Vertex) -> Drawn) -> String {
        var lines = ["digraph \(Self.quotedForDot(name)) {", "    rankdir=LR;", "    node [shape=box];"]
        let drawn = vertices.map(draw)
        func line(_ vertex: Int) -> String { "n\(vertex) [label=\(Self.quotedForDot(drawn[vertex].label))];" }
        for (number, group) in groups(drawn).enumerated() {
            if let name = group.name {
                lines.append("    subgraph cluster_\(number) {")
                lines.append("        label=\(Self.quotedForDot(name));")
                lines += group.vertices.map { "        " + line($0) }
                lines.append("    }")
            } else {
                lines += group.vertices.map { "    " + line($0) }
            }
        }
        for vertex in vertices.indices { lines += successors[vertex].sorted().map { "    n\(vertex) -> n\($0);" } }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    private func groups(_ drawn: [Drawn]) -> [(name: String?, vertices: [Int])] {
        var result: [(name: String?, vertices: [Int])] = []
        var positions: [String: Int] = [:]
        for vertex in vertices.indices {
            guard let name = drawn[vertex].group else {
                result.append((nil, [vertex]))
                continue
            }
            if let position = positions[name] {
                result[position].vertices.append(vertex)
            } else {
                positions[name] = result.count
                result.append((name, [vertex]))
            }
        }
        return result
    }

    /// Mermaid reads `#…;` as an entity inside quotes, and takes comments and directives (`%%{…}%%`) out wherever they are.
    private static func escapedForMermaid(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "#", "%", "<", ">", "&", "`", "\\": "#\(scalar.value);"
            case _ where scalar.value < 0x20: " "
            default: String(scalar)
            }
        }
        .joined()
    }

    private static func quotedForDot(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case _ where scalar.value < 0x20: " "
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}

/// A plan file and those it extends, read and merged.
struct PlanChain {
    /// More generations of plans nobody follows.
    static let longest = 16

    let environment: [String: String]
    /// The files read, the user's first.
    private(set) var files: [String] = []
    private(set) var findings: [Diagnostic] = []
    /// Whether a file of the chain could not be used.
    private(set) var isIncomplete = false
    /// The documents, the user's first.
    private var documents: [Node] = []
    private var seen: [PlanReader.Identity: String] = [:]

    init(environment: [String: String]) { self.environment = environment }

    /// The documents as one: in a mapping the keys of the file that extends win.
    var merged: Node? {
        guard var result = documents.last else { return nil }
        for document in documents.dropLast().reversed() { result = Self.merged(document, over: result) }
        return result
    }

    /// Reads `path` and all it extends.
    mutating func load(_ path: String) { follow(path, from: nil) }

    /// Takes the text for `file`'s and reads all it extends.
    mutating func load(_ bytes: [UInt8], file: String) {
        guard let next = take(bytes, file: file) else { return }
        follow(next.path, from: next.location)
    }

    private mutating func follow(_ path: String, from origin: SourceLocation?) {
        var (path, origin) = (path, origin)
        while true {
            do throws(Findings) {
                guard files.count < Self.longest else {
                    throw Findings(
                        Diagnostic(.extendsChain, "more than \(Self.longest) plans extend one another", at: origin))
                }
                let (bytes, identity) = try PlanReader.contents(of: path, from: origin)
                if let earlier = seen.updateValue(path, forKey: identity) { throw cycle(to: earlier, from: origin) }
                guard let next = take(bytes, file: path) else { return }
                (path, origin) = (next.path, next.location)
            } catch {
                findings += error.diagnostics
                isIncomplete = true
                return
            }
        }
    }

    /// Adds a document. Returns what it extends, if anything.
    private mutating func take(_ bytes: [UInt8], file: String) -> (path: String, location: SourceLocation)? {
        files.append(file)
        var document: Node
        do throws(Findings) {
            var builder = NodeBuilder(try SourceText(bytes, file: file), file: file)
            document = try builder.document()
            findings += builder.findings
        } catch {
            findings += error.diagnostics
            isIncomplete = true
            return nil
        }
        guard case .mapping(let entries) = document.content, let extends = document.entry("extends") else {
            documents.append(document)
            return nil
        }
        document.content = .mapping(entries.filter { $0.key != "extends" })
        documents.append(document)
        guard let base = path(extends) else { return nil }
        return (Paths.joined(Paths.folder(of: file), base), extends.value.location)
    }

    private mutating func path(_ extends: Entry) -> String? {
        let (node, problems) = Substitution.applied(to: extends.value, environment: environment)
        findings += problems
        var decoding = Decoding(file: files.first ?? "")
        let value = Node(
            content: .mapping([Entry(key: "extends", keyLocation: extends.keyLocation, value: node)]),
            location: extends.keyLocation,
        )
        let path = Self.onlyExtends.decode(value, &decoding)
        findings += decoding.findings
        if path == nil { isIncomplete = true }
        return path
    }

    private static let onlyExtends = Shape<String>.section([PlanSection.extends.declared]) { fields, decoding in
        decoding.read(PlanSection.extends, in: fields)?.value
    }

    private func cycle(to earlier: String, from origin: SourceLocation?) -> Findings {
        let members = files.drop { $0 != earlier } + [earlier]
        let chain = members.map { "`\($0)`" }.joined(separator: " extends ")
        let summary = members.count == 2 ? "the plan extends itself" : "plans extend one another in a circle"
        return Findings(
            Diagnostic(.extendsCycle, summary, detail: "\(chain).", cure: "Remove one `extends`.", at: origin))
    }

    /// `node` completed by `base`: mappings merge, everything else is replaced.
    private static func merged(_ node: Node, over base: Node) -> Node {
        guard case .mapping(let own) = node.content, case .mapping(let inherited) = base.content else { return node }
        var values: [String: Entry] = [:]
        for entry in inherited { values[entry.key] = entry }
        var entries: [Entry] = []
        for var entry in own {
            if let other = values.removeValue(forKey: entry.key) {
                entry.value = merged(entry.value, over: other.value)
            }
            entries.append(entry)
        }
        entries += inherited.filter { values[$0.key] != nil }
        return Node(content: .mapping(entries), location: node.location)
    }
}

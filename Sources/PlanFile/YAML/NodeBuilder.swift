/// Builds the node tree of one YAML document, within limits: what a plan never has is refused where it begins.
struct NodeBuilder: ~Copyable {
    /// No plan needs more than six levels.
    static let deepest = 32
    /// Values of a document, those behind aliases counted each time: aliases of aliases otherwise grow without bound.
    static let most = 100_000

    private struct Anchored {
        var node: Node
        var count: Int
        var height: Int
    }

    private let text: SourceText
    private let file: String
    private var parser: YAMLParser
    private var anchors: [String: Anchored] = [:]
    private var count = 0
    /// Findings that do not stop the building.
    private(set) var findings: [Diagnostic] = []

    init(_ text: SourceText, file: String) {
        self.text = text
        self.file = file
        parser = YAMLParser(text.bytes)
    }

    /// The document's value.
    /// - Throws: where the text is not YAML, holds no or several documents, or exceeds a limit.
    mutating func document() throws(Findings) -> Node {
        // libyaml compares each directive with all before it, so a file full of them would take minutes.
        guard text.linesBeginning(with: UInt8(ascii: "%")) <= 100 else {
            throw stop(.tooManyValues, "more than 100 lines begin with `%`", at: Self.beginning)
        }
        _ = try next()
        let first = try next()
        guard case .documentStart = first.kind else {
            throw stop(.emptyFile, "the file holds no plan", at: Self.beginning, cure: Self.smallestPlan)
        }
        let event = try next()
        let (node, _) = try value(event, depth: 1)
        if case .scalar(let scalar) = node.content, scalar.kind == .null {
            throw stop(.emptyFile, "the file holds no plan", at: Self.beginning, cure: Self.smallestPlan)
        }
        _ = try next()
        let second = try next()
        if case .documentStart = second.kind {
            throw stop(
                .severalDocuments, "a second YAML document begins here", at: second.start,
                cure: "A plan file holds one document: remove this line, or put what follows into a file of its own.",
            )
        }
        return node
    }

    private static let beginning = YAMLMark(line: 1, column: 1)
    private static let smallestPlan = "A plan needs `name`, `source` and `target` at least."

    private mutating func next() throws(Findings) -> YAMLEvent {
        do throws(YAMLSyntaxError) {
            return try parser.next()
        } catch {
            throw Findings(SyntaxAdvice.diagnostic(for: error, in: text, file: file))
        }
    }

    /// - Returns: the value and its height, a scalar's being 1.
    private mutating func value(_ event: YAMLEvent, depth: Int) throws(Findings) -> (Node, height: Int) {
        count += 1
        try checkLimits(depth: depth, at: event.start)
        if let tag = event.tag {
            throw stop(
                .tag, "the tag `\(Self.written(tag))` has no meaning in a plan", at: event.start,
                cure: "Remove it; a text that begins with `!` needs quotes.",
            )
        }
        if case .alias(let name) = event.kind { return try expanded(name, depth: depth, at: event.start) }
        let countBefore = count - 1
        let location = location(event.start)
        var result: (Node, height: Int)
        switch event.kind {
        case .scalar(let text, let isPlain):
            try checkText(text, at: event.start)
            result = (Node(content: .scalar(Scalar(text, isPlain: isPlain)), location: location), 1)
        case .sequenceStart:
            result = try sequence(location, depth: depth)
        default:
            result = try mapping(location, depth: depth)
        }
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(node: result.0, count: count - countBefore, height: result.height)
        }
        return result
    }

    /// libyaml spells `!!` out.
    private static func written(_ tag: String) -> String {
        let standard = "tag:yaml.org,2002:"
        return tag.hasPrefix(standard) ? "!!" + tag.dropFirst(standard.count) : tag
    }

    private mutating func sequence(
        _ location: SourceLocation, depth: Int,
    ) throws(Findings) -> (Node, height: Int) {
        var (items, height): ([Node], Int) = ([], 0)
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { break }
            let (item, itemHeight) = try value(event, depth: depth + 1)
            items.append(item)
            height = max(height, itemHeight)
        }
        return (Node(content: .sequence(items), location: location), height + 1)
    }

    private mutating func mapping(
        _ location: SourceLocation, depth: Int,
    ) throws(Findings) -> (Node, height: Int) {
        var (entries, height): ([Entry], Int) = ([], 0)
        var places: [String: SourceLocation] = [:]
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            guard case .scalar(let key, let isPlain) = event.kind, event.tag == nil, event.anchor == nil else {
                throw stop(.keyNotText, "a key must be a plain text", at: event.start)
            }
            try checkText(key, at: event.start)
            guard key != "<<" || !isPlain else {
                throw stop(
                    .mergeKey, "merge keys (`<<`) are not part of the plan language", at: event.start,
                    cure: "Use `extends` for a common base, or an anchor and an alias for a whole value.",
                )
            }
            count += 1
            let keyLocation = self.location(event.start)
            let (item, itemHeight) = try value(try next(), depth: depth + 1)
            height = max(height, itemHeight)
            if let first = places[key] {
                findings.append(
                    Diagnostic(
                        .duplicateKey, "`\(Secrets.masked(key))` is given twice",
                        detail: "The first is in line \(first.line).", cure: "Keep one of them.", at: keyLocation,
                    ))
                continue
            }
            places[key] = keyLocation
            entries.append(Entry(key: key, keyLocation: keyLocation, value: item))
        }
        return (Node(content: .mapping(entries), location: location), height + 1)
    }

    /// What the alias stands for, with the place where it was written. Costs nothing until it is walked, so counting
    /// it in full bounds what walking can cost.
    private mutating func expanded(
        _ name: String, depth: Int, at mark: YAMLMark,
    ) throws(Findings) -> (Node, height: Int) {
        guard let anchored = anchors[name] else {
            throw stop(
                .unknownAlias, "the alias `*\(name)` has no anchor `&\(name)` before it", at: mark,
                cure: "A name pattern that begins with `*` needs quotes: \"*\(name)\".",
            )
        }
        count += anchored.count - 1
        try checkLimits(depth: depth + anchored.height - 1, at: mark)
        return (anchored.node, anchored.height)
    }

    private func checkText(_ text: String, at mark: YAMLMark) throws(Findings) {
        guard !text.utf8.contains(0) else {
            throw stop(.controlCharacter, "the text holds a NUL character", at: mark, cure: "Remove it.")
        }
        guard text.utf8.count <= Scalar.longest else {
            throw stop(.tooLong, "the text is longer than \(Scalar.longest) bytes", at: mark)
        }
    }

    private func checkLimits(depth: Int, at mark: YAMLMark) throws(Findings) {
        guard depth <= Self.deepest else {
            throw stop(.tooDeep, "values are nested more than \(Self.deepest) levels deep", at: mark)
        }
        guard count <= Self.most else {
            throw stop(
                .tooManyValues, "more than \(Self.most) values", at: mark,
                detail: "What an alias stands for counts each time.",
            )
        }
    }

    private func location(_ mark: YAMLMark) -> SourceLocation {
        SourceLocation(file: file, line: mark.line, column: mark.column)
    }

    private func stop(
        _ code: PlanCode, _ summary: String, at mark: YAMLMark, detail: String? = nil, cure: String? = nil,
    ) -> Findings {
        Findings(Diagnostic(code, summary, detail: detail, cure: cure, at: location(mark)))
    }
}

/// The findings of one decoding, and the way from the plan's root to where it is.
struct Decoding {
    private(set) var findings: [Diagnostic] = []
    /// Whether a base plan could not be read: then it is no news that a key is missing.
    let isIncomplete: Bool
    /// The plan file that the user named: what nobody wrote is relative to its folder.
    let file: String
    /// The keys from the root to the value in hand.
    private(set) var path: [String] = []

    init(file: String, isIncomplete: Bool = false) {
        self.file = file
        self.isIncomplete = isIncomplete
    }

    /// Whether there are so many findings that one more would not be shown.
    var isFull: Bool { findings.count > PlanLoader.mostFindings }

    mutating func report(_ diagnostic: Diagnostic) {
        if !isFull { findings.append(diagnostic) }
    }

    /// How many lists the value in hand is directly inside of.
    private(set) var isListEntry = false

    /// What the value in hand is, as a message names it: `` `copy.table-jobs` ``, ``an entry of `roles.exclude` ``.
    var subject: String {
        guard !path.isEmpty else { return "the plan" }
        return (isListEntry ? "an entry of " : "") + "`\(path.joined(separator: "."))`"
    }

    /// Decodes an entry of the list in hand.
    mutating func decodeEntry<Value>(_ node: Node, _ shape: Shape<Value>) -> Value? {
        let outer = isListEntry
        isListEntry = true
        defer { isListEntry = outer }
        if node.isNull {
            reportNoValue(wanted: shape.wanted, remove: "it", at: node.location)
            return nil
        }
        return shape.decode(node, &self)
    }

    /// The value of a key that may be absent; nil too where it is wrong, which is then reported.
    mutating func read<Value>(_ key: Key<Value>, in fields: Fields) -> Located<Value>? {
        guard let entry = fields.entries[key.name] else {
            if key.isRequired, !isIncomplete, !fields.misspelt.contains(key.name) {
                report(
                    Diagnostic(
                        .missingKey, "\(fields.title) needs `\(key.name)`: \(key.shape.wanted)",
                        at: fields.location,
                    ))
            }
            return nil
        }
        path.append(key.name)
        let outer = isListEntry
        isListEntry = false
        defer {
            path.removeLast()
            isListEntry = outer
        }
        if entry.value.isNull {
            reportNoValue(wanted: key.shape.wanted, remove: "the key", at: entry.keyLocation)
            return nil
        }
        guard let value = key.shape.decode(entry.value, &self) else { return nil }
        return Located(value, at: entry.value.location)
    }

    /// The value of a key, or what the plan language says where it is absent.
    mutating func read<Value>(_ key: Key<Value>, in fields: Fields, default fallback: Value) -> Located<Value> {
        read(key, in: fields) ?? Located(fallback)
    }

    /// Decodes the value of a key that the plan's writer made up.
    mutating func decode<Value>(_ entry: Entry, _ shape: Shape<Value>) -> Value? {
        path.append(Secrets.masked(entry.key))
        defer { path.removeLast() }
        if entry.value.isNull {
            reportNoValue(wanted: shape.wanted, remove: "the key", at: entry.keyLocation)
            return nil
        }
        return shape.decode(entry.value, &self)
    }

    /// The entries of a list that may be absent.
    mutating func list<Element>(_ key: Key<[Located<Element>]>, in fields: Fields) -> [Located<Element>] {
        read(key, in: fields)?.value ?? []
    }

    /// Says that `node` is not what was wanted.
    mutating func reportWrongType(_ node: Node, wanted: String, cure: String? = nil) {
        let found: String
        switch node.content {
        case .unusable: return
        case .sequence: found = "a list"
        case .mapping: found = "a mapping"
        case .scalar(let scalar): found = scalar.shown
        }
        report(Diagnostic(.wrongType, "\(subject) takes \(wanted), not \(found)", cure: cure, at: node.location))
    }

    /// Says that a scalar is of the right type and still wrong.
    mutating func report(_ problem: ValueProblem, _ scalar: Scalar, wanted: String, at location: SourceLocation) {
        if problem.reason.isEmpty {
            let summary = "\(subject) takes \(wanted), not \(scalar.shown)"
            report(Diagnostic(problem.code, summary, cure: problem.cure, at: location))
        } else {
            report(
                Diagnostic(
                    problem.code, "\(subject) cannot be \(scalar.shown): \(problem.reason)",
                    detail: "It takes \(wanted).", cure: problem.cure, at: location,
                ))
        }
    }

    mutating func reportNoValue(wanted: String, remove: String, at location: SourceLocation) {
        report(
            Diagnostic(
                .noValue, "\(subject) has no value", cure: "Give it \(wanted), or remove \(remove).", at: location))
    }
}

/// The keys that a section of a plan holds, unknown ones already reported.
struct Fields {
    var entries: [String: Entry]
    var location: SourceLocation
    /// `the plan`, `` `copy` ``, as a message begins with it.
    var title: String
    /// Known keys that an unknown one was taken for: their absence is not reported again.
    var misspelt: Set<String>
}

extension Scalar {
    /// As messages show it: what was found, of which kind, without passwords.
    var shown: String {
        if let expression {
            let names = (try? VariableText(expression))?.parts.compactMap { part in
                if case .variable(let name, _) = part { name } else { nil }
            }
            let isSecret = (names ?? []).contains { name in
                ["PASS", "SECRET", "TOKEN", "KEY", "PWD"].contains { name.uppercased().contains($0) }
            }
            let name = "`\(Self.shortened(Secrets.masked(expression)))`"
            if text.isEmpty { return name + ", which is empty" }
            return isSecret ? name : name + ", which is `\(Self.shortened(Secrets.masked(text)))`"
        }
        if text.isEmpty, !isPlain { return "an empty text" }
        let short = "`\(Self.shortened(Secrets.masked(text)))`"
        return switch kind {
        case .null: "nothing"
        case .boolean: "the boolean \(short)"
        case .integer, .number: "the number \(short)"
        case .text: isPlain ? short : "the text \(short)"
        }
    }

    private static func shortened(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        return line.count <= 60 ? line : line.prefix(57) + "…"
    }
}

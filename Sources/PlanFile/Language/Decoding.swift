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

    mutating func report(_ diagnostic: Diagnostic) { findings.append(diagnostic) }

    /// `copy.table-jobs`, as messages name it.
    var here: String { path.joined(separator: ".") }

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
        defer { path.removeLast() }
        if case .scalar(let scalar) = entry.value.content, scalar.kind == .null {
            report(
                Diagnostic(
                    .noValue, "`\(here)` has no value", cure: "Give it \(key.shape.wanted), or remove the key.",
                    at: entry.keyLocation,
                ))
            return nil
        }
        guard let value = key.shape.decode(entry.value, &self) else { return nil }
        return Located(value, at: entry.value.location)
    }

    /// The value of a key, or what the plan language says where it is absent.
    mutating func read<Value>(_ key: Key<Value>, in fields: Fields, default fallback: Value) -> Located<Value> {
        read(key, in: fields) ?? Located(fallback)
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
        report(Diagnostic(.wrongType, "`\(here)` takes \(wanted), not \(found)", cure: cure, at: node.location))
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
            let value = isSecret ? "" : " which is `\(Self.shortened(Secrets.masked(text)))`"
            return "`\(Self.shortened(Secrets.masked(expression)))`" + (value.isEmpty ? "" : "," + value)
        }
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

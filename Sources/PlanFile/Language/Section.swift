extension Shape {
    /// A mapping with fixed keys. Unknown keys are reported with the one that was meant, or with all there are.
    ///
    /// - Parameter partial: whether a plan that extends another may leave out required keys, so that the schema cannot
    ///   demand them.
    static func section(
        _ keys: [DeclaredKey], partial: Bool = false, wanted: String? = nil,
        build: @escaping @Sendable (Fields, inout Decoding) -> Value?,
    ) -> Shape {
        let names = keys.map(\.name)
        let wanted = wanted ?? "a mapping with \(Phrase.list(names, "and"))"
        return Shape(wanted: wanted, schema: schema(keys, partial: partial)) { node, decoding in
            guard case .mapping(let entries) = node.content else {
                decoding.reportWrongType(node, wanted: wanted)
                return nil
            }
            var fields = Fields(entries: [:], location: node.location, title: decoding.subject, misspelt: [])
            let given = Set(entries.map(\.key))
            for entry in entries {
                if names.contains(entry.key) {
                    fields.entries[entry.key] = entry
                    continue
                }
                guard !decoding.isFull else { continue }
                let meant = Suggestion.nearest(to: entry.key, among: names.filter { !given.contains($0) })
                if let meant { fields.misspelt.insert(meant) }
                decoding.report(unknown(entry, meant: meant, fields.title, names))
            }
            return build(fields, &decoding)
        }
    }

    private static func unknown(_ entry: Entry, meant: String?, _ title: String, _ names: [String]) -> Diagnostic {
        let shown = Scalar(entry.key, isPlain: false).shown.dropFirst("the text ".count)
        let home = meant == nil ? PlanSchema.sections(with: entry.key) : []
        let elsewhere =
            home.isEmpty
            ? "\(title.prefix(1).uppercased())\(title.dropFirst()) takes \(Phrase.list(names, "and"))."
            : "It belongs in \(Phrase.list(home, "or"))."
        let cure = meant.map { "Did you mean `\($0)`?" } ?? elsewhere
        return Diagnostic(.unknownKey, "unknown key \(shown) in \(title)", cure: cure, at: entry.keyLocation)
    }

    private static func schema(_ keys: [DeclaredKey], partial: Bool) -> JSONText {
        let properties = JSONText.object(keys.map { .init(name: $0.name, value: $0.schema) })
        let required = keys.filter(\.isRequired).map { JSONText.string($0.name) }
        let schema: JSONText = ["type": "object"]
        let demand: [(String, JSONText)] = required.isEmpty || partial ? [] : [("required", .array(required))]
        return schema.adding(demand).adding([("additionalProperties", false), ("properties", properties)])
    }
}

/// Words for messages.
enum Phrase {
    /// `` `a`, `b` and `c` ``
    static func list(_ names: [String], _ joint: String) -> String {
        let quoted = names.map { "`\($0)`" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " \(joint) " + last
    }
}

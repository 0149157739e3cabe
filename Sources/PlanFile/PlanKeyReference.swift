/// Every key of a plan as a page of Markdown, from the same declarations as the decoder and the schema.
package enum PlanKeyReference {
    /// What `schemas/plan-keys.md` holds and `skein schema --markdown` prints, with a line feed at the end.
    package static let text: String = {
        var lines = [
            "# A plan, key by key",
            "",
            "Made from the declarations that the decoder and `schemas/plan.schema.json` are made from;",
            "`skein schema --markdown` prints it. Complete plans are in [`plans/`](../plans).",
            "",
            "- `version`, `name`, `source.uri` and `target.uri` are enough. A key that is absent means its default.",
            "- Sizes are `512 MB`, `10 GB`; durations `30 s`, `7 days`; names `schema.table`, in double quotes as in SQL.",
            "- `${NAME}` and `${NAME:-fallback}` are filled from the environment, in any value; `$${` is a literal `${`.",
            "- Unknown keys are errors, and so is an entry of a list that matches nothing on the source.",
        ]
        for (title, keys) in sections {
            lines += ["", "## \(title.isEmpty ? "The plan" : "`\(title)`")", ""]
            if let about = about(title) { lines += [about, ""] }
            lines += ["| key | takes | default | meaning |", "|---|---|---|---|"]
            lines += keys.map { row($0, in: title) }
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    /// The sections in the order of the page, by the path of their key; `source` and `target` are alike.
    private static let sections: [(path: String, keys: [DeclaredKey])] = PlanSchema.sections.compactMap { name, keys in
        switch name {
        case "the plan": ("", keys)
        case "source": ("source, target", keys)
        case "target": nil
        default: (name, keys)
        }
    }
    .sorted { place($0.path) < place($1.path) }

    /// Where a section stands: behind the one that it belongs to, these in the order of the plan's keys.
    private static func place(_ path: String) -> (Int, String) {
        guard !path.isEmpty else { return (-1, "") }
        let first = path.split { $0 == "." || $0 == "," }.first.map(String.init) ?? path
        return (PlanSection.keys.firstIndex { $0.name == first } ?? .max, path)
    }

    /// What the key that holds a section says of it.
    private static func about(_ path: String) -> String? {
        if path == "source, target" { return "The database to move, and the one to move it into." }
        let parts = path.split(separator: ".").map(String.init)
        guard let name = parts.last else { return nil }
        let parent = parts.dropLast().joined(separator: ".")
        let keys = parent.isEmpty ? PlanSection.keys : PlanSchema.sections.first { $0.name == parent }?.keys ?? []
        return keys.first { $0.name == name }?.about
    }

    private static func row(_ key: DeclaredKey, in section: String) -> String {
        let path = section.isEmpty ? key.name : "\(section).\(key.name)"
        let isSection = sections.contains {
            $0.path == path
                || $0.path == "source, target" && section.isEmpty
                    && ["source", "target"].contains(key.name)
        }
        let anchor = ["source", "target"].contains(path) ? "source-target" : path.filter { $0 != "." }
        let takes = isSection ? "[its keys](#\(anchor))" : key.wanted
        return "| `\(key.name)` | \(cell(takes)) | \(cell(key.isRequired ? "required" : shownDefault(key))) "
            + "| \(cell(key.about)) |"
    }

    private static func shownDefault(_ key: DeclaredKey) -> String {
        guard case .object(let members) = key.schema, let value = members.first(where: { $0.name == "default" })?.value
        else { return "" }
        if case .string(let text) = value { return "`\(text)`" }
        return "`\(value.text())`"
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

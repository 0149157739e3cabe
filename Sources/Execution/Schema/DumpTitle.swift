private import PlanFile

/// The line that names an entry: `readings; Type: TABLE; Schema: public; Owner: -`.
enum DumpTitle {
    /// Names may hold anything but a line break, these very separators included: of the places where the line can be
    /// cut, the one is taken whose schema the entry's SQL names, else the last.
    static func parse(_ title: String, into entry: inout DumpEntry) {
        let owner = title.ranges(of: "; Owner: ").last
        let text = title[..<(owner?.lowerBound ?? title.endIndex)]
        var cuts: [(name: String, type: String, schema: String)] = []
        for start in text.ranges(of: "; Type: ") {
            let type = text[start.upperBound...].prefix { $0 == " " || ($0 >= "A" && $0 <= "Z") }
            guard let schema = text[type.endIndex...].dropping("; Schema: ") else { continue }
            cuts.append((String(text[..<start.lowerBound]), String(type), String(schema)))
        }
        let sql = entry.sql
        let isNamed = { (schema: String) in schema == "-" || sql.contains(QualifiedName.quoted(schema) + ".") }
        guard let cut = cuts.last(where: { isNamed($0.schema) }) ?? cuts.last else {
            entry.name = title
            return
        }
        entry.name = cut.name
        entry.type = cut.type
        entry.schema = cut.schema == "-" ? "" : cut.schema
    }
}

extension Substring {
    fileprivate func dropping(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}

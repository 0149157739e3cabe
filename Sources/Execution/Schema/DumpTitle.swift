private import PlanFile

/// The line that names an entry: `readings; Type: TABLE; Schema: public; Owner: -`.
enum DumpTitle {
    /// Names may hold anything but a line break, these very separators included: of the places where the line can be
    /// cut, the one is taken whose schema the entry's SQL names, else the last.
    static func parse(_ title: String, into entry: inout DumpEntry) {
        let bytes = Array(title.utf8)
        let separators = bytes.indices.filter { bytes[$0] == UInt8(ascii: ";") }
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        func isAt(_ index: Int, _ separator: StaticString) -> Int? {
            let separator = Array("\(separator)".utf8)
            return bytes[index...].starts(with: separator) ? index + separator.count : nil
        }
        let end = separators.last { isAt($0, "; Owner: ") != nil } ?? bytes.count
        var cuts: [(name: String, type: String, schema: String)] = []
        for (start, next) in zip(separators, separators.dropFirst()) where next < end {
            // A type holds no semicolon, so what separates it from the schema is the next one.
            guard let type = isAt(start, "; Type: "), let schema = isAt(next, "; Schema: ") else { continue }
            cuts.append((text(0..<start), text(type..<next), text(schema..<end)))
        }
        let sql = entry.sql
        let isNamed = { (schema: String) in schema == "-" || sql.contains(QualifiedName.quoted(schema) + ".") }
        guard let cut = cuts.count == 1 ? cuts.first : cuts.last(where: { isNamed($0.schema) }) ?? cuts.last else {
            entry.name = title
            return
        }
        entry.name = cut.name
        entry.type = cut.type
        entry.schema = cut.schema == "-" ? "" : cut.schema
    }
}

/// Pieces of HTML. Whatever comes from a server or a plan goes through `escaped`.
enum HTMLText {
    /// For text and for attributes in double quotes; nothing in it ends either, or turns the direction of writing.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: result += "\u{FFFD}"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// A sentence of ours, or of a message: what stands in backquotes is code, where these come in pairs.
    static func sentence(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else { return escaped(text) }
        return parts.enumerated().map { $0 % 2 == 1 ? code(String($1)) : escaped(String($1)) }.joined()
    }

    static func code(_ text: String) -> String { "<code>\(escaped(text))</code>" }
    static func statement(_ text: String) -> String { "<pre><code>\(escaped(text))</code></pre>" }
    static func paragraph(_ text: String, _ style: String = "") -> String {
        style.isEmpty ? "<p>\(sentence(text))</p>" : "<p class=\"\(style)\">\(sentence(text))</p>"
    }

    /// - Parameter body: HTML.
    static func section(_ id: String, _ title: String, _ body: String) -> String {
        """
        <section id="\(id)" aria-labelledby="\(id)-title">
        <h2 id="\(id)-title">\(escaped(title))</h2>
        \(body)
        </section>
        """
    }

    /// What most readers do not need, folded.
    static func folded(_ summary: String, _ body: String, isOpen: Bool = false) -> String {
        "<details\(isOpen ? " open" : "")><summary>\(escaped(summary))</summary>\n\(body)\n</details>"
    }

    /// A list whose tail is a number: a page stays a page, whatever happened.
    /// - Parameter items: HTML.
    static func list(_ items: [String], most: Int, what: String) -> String {
        let shown = items.prefix(most).map { "<li>\($0)</li>" }.joined(separator: "\n")
        let more =
            items.count > most
            ? "<p class=\"muted\">and \(Words.count(Int64(items.count - most))) more "
                + "\(what)</p>" : ""
        return "<ul>\n\(shown)\n</ul>\(more)"
    }
}

/// A table of HTML.
struct HTMLTable {
    struct Column {
        var title: String
        var isNumber = false
    }

    /// For screen readers.
    var caption: String
    var columns: [Column]
    /// HTML.
    var rows: [[String]] = []
    var style = ""

    init(_ caption: String, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    /// - Parameter cells: HTML, one for each column; the first is the row's heading.
    mutating func add(_ cells: String...) { rows.append(cells) }

    var html: String {
        let heads = columns.map {
            "<th "
                + "scope=\"col\"\($0.isNumber ? " class=\"n\"" : "")>\(HTMLText.escaped($0.title))</th>"
        }
        let lines = rows.map { cells in
            let texts = zip(cells.indices, cells).map { position, cell in
                position == 0
                    ? "<th scope=\"row\">\(cell)</th>"
                    : "<td\(columns[position].isNumber ? " class=\"n\"" : "")>\(cell)</td>"
            }
            return "<tr>\(texts.joined())</tr>"
        }
        return """
            <div class="scroll" role="region" aria-label="\(HTMLText.escaped(caption))" \
            tabindex="0"><table\(style.isEmpty ? "" : " class=\"\(style)\"")>
            <caption>\(HTMLText.escaped(caption))</caption>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody></table></div>
            """
    }
}

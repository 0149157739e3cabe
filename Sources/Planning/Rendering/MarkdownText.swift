/// Pieces of Markdown.
package enum MarkdownText {
    /// One line in which nothing is markup but code in backquotes, where these come in pairs.
    package static func escaped(_ text: String) -> String {
        let line = line(text)
        let parts = line.split(separator: "`", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1 else { return plain(line.replacing("`", with: "'")) }
        return parts.enumerated().map { position, part in
            // A bar ends a table's cell in code, too.
            position % 2 == 1 ? "`\(part.replacing("|", with: "\\|"))`" : plain(String(part))
        }
        .joined()
    }

    private static func plain(_ text: String) -> String {
        text.map { "\\*_[]<>|#".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// For a cell of a table: code spans stay, bars do not end it.
    package static func cell(_ text: String) -> String { escaped(text) }

    /// In backquotes, whatever it holds.
    package static func code(_ text: String) -> String { "`\(line(text).replacing("`", with: "'"))`" }

    /// A block of code, in a fence that is longer than any in it.
    /// - Parameter language: `sh`, `sql`, or nothing.
    package static func block(_ language: String, _ lines: [String]) -> [String] {
        var fence = "```"
        while lines.contains(where: { $0.contains(fence) }) { fence += "`" }
        return [fence + language] + lines + [fence]
    }

    private static func line(_ text: String) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: view.append(" ")
            case .format: view.append("\u{FFFD}")
            default: view.append(scalar)
            }
        }
        return String(view)
    }
}

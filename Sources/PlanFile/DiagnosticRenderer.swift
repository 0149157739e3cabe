/// Words diagnostics for people: the compilers' form, the line of the plan they are about, and what to do. Passwords
/// in the plan's lines are masked; the diagnostics' own texts never hold any.
///
/// ```
/// plans/iot.yaml:14:3: error: unknown key `tabel-jobs` in `copy` [SK012]
///    14 |   tabel-jobs: 4
///       |   ^
///     Did you mean `table-jobs`?
/// ```
package struct DiagnosticRenderer {
    /// Whether the severity is coloured.
    package var colour: Bool
    /// Columns that sentences are wrapped at, where there is room for a word; nil: never. Statements, to be pasted, and
    /// the head, to be searched for, never are.
    package var width: Int?
    private var lines: [String: [String]] = [:]
    /// A line with more bytes is not shown: cutting it might cut what tells a password apart.
    private static let longestLine = 1 << 14

    package init(colour: Bool = false, width: Int? = nil) {
        self.colour = colour
        self.width = width
    }

    /// All of them, each ended by a line feed; in the order given. Plan files are read again for their lines; where
    /// one is gone by now, or was never readable, its lines are left out.
    package mutating func text(_ diagnostics: [Diagnostic]) -> String {
        var text = ""
        for diagnostic in diagnostics { text += self.text(diagnostic) }
        return text
    }

    package mutating func text(_ diagnostic: Diagnostic) -> String {
        let place = diagnostic.location.map { "\(Self.printable($0.file)):\($0.line):\($0.column): " } ?? ""
        var text = place + severity(diagnostic.severity) + ": " + Self.printable(diagnostic.summary)
        text += " [\(diagnostic.code)]\n"
        if let location = diagnostic.location {
            // What could not be read as a connection string has its password nobody knows where.
            text += excerpt(location, hidesValue: diagnostic.code == PlanCode.malformedURI.rawValue)
        }
        for sentence in [diagnostic.detail, diagnostic.cure].compactMap(\.self) {
            for line in sentence.split(separator: "\n").flatMap(wrapped) { text += "    \(Self.printable(line))\n" }
        }
        if let statement = diagnostic.statement {
            for line in statement.split(separator: "\n") { text += "        \(Self.printable(String(line)))\n" }
        }
        return text
    }

    private func wrapped(_ sentence: Substring) -> [String] {
        guard let width, sentence.count > width - 4 else { return [String(sentence)] }
        var lines: [String] = []
        for word in sentence.split(separator: " ") {
            if let last = lines.last, last.count + word.count + 1 <= width - 4 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private func severity(_ severity: Diagnostic.Severity) -> String {
        guard colour else { return severity.rawValue }
        let code =
            switch severity {
            case .error: "31"
            case .warning: "33"
            case .note: "36"
            }
        return "\u{1B}[1;\(code)m\(severity.rawValue)\u{1B}[0m"
    }

    /// The line with its number, and a caret below.
    private mutating func excerpt(_ location: SourceLocation, hidesValue: Bool) -> String {
        let lines = lines(of: location.file)
        guard lines.indices.contains(location.line - 1) else { return "" }
        var line = lines[location.line - 1]
        guard line.utf8.count <= Self.longestLine else { return "" }
        if hidesValue {
            line = String(String.UnicodeScalarView(line.unicodeScalars.prefix(location.column - 1))) + Secrets.mask
        }
        let masked = Secrets.masked(line, column: location.column)
        let (shown, column) = Self.window(masked.text, column: masked.column)
        let number = String(location.line)
        let margin = String(repeating: " ", count: max(5 - number.count, 1)) + number
        let blank = String(repeating: " ", count: margin.count)
        let caret = String(repeating: " ", count: max(column - 1, 0)) + "^"
        return "\(margin) |\(shown.isEmpty ? "" : " " + shown)\n\(blank) | \(caret)\n"
    }

    private mutating func lines(of file: String) -> [String] {
        if let known = lines[file] { return known }
        var read: [String] = []
        if let bytes = try? PlanReader.contents(of: file, from: nil).bytes {
            let text = String(decoding: SourceText.withoutByteOrderMark(bytes), as: UTF8.self)
            read = SourceText.lines(text).map(String.init)
        }
        lines[file] = read
        return read
    }

    /// At most 100 characters of a long line, those around the column.
    private static func window(_ line: String, column: Int) -> (String, Int) {
        let scalars = Array(line.unicodeScalars)
        let (widest, before) = (100, 60)
        guard scalars.count > widest else { return (printable(line), column) }
        let start = max(0, min(column - before, scalars.count - widest))
        let end = min(start + widest, scalars.count)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[start..<end])
        let (head, tail) = (start > 0 ? "…" : "", end < scalars.count ? "…" : "")
        return (head + printable(String(view)) + tail, column - start + (start > 0 ? 1 : 0))
    }

    /// Nothing that a terminal would obey; a tab shows as an arrow, one column wide.
    private static func printable(_ text: String) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: view.append(scalar == "\t" ? "→" : "\u{FFFD}")
            default: view.append(scalar)
            }
        }
        return String(view)
    }
}

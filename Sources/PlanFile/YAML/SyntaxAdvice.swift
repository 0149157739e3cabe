/// Words libyaml's errors for people who write plans: the mistakes that this language invites get their own cure.
enum SyntaxAdvice {
    static func diagnostic(for error: YAMLSyntaxError, in text: SourceText, file: String) -> Diagnostic {
        let lines = SourceText.lines(String(decoding: text.bytes, as: UTF8.self))
        let line = error.mark.line <= lines.count ? String(lines[error.mark.line - 1]) : ""
        let location = SourceLocation(file: file, line: error.mark.line, column: error.mark.column)
        let character = line.unicodeScalars.dropFirst(error.mark.column - 1).first
        if character == "\t" {
            return Diagnostic(
                .tab, "a tab where YAML wants spaces", cure: "Indent with spaces; YAML forbids tabs there.",
                at: location,
            )
        }
        var detail: String?
        if let context = error.context {
            let place = error.contextMark.map { $0 == error.mark ? "" : " that begins in line \($0.line)" } ?? ""
            detail = "Found \(context)\(place)."
        }
        return Diagnostic(
            .syntax, "not YAML: \(error.problem)", detail: detail, cure: cure(error, line, character, lines),
            at: location,
        )
    }

    private static func cure(
        _ error: YAMLSyntaxError, _ line: String, _ character: Unicode.Scalar?, _ lines: [Substring],
    ) -> String? {
        if error.context == "while scanning an alias" {
            return "A name pattern that begins with `*` needs quotes, as in \"*\" or \"*.tmp_*\"."
        }
        if error.context == "while scanning a tag" { return "A text that begins with `!` needs quotes." }
        if error.context == "while scanning a quoted scalar" { return "The quote that is opened there is not closed." }
        if error.problem.contains("cannot start any token"), let character {
            return "A text that begins with `\(character)` needs quotes."
        }
        if error.problem.contains("mapping values are not allowed") {
            return "Check the indentation of this line and the one above; a text that holds `: ` needs quotes."
        }
        let begun = error.contextMark.flatMap { $0.line <= lines.count ? String(lines[$0.line - 1]) : nil } ?? ""
        if error.context?.hasPrefix("while parsing a flow ") == true {
            if line.contains("${") || begun.contains("${") {
                return "Inside `{ }` and `[ ]`, put a variable in quotes: \"${NAME}\"."
            }
            return "A `{` or `[` before this place is not closed, or a comma is missing."
        }
        if let quote = line.firstIndex(of: "\""), line[quote...].contains("\".") || line[quote...].contains("\" ") {
            return "Put a name that begins with a double quote in single quotes: '\"My Schema\".\"My Table\"'."
        }
        if error.problem == "did not find expected key" {
            return "Check the indentation: the keys of one mapping begin in the same column."
        }
        return nil
    }
}

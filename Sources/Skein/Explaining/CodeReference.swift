/// All codes as a page of Markdown: `schemas/codes.md`, and `skein explain --all`.
enum CodeReference {
    static let text: String = {
        var lines = [
            "# The codes of Skein's messages",
            "",
            "Every message ends with a code in brackets, such as `[SK101]`. `skein explain SK101` prints its paragraph;",
            "this page holds all of them, and is what `skein explain --all` prints. Codes are never reused. A check that",
            "finds an error stops the migration before it begins; warnings and notes do not.",
        ]
        for range in CodeRange.all where !range.members.isEmpty {
            lines += ["", "## \(range.title)"]
            for one in range.members {
                lines += ["", "### \(one.code)", "", "**\(sentence(one.title))** \(one.text)"]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    /// One line a code.
    static let list = Explanation.all.map { "\($0.code)  \($0.title)" }.joined(separator: "\n")

    /// A code in upper or lower case at its beginning stays as it is.
    private static func sentence(_ title: String) -> String {
        (title.first == "`" ? title : title.prefix(1).uppercased() + title.dropFirst()) + "."
    }
}

import ArgumentParser
import PlanFile
import Planning

struct ExplainCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explains a code such as SK101 that a message ends with.",
        discussion: "Without a code it lists all of them. Words instead of a code find those that speak of them.")

    @Argument(help: ArgumentHelp("The code, as in the brackets behind a message.", valueName: "code"))
    var code: [String] = []

    @Flag(help: "Print the paragraphs of all codes, as a page of Markdown.")
    var all = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if all, !code.isEmpty { throw ValidationError("--all and a code exclude each other") }
    }

    func perform() throws {
        guard !code.isEmpty else {
            if options.json { return try Console.json(Explanation.all) }
            return Console.result(all ? CodeReference.text : CodeReference.list)
        }
        let found = try code.allSatisfy { Explanation.find($0) != nil } ? code.compactMap(Explanation.find) : search()
        if options.json {
            if let only = found.first, found.count == 1 { return try Console.json(only) }
            return try Console.json(found)
        }
        if found.count > Self.readable { return Console.result(Self.list(found)) }
        Console.result(
            found.map { "\($0.code): \($0.title)\n\n" + Words.wrapped($0.text, 100) }.joined(separator: "\n\n"))
    }

    /// Of more than these only the titles are printed.
    private static let readable = 5

    /// What speaks of these words.
    private func search() throws -> [Explanation] {
        let words = code.joined(separator: " ")
        let found = Explanation.mentioning(words)
        guard found.isEmpty else { return found }
        throw unknown(words)
    }

    private func unknown(_ written: String) -> CommandFailure {
        let code = Explanation.normalised(written)
        guard code.hasPrefix("SK"), code.count > 2, code.dropFirst(2).allSatisfy(\.isNumber) else {
            return .wrong(
                .usage, "there is no code `\(written)`, and no code that speaks of it",
                cure: "Codes look like SK101 and stand behind a message; `skein explain` lists all.")
        }
        guard let range = CodeRange.of(code) else {
            return .wrong(
                .usage, "there is no code `\(written)`",
                cure: "`skein explain` lists all there are. Another version of Skein may have more.")
        }
        return .wrong(
            .usage, "there is no code `\(written)`",
            detail: "Codes that begin alike: \(range.title.prefix(1).lowercased() + range.title.dropFirst()), "
                + "\(range.members.first?.code ?? "") to \(range.members.last?.code ?? "").",
            cure: "`skein explain` lists all there are. Another version of Skein may have more, or have had it.")
    }

    private static func list(_ found: [Explanation]) -> String {
        found.map { "\($0.code)  \($0.title)" }.joined(separator: "\n")
    }
}

import ArgumentParser
import PlanFile
import Planning

struct ExplainCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explains a code such as SK101 that a message ends with.")

    @Argument(help: ArgumentHelp("The code, as in the brackets behind a message.", valueName: "code"))
    var code: String

    @OptionGroup var options: GlobalOptions

    func perform() throws {
        let code = code.uppercased()
        guard let (title, text) = Self.explanation(of: code) else {
            throw CommandFailure.wrong(
                .usage, "there is no code `\(self.code)`", cure: "Codes look like SK101 and stand behind a message.")
        }
        if options.json {
            try Console.json(Explanation(code: code, title: title, text: text))
        } else {
            Console.result("\(code): \(title)" + (text.map { "\n\n" + Words.wrapped($0, 100) } ?? ""))
        }
    }

    private static func explanation(of code: String) -> (title: String, text: String?)? {
        if let check = Checks.explanation(of: code) { return (check.title, check.text) }
        let meaning = PlanCode(rawValue: code)?.meaning ?? CommandCode(rawValue: code)?.meaning
        return meaning.map { ($0, nil) }
    }

    private struct Explanation: Encodable {
        var code: String
        var title: String
        var text: String?
    }
}

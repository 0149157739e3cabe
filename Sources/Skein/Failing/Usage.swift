import ArgumentParser
import PlanFile

/// What the argument parser throws: help and version, which are no errors, and command lines that are wrong.
enum Usage {
    static func end(_ error: any Error, _ arguments: [String]) -> Never {
        // The parser's own code for wrong usage is 64; ours is 2.
        let code = Skein.exitCode(for: error)
        if code == .success {
            Console.result(Skein.fullMessage(for: error))
            leave(Exit.done.rawValue)
        }
        let isWrong = code == .validationFailure && !DetailedExit.isWanted(by: arguments)
        let exit = isWrong ? Exit.wrong : .failed
        let text = Skein.fullMessage(for: error)
        let isPlain = text.hasPrefix("Error: ")
        let suggestion = suggestion(arguments)
        let summary = suggestion ?? Skein.message(for: error)
        // Said as everything else is said.
        var lines = (isPlain ? String(text.dropFirst(7)) : text).split(
            separator: "\n", omittingEmptySubsequences: false)
        if let suggestion { lines[0] = Substring(suggestion) }
        Console.error((isPlain ? "error: " : "") + lines.joined(separator: "\n"))
        if arguments.contains("--json") {
            let failure = CommandFailure(exit, [Diagnostic(code == .validationFailure ? .usage : .unexpected, summary)])
            if arguments.first == MigrateCommand.configuration.commandName {
                try? Console.json(EndDocument(failure), isPretty: false)
            } else {
                try? Console.json(FailureDocument(failure))
            }
        }
        leave(exit.rawValue)
    }

    /// For a command that there is not.
    private static func suggestion(_ arguments: [String]) -> String? {
        guard let word = arguments.first, !word.hasPrefix("-") else { return nil }
        let names = Skein.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard !names.contains(word) else { return nil }
        let near = Suggestion.nearest(to: word, among: names)
        return "there is no command `\(word)`" + (near.map { "; did you mean `\($0)`?" } ?? "")
    }
}

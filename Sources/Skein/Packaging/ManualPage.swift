/// The manual page `skein(1)`: commands and options from the argument parser, the rest written here.
struct ManualPage {
    private(set) var text = ""

    /// - Parameter date: of the page, as `2026-11-21`; its footer shows it.
    init(_ dump: ArgumentDump, date: String) {
        let root = dump.command
        add(#".TH SKEIN 1 "\#(date)" "skein \#(Version.text)" "User Commands""#)
        section("NAME")
        add("skein \\- " + Self.escaped(Self.lowered(root.abstract ?? "")))
        section("SYNOPSIS")
        let commands = (root.subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
        for command in commands {
            add(Self.synopsis(command))
            add(".br")
        }
        section("DESCRIPTION")
        for paragraph in Self.description { add(".PP\n" + Self.escaped(paragraph)) }
        section("COMMANDS")
        // What every command takes is told once.
        let common = Set(GlobalOptions.names)
        for command in commands { add(command, without: common) }
        section("OPTIONS OF ALL COMMANDS")
        let first = commands.first { $0.commandName == "status" }
        for argument in first?.arguments ?? [] where Self.isCommon(argument, common) { add(argument) }
        for (title, entries) in Self.closing {
            section(title)
            for (term, meaning) in entries { item(Self.bold(term), meaning) }
        }
        section("EXAMPLES")
        add(".nf\n" + Self.examples.map(Self.escaped).joined(separator: "\n") + "\n.fi")
        section("SEE ALSO")
        add(".BR pg_dump (1),\n.BR psql (1)")
    }

    private static let description = [
        "One plan file says everything about a migration; its keys are told by skein schema --markdown, and checked by "
            + "skein validate. In live mode the application keeps writing to the source while it is copied and "
            + "followed, and stops for the cutover only; in offline mode nobody writes meanwhile.",
        "Every command can be stopped or killed at any moment: run again with the same words, it goes on where it was. "
            + "The state lives in the target, in the same transactions as the data.",
        "Results go to standard output, everything else to standard error. Every message ends with a code, which skein "
            + "explain explains.",
    ]

    private static let closing: [(title: String, entries: [(String, String)])] = [
        (
            "EXIT STATUS",
            [
                ("0", "Done."), ("1", "Failed, not resumable as it stands."),
                ("2", "The command line, the plan or a check is wrong."), ("3", "Verification found differences."),
                ("4", "Stopped: run the same command to resume."),
                (
                    "plan --detailed-exitcode",
                    "0: nothing to do; 2: tasks to run; 1: an error, those of checks and of the command line included."
                ),
            ]
        ),
        (
            "ENVIRONMENT",
            [
                ("PGPASSWORD, PGPASSFILE, PGSERVICE, ...", "As of every program that uses libpq."),
                ("NO_COLOR", "No colours, where it is set to anything."),
                ("any other", "Fills ${NAME} and ${NAME:-fallback} in plan files."),
            ]
        ),
        (
            "FILES",
            [
                ("NAME-todo.sql", "Beside the plan: of roles, owners and privileges what is left to a person."),
                (".skein/NAME", "Beside the plan: the spool of a live migration. It holds rows."),
                ("~/.pgpass", "Passwords, as libpq reads them."),
            ]
        ),
    ]

    private static let examples = [
        "skein validate iot.yaml        # the file alone", "skein plan iot.yaml            # what will happen, and why",
        "skein migrate iot.yaml         # copies, then follows, until the cutover",
        "skein cutover iot.yaml         # when migrate says that it is ready",
    ]

    // MARK: Commands and options

    private mutating func add(_ command: ArgumentDump.Command, without common: Set<String>) {
        add(".SS \(Self.synopsis(command).dropFirst(3))")
        add(Self.escaped(command.abstract ?? ""))
        if let discussion = command.discussion, !discussion.isEmpty { add(".PP\n" + Self.escaped(discussion)) }
        for argument in command.arguments ?? [] where argument.shouldDisplay && !Self.isCommon(argument, common) {
            add(argument)
        }
    }

    private static func isCommon(_ argument: ArgumentDump.Argument, _ common: Set<String>) -> Bool {
        (argument.names ?? []).contains { common.contains($0.name) }
    }

    private mutating func add(_ argument: ArgumentDump.Argument) {
        let value = argument.valueName ?? "value"
        let term =
            switch argument.kind {
            case .positional: "\\fI\(Self.escaped(value))\\fR"
            case .flag: (argument.names ?? []).map { Self.bold($0.text) }.joined(separator: ", ")
            case .option:
                (argument.names ?? []).map { Self.bold($0.text) }.joined(separator: ", ")
                    + " \\fI\(Self.escaped(value))\\fR"
            }
        let fallback = argument.kind == .flag ? nil : argument.defaultValue.map { " Default: \($0)." }
        item(term, (argument.abstract ?? "") + (fallback ?? ""))
    }

    /// `.B skein plan` and its arguments; options are told below.
    private static func synopsis(_ command: ArgumentDump.Command) -> String {
        let values = (command.arguments ?? []).filter { $0.kind == .positional && $0.shouldDisplay }.map { argument in
            let name = "\\fI\(escaped(argument.valueName ?? "value"))\\fR" + (argument.isRepeating ? "..." : "")
            return argument.isOptional ? "[\(name)]" : name
        }
        return ".B " + ([#"skein \#(command.commandName)\fR"#] + values + ["[\\fIoptions\\fR]"]).joined(separator: " ")
    }

    // MARK: roff

    private mutating func add(_ line: some StringProtocol) { text += line + "\n" }
    private mutating func section(_ title: String) { add(".SH \(title)") }
    private mutating func item(_ term: String, _ meaning: String) { add(".TP\n\(term)\n\(Self.escaped(meaning))") }

    private static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

    private static func lowered(_ text: String) -> String {
        let plain = text.hasSuffix(".") ? text.dropLast() : text[...]
        return plain.prefix(1).lowercased() + plain.dropFirst()
    }

    /// Backslashes, hyphens that are typed, and what roff would take for a request at the beginning of a line.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.first == "." || $0.first == "'" ? "\\&" + $0 : String($0) }.joined(separator: "\n")
    }
}

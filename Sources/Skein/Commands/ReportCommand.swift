import ArgumentParser
import Execution
import PlanFile
import Planning
import Postgres

struct ReportCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes what was planned and what happened into one HTML or Markdown file.",
        discussion: """
            It is made from the state on the target, at any time between the first `migrate` and `clean`: of a \
            migration that is running, has failed or is being cut over, too, and says so at its top. The HTML file \
            needs \
            nothing but itself, holds no script, and no rows.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case html, markdown }

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "Where to write it; - is stdout. Without it: NAME-report.html (or .md) in the working folder.",
            valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("html, or markdown for a ticket.", valueName: "format"))
    var format = Format.html

    func validate() throws {
        if out?.isEmpty == true { throw ValidationError("--out takes the name of a file, or -") }
        if options.json, out != nil || format != .html {
            throw ValidationError("--json prints the report's numbers on stdout; --out and --format do not go with it")
        }
    }

    func perform() async throws {
        let loaded = try plan.load(options)
        let file = ReportFile(plan: loaded.plan, planArgument: ShellWord.quoted(loaded.path), format: format, out: out)
        if !options.json { try file.refuseOverwriting() }
        let report = try await Self.read(loaded.plan)
        if options.json { return try Console.json(report) }
        if try file.write(report) {
            Console.result("\(report.name): report written to \(file.path)")
        }
    }

    /// - Throws: `CommandFailure`, exit code 2, where there is nothing to report.
    static func read(_ plan: Plan) async throws -> MigrationReport {
        let name = plan.name.value.text
        let report = try await ServerAccess(plan, .target, purpose: "report").run { target in
            try ReportReader.read(target, name: name)
        }
        guard let report else {
            throw CommandFailure.wrong(
                .notBegun, "there is nothing to report: the target holds no state of migration \(name)",
                detail: "It has not begun, or `skein clean` has removed what was known of it.",
                cure: "`skein runbook` and `skein plan` tell what a migration will do.")
        }
        return report
    }
}

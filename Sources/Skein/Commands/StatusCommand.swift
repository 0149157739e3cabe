import ArgumentParser
import Execution
import PlanFile
import Planning
import Postgres

struct StatusCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tells where a migration stands, from any machine that reaches the target.",
        discussion: """
            A live migration's source is asked for its slot, too; where it does not answer, the rest is told all the \
            same.
            """)

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Flag(help: "List every table, not the first 40 only (--json always does).")
    var allTables = false

    @Option(
        defaultAsFlag: "2",
        help: ArgumentHelp(
            "Look again every so many seconds (2), until the migration ends or Ctrl-C, which ends the looking alone.",
            valueName: "seconds"))
    var watch: String?

    func validate() throws {
        guard let watch else { return }
        guard let seconds = Double(watch), seconds >= 0.5, seconds <= 3600 else {
            throw ValidationError("--watch takes seconds, 0.5 to 3600, not `\(watch)`")
        }
    }

    func perform() async throws {
        let path = plan.path
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
        if let interval = watch.flatMap({ Double($0) }) {
            let watch = StatusWatch(
                plan: plan, planArgument: ShellWord.quoted(path), options: options, interval: interval)
            // With --json every look is a document, the last one too.
            guard try await watch.run() != nil, !options.json else { return }
        }
        var (status, question) = try await ServerAccess(plan, .target, purpose: "status").run { target in
            (try StatusReport.read(target, name: name), try SourceReport.Question.of(target, name: name))
        }
        let standing = try await WayBackStanding.read(plan)
        status.fallback = try await WayBackReport.read(plan, standing)
        if let question { status.source = try await SourceReport.read(plan, question) }
        status.notices = StatusNotices.find(status, plan)
        if options.json {
            try Console.json(status)
        } else {
            let argument = ShellWord.quoted(path)
            Console.result(StatusText.render(status, planArgument: argument, listsAll: allTables))
        }
    }
}

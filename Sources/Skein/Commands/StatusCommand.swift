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

    func perform() async throws {
        let path = plan.path
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
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

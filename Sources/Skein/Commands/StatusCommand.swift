import ArgumentParser
import Execution
import PlanFile
import Planning
import Postgres

struct StatusCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tells where a migration stands, from any machine that reaches the target.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func perform() async throws {
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
        let status = try await ServerAccess(plan, .target, purpose: "status").run { target in
            try StatusReport.read(target, name: name)
        }
        if options.json { try Console.json(status) } else { Console.result(StatusText.render(status)) }
    }
}

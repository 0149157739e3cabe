import ArgumentParser
import Execution
import PlanFile
import Postgres

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tells where a migration stands, from any machine that reaches the target.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
        let status = try await Failing.onTarget(of: plan, options, "status") { target in
            try StatusReport.read(target, name: name)
        }
        if options.json { try Console.json(status) } else { Console.result(StatusText.render(status)) }
    }
}

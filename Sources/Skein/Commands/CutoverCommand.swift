import ArgumentParser
import PlanFile

struct CutoverCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover", abstract: "Opens the gate of a live migration.",
        discussion: "An offline migration has no gate: `skein migrate` runs to the end.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func perform() async throws {
        let plan = try plan.load(options).plan
        switch plan.mode.value {
        case .offline:
            throw CommandFailure.wrong(
                .otherMode,
                "\(plan.name.value.text) is an offline migration and has no cutover: `skein migrate` runs to the end",
                at: plan.mode.location)
        case .live: throw LiveMode.refusal(of: "cutover", plan)
        }
    }
}

/// What this version says to `mode: live`.
enum LiveMode {
    static func refusal(of command: String, _ plan: Plan) -> CommandFailure {
        .wrong(
            .liveMode,
            "this version does not run `mode: live` yet: `skein \(command)` comes with a later release, "
                + "`validate` and `plan` work now",
            cure: "For a migration with the application stopped, say `mode: offline`.", at: plan.mode.location)
    }
}

import ArgumentParser
import PlanFile

struct CutoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover", abstract: "Opens the gate of a live migration.",
        discussion: "An offline migration has no gate: `skein migrate` runs to the end.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let plan = try plan.load(options).plan
        switch plan.mode.value {
        case .offline:
            Console.error(
                "error: \(plan.name.value.text) is an offline migration and has no cutover: `skein migrate` runs to the end"
            )
        case .live: Console.error("error: " + LiveMode.refusal)
        }
        throw Exit.wrong.error
    }
}

/// What this version says to `mode: live`.
enum LiveMode {
    static let refusal =
        "`mode: live` is not in this version yet: its keys are validated and planned, but `migrate` and `cutover` "
        + "need `mode: offline`"
}

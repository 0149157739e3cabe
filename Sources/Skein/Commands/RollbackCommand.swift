import ArgumentParser
import Execution
import PlanFile
import Planning

struct RollbackCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Returns to the source after a cutover, with everything that the application did on the target.",
        discussion: """
            Needs `cutover: {fallback: true}`. Works from any machine, beside a `skein migrate` that carries changes back or \
            alone. It waits until the source is close behind, then stops the application on the target (the plan's fence), \
            brings the last changes over, sets sequences, and lifts the source's fence: exit code 0 means that the \
            application may write to the source. Stopped or killed at any moment, the same command goes on.
            """)

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Option(
        help: ArgumentHelp(
            """
            How long to wait for transactions that are open on the target, as `30 s`. Then `fence: read-only` ends them, \
            and `fence: none` calls it off, exit 4.
            """,
            valueName: "duration"))
    var wait = "10 s"

    @Flag(help: "Withdraw a rollback that is not complete: the application goes on with the target.")
    var abort = false

    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws { _ = try WaitDuration.seconds(wait) }

    func perform() async throws {
        let loaded = try plan.load(options)
        let run = RollbackRun(
            plan: loaded.plan, planArgument: ShellWord.quoted(loaded.path), options: options,
            waitSeconds: try WaitDuration.seconds(wait))
        do {
            if abort { try await run.withdraw() } else { try await run.run(isConfirmed: yes) }
        } catch let error as DiagnosticsError where error.isTransient {
            // A server is away for a moment rather than wrong in the plan.
            throw CommandFailure(.stopped, error.diagnostics)
        }
    }
}

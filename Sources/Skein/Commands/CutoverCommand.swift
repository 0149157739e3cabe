import ArgumentParser
import Execution
import PlanFile
import Planning

struct CutoverCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Ends a live migration: the target takes over. This is the approval; it never asks.",
        discussion: """
            Works from any machine, beside a running `skein migrate` or alone. Too early, or too far behind the source, \
            it says why, exits with 4, and the application notices nothing. Otherwise: fence, marker, drain, sequences, \
            triggers, foreign keys, comparison; exit code 0 when all of it is complete, 3 when rows differ. Ctrl-C \
            before that withdraws it, and the migration follows again. An offline migration has no cutover.
            """)

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions
    @OptionGroup var watch: WatchOptions

    @Option(
        help: ArgumentHelp(
            """
            How long to wait for transactions that are open on the source, as `30 s`. Then `fence: read-only` ends them, \
            and `fence: none` calls it off, exit 4.
            """,
            valueName: "duration"))
    var wait = "10 s"

    @Flag(help: "Withdraw a cutover that is not complete: the fence is lifted, and the migration follows again.")
    var abort = false

    func validate() throws { _ = try WaitDuration.seconds(wait) }

    func perform() async throws {
        let loaded = try plan.load(options)
        let plan = loaded.plan
        guard plan.mode.value == .live else {
            throw CommandFailure.wrong(
                .otherMode,
                "\(plan.name.value.text) is an offline migration and has no cutover: `skein migrate` runs to the end",
                at: plan.mode.location)
        }
        let watchers = try RunWatchers(watch, options, plan, command: "cutover")
        try await watchers.recording { try await perform(loaded, watchers) }
    }

    private func perform(_ loaded: PlanArgument.Loaded, _ watchers: RunWatchers) async throws {
        let plan = loaded.plan
        let run = CutoverRun(
            plan: plan, planArgument: ShellWord.quoted(loaded.path), options: options,
            waitSeconds: try WaitDuration.seconds(wait),
            watchers: watchers)
        do {
            if abort {
                try await print(run.withdraw(), name: plan.name.value.text)
            } else {
                try await print(run.run(), plan)
            }
        } catch let error as DiagnosticsError where error.isTransient {
            // There is a migration to cut over: its server is away for a moment rather than wrong in the plan.
            throw CommandFailure(.stopped, error.diagnostics)
        }
    }

    private func print(_ end: CutoverRun.End, _ plan: Plan) async throws {
        let name = plan.name.value.text
        let todo = await RunSummary.LeftToDo.read(plan)
        let document = Document(
            name: name, result: end.wasComplete ? "already-complete" : "complete", completed: end.completed,
            report: end.report, todo: todo)
        if options.json { return try Console.json(document) }
        if end.wasComplete {
            Console.result("\(name): already done" + (end.completed.map { ", \(Words.time($0))" } ?? ""))
        } else {
            let text =
                end.report.map { CutoverText.render($0, verify: plan.cutover.verify.value) } ?? "cutover complete"
            Console.result("\(name): " + text + (todo.map { "\n" + $0.text } ?? ""))
        }
    }

    private func print(_ withdrawal: CutoverRun.Withdrawn, name: String) throws {
        if options.json {
            return try Console.json(
                Document(name: name, result: withdrawal == .nothing ? "nothing-to-withdraw" : "withdrawn"))
        }
        Console.result(
            withdrawal == .nothing
                ? "\(name): no cutover is under way" : "\(name): cutover withdrawn; the source is as it was before it")
    }

    private struct Document: Encodable {
        var name: String
        /// `complete`, `already-complete`, `withdrawn`, `nothing-to-withdraw`.
        var result: String
        /// Timestamp as text, UTC.
        var completed: String?
        var report: CutoverReport?
        /// Of roles, owners and privileges what is left to a person.
        var todo: RunSummary.LeftToDo?
    }
}

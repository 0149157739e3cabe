import ArgumentParser
import Catalog
import Execution
import PlanFile
import Planning
import Postgres

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Runs the migration. Stopped or killed at any moment, the same command goes on where it was.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Start over: drop from the target what this plan would create, having listed it and asked.")
    var dropIfExists = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: ArgumentHelp("Tables copied at once; over the plan's.", valueName: "n"))
    var tableJobs: Int?

    @Option(help: ArgumentHelp("Indexes built at once; over the plan's.", valueName: "n"))
    var indexJobs: Int?

    @Option(
        help: ArgumentHelp(
            "How long to retry while nothing succeeds, as `10 min` or `30 s`; then exit 4.", valueName: "duration"))
    var retryFor = "10 min"

    @Option(help: ArgumentHelp("Copy one table again (live mode).", valueName: "table"))
    var resync: String?

    @Flag(help: "Repair after a lost slot or spool (live mode).")
    var repair = false

    func validate() throws {
        for (name, value) in [("--table-jobs", tableJobs), ("--index-jobs", indexJobs)] {
            guard let value, !(1...128).contains(value) else { continue }
            throw ValidationError("\(name) takes a number from 1 to 128")
        }
        guard retrySeconds != nil else {
            throw ValidationError("--retry-for takes a duration such as `10 min` or `30 s`, not `\(retryFor)`")
        }
    }

    private var retrySeconds: Double? { (try? PlanDuration(parsing: retryFor))?.approximateSeconds }

    func run() async throws {
        let loaded = try plan.load(options)
        guard loaded.plan.mode.value == .offline else {
            Console.error("error: " + LiveMode.refusal)
            throw Exit.wrong.error
        }
        guard resync == nil, !repair else {
            Console.error("error: --resync and --repair are for `mode: live`; this plan is offline")
            throw Exit.wrong.error
        }
        let migrator = Migrator(
            loaded.plan,
            MigrateOptions(
                tableJobs: tableJobs, indexJobs: indexJobs, retryFor: retrySeconds ?? 600, version: Version.text))
        let printer = RunPrinter(options)
        let end = try await Failing.withExitCodes(loaded.plan, options) {
            if dropIfExists { try await startOver(loaded.plan) }
            if try await migrator.record() == nil { try await begin(loaded, migrator) }
            return try await Signals.cancelling { try await migrator.run { event in printer.print(event) } }
        }
        try printer.finish(end, plan: loaded.plan.name.value.text)
    }

    /// Checks everything and stores the compiled plan.
    private func begin(_ loaded: PlanArgument.Loaded, _ migrator: Migrator) async throws {
        let inspection = try await Inspector.inspect(loaded.plan)
        options.report(inspection.diagnostics)
        guard let graph = inspection.graph, !inspection.hasErrors else { throw Exit.wrong.error }
        if let saved = loaded.saved {
            let drift = saved.drift(source: inspection.sourceFingerprint, target: inspection.targetFingerprint)
            guard drift.isEmpty else {
                Console.error("error: the servers are no longer as the saved plan found them:")
                for line in drift { Console.error("  " + line) }
                Console.error("  run `skein plan` again and look at what it says")
                throw Exit.wrong.error
            }
        }
        try await migrator.create(inspection, graph)
    }

    private func startOver(_ plan: Plan) async throws {
        let inspection = try await Inspector.inspect(plan)
        let leftovers = Leftovers(inspection)
        guard !leftovers.isEmpty else { return }
        Console.error("would be dropped from \(inspection.target.server.database) on the target:")
        for line in leftovers.lines { Console.error("  " + line) }
        if !yes {
            guard Console.isInputTerminal else {
                Console.error("error: nothing was dropped: say --yes to do it without being asked")
                throw Exit.wrong.error
            }
            guard Console.confirms("Drop them, rows and all?") else { throw Exit.wrong.error }
        }
        try await leftovers.drop(plan)
    }
}

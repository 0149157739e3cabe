import ArgumentParser
import Catalog
import Execution
import PlanFile
import Planning

struct MigrateCommand: SkeinCommand {
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
        try JobsOption.check("--table-jobs", tableJobs)
        try JobsOption.check("--index-jobs", indexJobs)
        guard retrySeconds != nil else {
            throw ValidationError("--retry-for takes a duration such as `10 min` or `30 s`, not `\(retryFor)`")
        }
    }

    private var retrySeconds: Double? { (try? PlanDuration(parsing: retryFor))?.approximateSeconds }

    func perform() async throws {
        let loaded = try plan.load(options)
        let plan = loaded.plan
        guard plan.mode.value == .offline else { throw LiveMode.refusal(of: "migrate", plan) }
        if resync != nil || repair {
            throw CommandFailure.wrong(
                .otherMode, "\(repair ? "--repair" : "--resync") is for live migrations, and this plan is offline",
                cure: "Run `skein migrate` again: it goes on by itself.", at: plan.mode.location)
        }
        let migrator = Migrator(
            plan,
            MigrateOptions(
                tableJobs: tableJobs, indexJobs: indexJobs, retryFor: retrySeconds ?? 600, version: Version.text))
        let printer = RunPrinter(options, plan: plan.name.value.text)
        let clock = ContinuousClock()
        var begun = clock.now
        if dropIfExists { try await startOver(plan) }
        let isNew = try await isNew(plan, migrator)
        if isNew {
            begun = clock.now
            try await begin(loaded, migrator)
        }
        let end: RunEnd
        do {
            end = try await Signals.cancelling { try await migrator.run { event in printer.print(event) } }
        } catch let error as DiagnosticsError where error.diagnostics.allSatisfy(ConnectDiagnostics.isTransient) {
            // Nothing is wrong with a migration that has begun.
            throw CommandFailure(.stopped, error.diagnostics)
        }
        try await finish(end, plan, seconds: (clock.now - begun) / .seconds(1), wasResumed: !isNew)
    }

    /// Whether the target holds no state of it.
    /// - Throws: what both servers say where the target cannot be reached, not only the target.
    private func isNew(_ plan: Plan, _ migrator: Migrator) async throws -> Bool {
        do {
            return try await migrator.record() == nil
        } catch let target as DiagnosticsError {
            do {
                try await ServerAccess(plan, .source, purpose: "control").run { _ in }
            } catch let source as DiagnosticsError {
                throw DiagnosticsError(source.diagnostics + target.diagnostics)
            }
            throw target
        }
    }

    /// What is printed is one document a line, the last one too.
    func printFailure(_ failure: CommandFailure) throws { try Console.json(EndDocument(failure), isPretty: false) }

    /// Checks everything and stores the compiled plan.
    private func begin(_ loaded: PlanArgument.Loaded, _ migrator: Migrator) async throws {
        try loaded.refuseChangedFile()
        let inspection = try await Inspector.inspect(loaded.plan)
        if let saved = loaded.saved {
            let drift = saved.drift(source: inspection.sourceFingerprint, target: inspection.targetFingerprint)
            guard drift.isEmpty else { throw SavedPlanProblems.drifted(drift, loaded) }
        }
        guard let graph = inspection.graph, !inspection.hasErrors else {
            throw CommandFailure(.wrong, inspection.diagnostics)
        }
        options.report(inspection.diagnostics)
        if options.json {
            try Console.json(CheckedDocument(diagnostics: inspection.diagnostics), isPretty: false)
        }
        // What was saved is what was looked at, so its pieces are run and not those that today's sizes would give.
        try await migrator.create(inspection, loaded.saved?.graph ?? graph)
    }

    private func startOver(_ plan: Plan) async throws {
        let inspection = try await Inspector.inspect(plan)
        let leftovers = Leftovers(inspection)
        guard !leftovers.isEmpty else { return }
        let name = plan.name.value.text
        let found = try await ServerAccess(plan, .target, purpose: "drop").run { target in
            try CleanOperation.look(target, name: name)
        }
        if found.isRunning { throw CleanCommand.running(name) }
        Console.error("would be dropped from database \(inspection.target.server.database) on the target:")
        for line in leftovers.lines { Console.error("  " + Words.line(line)) }
        try Confirmation.require(
            "Drop them, rows and all?", yes, refusal: "nothing was dropped: --drop-if-exists has to be confirmed")
        try await leftovers.drop(plan)
    }

    // MARK: The end

    private func finish(_ end: RunEnd, _ plan: Plan, seconds: Double, wasResumed: Bool) async throws {
        let name = plan.name.value.text
        switch end {
        case .finished:
            let summary = await summary(plan)
            if let warnings = summary?.warningText, options.isShown(.warning) { Console.error(warnings) }
            if options.json {
                try Console.json(EndDocument(.finished, seconds: seconds, summary: summary), isPretty: false)
            } else {
                Console.result(
                    summary?.text(name, seconds: seconds, wasResumed: wasResumed)
                        ?? "\(name): migrated in \(Words.duration(seconds))")
            }
        case .alreadyFinished:
            let summary = await summary(plan)
            if options.json {
                try Console.json(EndDocument(.alreadyFinished, seconds: nil, summary: summary), isPretty: false)
            } else {
                Console.result("\(name): already done" + (summary?.finished.map { ", \(Words.time($0))" } ?? ""))
            }
        case .stopped(let reason):
            let diagnostic = Diagnostic(.stopped, reason, cure: "Run the same command to go on.")
            throw CommandFailure(.stopped, [diagnostic])
        case .failed(let task, let reason): throw CommandFailure(.failed, [Self.diagnostic(task, reason)])
        case .differences(let texts):
            let diagnostic = Diagnostic(
                .differences, "source and target differ in \(Words.count(Int64(texts.count), "place"))",
                detail: texts.joined(separator: "\n"),
                cure: "What is copied stays. `skein verify \(plan.file)` compares again, and "
                    + "`skein migrate \(plan.file) --drop-if-exists` starts over.")
            throw CommandFailure(.differences, [diagnostic])
        }
    }

    private static func diagnostic(_ task: String, _ reason: TaskFailure) -> Diagnostic {
        let waiting =
            reason.blocked > 0 ? "\(Words.count(Int64(reason.blocked), "task")) behind it could not run." : nil
        let cure = Words.sentence(reason.cure ?? "mend the cause")
        return Diagnostic(
            .taskFailed, "\(task): \(reason.text)",
            detail: Words.lines(reason.detail, waiting),
            cure: cure + " What is done stays done: run the same command then.", object: reason.object)
    }

    /// Nil where the target cannot be asked any more: the migration is done all the same.
    private func summary(_ plan: Plan) async -> RunSummary? {
        let name = plan.name.value.text
        let status = try? await ServerAccess(plan, .target, purpose: "status").run { target in
            try StatusReport.read(target, name: name)
        }
        return status.map { RunSummary($0, verify: plan.cutover.verify.value) }
    }
}

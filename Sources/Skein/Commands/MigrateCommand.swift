import ArgumentParser
import Catalog
import Execution
import PlanFile
import Planning

struct MigrateCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Runs the migration. Stopped or killed at any moment, the same command goes on where it was.",
        discussion: """
            A live migration copies, follows the source from then on, and says when it is ready: `skein cutover` from \
            any machine, or c and Enter in this terminal, ends it. The application works on the source until then.
            """)

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions
    @OptionGroup var watch: WatchOptions

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

    @Option(
        help: ArgumentHelp(
            """
            Live: copy this table again while everything else goes on. May be said several times. Where a `migrate` runs \
            already, that one does it, and this command tells how it goes and ends once the table is in step again.
            """,
            valueName: "table"))
    var resync: [String] = []

    @Flag(
        help: """
            Live: after a lost slot or spool, or a failed-over source, make a new slot, compare every piece, and copy \
            again only what differs.
            """)
    var repair = false

    func validate() throws {
        try JobsOption.check("--table-jobs", tableJobs)
        try JobsOption.check("--index-jobs", indexJobs)
        guard retrySeconds != nil else {
            throw ValidationError("--retry-for takes a duration such as `10 min` or `30 s`, not `\(retryFor)`")
        }
        for table in resync where (try? QualifiedName(parsing: table)) == nil {
            throw ValidationError("--resync takes a table such as public.readings, not `\(table)`")
        }
        if dropIfExists, repair || !resync.isEmpty {
            throw ValidationError("--drop-if-exists starts over, so --repair and --resync have nothing to go on with")
        }
    }

    private var retrySeconds: Double? { (try? PlanDuration(parsing: retryFor))?.approximateSeconds }

    func perform() async throws {
        let loaded = try plan.load(options)
        let watchers = try RunWatchers(watch, options, loaded.plan, command: "migrate")
        try await watchers.recording { try await perform(loaded, watchers) }
    }

    private func perform(_ loaded: PlanArgument.Loaded, _ watchers: RunWatchers) async throws {
        let plan = loaded.plan
        let wishes = LiveWishes(resync: resync, repair: repair)
        try wishes.requireLive(plan)
        var settings = MigrateOptions(
            tableJobs: tableJobs, indexJobs: indexJobs, retryFor: retrySeconds ?? 600, version: Version.text)
        settings.repair = repair
        let clock = ContinuousClock()
        var begun = clock.now
        if dropIfExists { try await startOver(plan) }
        let record = try await record(plan, Migrator(plan, settings))
        settings.resync = try wishes.tables(record, plan)
        if !settings.resync.isEmpty, !repair {
            let beside = ResyncRun(
                plan: plan, planArgument: ShellWord.quoted(loaded.path), options: options, tables: settings.resync)
            if try await beside.run() { return }
        }
        let migrator = Migrator(plan, settings)
        if record == nil {
            begun = clock.now
            try await begin(loaded, migrator, watchers)
        }
        let end = try await run(migrator, loaded, watchers)
        let ending = RunEnding(options: options, plan: plan, planArgument: ShellWord.quoted(loaded.path))
        try await ending.tell(end, seconds: (clock.now - begun) / .seconds(1), wasResumed: record != nil)
        try await WayBackFollowing(
            plan: plan, planArgument: ShellWord.quoted(loaded.path), options: options, retryFor: settings.retryFor,
            note: { watchers.note($0) }
        ).run()
    }

    // MARK: The run

    private func run(
        _ migrator: Migrator, _ loaded: PlanArgument.Loaded, _ watchers: RunWatchers,
    ) async throws -> RunEnd {
        let plan = loaded.plan
        let listens = plan.mode.value == .live && Console.isInputTerminal && !options.json
        let live = RunPrinter.Live(
            planArgument: ShellWord.quoted(loaded.path),
            approval: plan.cutover.approval.value == .manual ? .person : .plan,
            listens: listens)
        let options = options
        let display = LiveDisplay.start(options, DisplayState(name: plan.name.value.text))
        defer { display?.end() }
        let printer = RunPrinter(
            options, plan: plan.name.value.text, live: plan.mode.value == .live ? live : nil, display: display)
        let tell: @Sendable (RunEvent) -> Void = { event in
            watchers.note(event)
            printer.print(event)
        }
        do {
            return try await Signals.cancelling {
                guard listens else { return try await migrator.run(tell: tell) }
                return try await withThrowingTaskGroup(of: RunEnd?.self) { group in
                    group.addTask { try await migrator.run(tell: tell) }
                    group.addTask {
                        await CutoverKey.listen {
                            printer.say(await CutoverKey.open(plan, planArgument: live.planArgument))
                        } onOther: {
                            printer.say([CutoverKey.hint])
                        }
                        return nil
                    }
                    while let end = try await group.next() {
                        guard let end else { continue }
                        group.cancelAll()
                        return end
                    }
                    throw CancellationError()
                }
            }
        } catch let error as DiagnosticsError where error.diagnostics.allSatisfy(ConnectDiagnostics.isTransient) {
            // Nothing is wrong with a migration that has begun.
            throw CommandFailure(.stopped, error.diagnostics)
        }
    }

    /// Nil where the target holds no state of it.
    /// - Throws: what both servers say where the target cannot be reached, not only the target.
    private func record(_ plan: Plan, _ migrator: Migrator) async throws -> MigrationRecord? {
        do {
            return try await migrator.record()
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
    private func begin(_ loaded: PlanArgument.Loaded, _ migrator: Migrator, _ watchers: RunWatchers) async throws {
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
        watchers.note(inspection.diagnostics)
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
}

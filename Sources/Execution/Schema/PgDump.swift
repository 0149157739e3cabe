package import Postgres
private import PlanFile
private import Synchronization

/// Why the source's schema could not be dumped.
package enum PgDumpError: Error, Sendable, Equatable {
    /// `code` as a shell would say; the lines that the program wrote to stderr, at most 40.
    case failed(program: String, code: Int, messages: [String])
    case cannotStart(CannotStart)
    case format(DumpFormatError)
}

/// Runs pg_dump on the source and gives what it says, entry by entry.
package struct PgDump: Sendable {
    package var tool: PgDumpTool
    package var source: ConnectionTarget
    /// `skein/iot-production/dump-schema`.
    package var applicationName: String
    /// Exported by a transaction that stays open until this is done.
    package var snapshot: String?
    /// Not even looked at, so that no right to lock their tables is needed. What depends on them is for
    /// `SchemaStaging` to leave out.
    package var excludedSchemas: [String]
    /// How long to wait for a table that is locked.
    package var lockWaitMilliseconds: Int

    package init(
        tool: PgDumpTool, source: ConnectionTarget, applicationName: String, snapshot: String? = nil,
        excludedSchemas: [String] = [], lockWaitMilliseconds: Int = 60_000,
    ) {
        self.tool = tool
        self.source = source
        self.applicationName = applicationName
        self.snapshot = snapshot
        self.excludedSchemas = excludedSchemas
        self.lockWaitMilliseconds = lockWaitMilliseconds
    }

    /// The entries in the order of restoring. Cancelling the task ends both programs.
    ///
    /// The archive form is the only one whose entries name all they depend on; plain output lists the dependencies of
    /// comments alone. pg_restore turns it into a script as it comes.
    package func run() async throws -> [DumpEntry] {
        let pipeline = ChildPipeline()
        return try await withTaskCancellationHandler {
            try await ChildQueue().run(self, pipeline)
        } onCancel: {
            pipeline.terminate()
        }
    }

    private static let common = ["--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions"]

    private var dumpCommand: ChildPipeline.Command {
        // In the dump, backslashes in literals are what the source's own default says, unless we say it.
        let options = [source.parameters["options"], "-c standard_conforming_strings=on"].compactMap { $0 }
        let target = source.with("application_name", Connection.shortened(applicationName))
            .with("options", options.joined(separator: " "))
        var arguments =
            ["--format=custom", "--compress=0", "--schema-only", "--quote-all-identifiers", "--no-tablespaces"]
            + Self.common
            + ["--encoding=UTF8", "--no-password", "--lock-wait-timeout=\(lockWaitMilliseconds)"]
        if let snapshot { arguments.append("--snapshot=" + snapshot) }
        arguments += excludedSchemas.map { "--exclude-schema=" + QualifiedName.quoted($0) }
        arguments.append("--dbname=" + target.conninfoWithoutPassword)
        var environment = Self.environment
        if let password = source.password { environment["PGPASSWORD"] = password }
        return ChildPipeline.Command(executable: tool.path, arguments: arguments, environment: environment)
    }

    private var restoreCommand: ChildPipeline.Command {
        ChildPipeline.Command(
            executable: tool.restorePath,
            arguments: Self.common + ["--no-tablespaces", "--verbose", "--file=-"], environment: Self.environment)
    }

    /// Messages in English and without colours, so that their kind can be told.
    private static let environment = ["LC_ALL": "C.UTF-8", "PG_COLOR": "never"]

    fileprivate func runBlocking(_ pipeline: ChildPipeline) throws -> [DumpEntry] {
        var parser = DumpParser()
        do {
            let endings = try pipeline.run([dumpCommand, restoreCommand]) { try parser.consume($0) }
            try Task.checkCancellation()
            // Where pg_dump fails, pg_restore complains of its input: the first cause counts.
            for (ending, program) in zip(endings, ["pg_dump", "pg_restore"]) where ending.code != 0 {
                throw PgDumpError.failed(
                    program: program, code: ending.code,
                    messages: ending.messages.filter { !Self.isNoise($0) })
            }
            return try parser.finish()
        } catch let error as DumpFormatError {
            throw PgDumpError.format(error)
        } catch let error as CannotStart {
            throw PgDumpError.cannotStart(error)
        }
    }

    /// What `--verbose` adds.
    private static func isNoise(_ line: String) -> Bool {
        guard line.hasPrefix("pg_restore: ") else { return false }
        return !["error:", "warning:", "detail:", "hint:"].contains { line.contains(" " + $0) }
    }
}

/// Child processes are read by blocking calls, on a thread of their own.
actor ChildQueue {
    private nonisolated let executor = QueueExecutor(label: "skein.child")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    func run(_ dump: PgDump, _ pipeline: ChildPipeline) throws -> [DumpEntry] { try dump.runBlocking(pipeline) }
    func installedTools() -> [PgDumpTool] { PgDumpTool.search() }
}

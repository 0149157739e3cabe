package import Postgres
private import PlanFile

/// Why the source's schema could not be dumped.
package enum PgDumpError: Error, Sendable, Equatable {
    /// No pg_dump of this major version or a later one; the versions there are.
    case notFound(needed: Int, found: [String])
    /// `code` as a shell would say; the lines that the program wrote to stderr, at most 40.
    case failed(program: String, code: Int, messages: [String])
    case cannotStart(CannotStart)
    case format(DumpFormatError)
}

extension PgDumpError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound(let needed, let found):
            let there = found.isEmpty ? "none was found" : "found only \(found.joined(separator: ", "))"
            return "pg_dump \(needed) or later is needed, with its pg_restore, and \(there); install "
                + "postgresql-client-\(needed), or put its folder on PATH"
        case .failed(let program, let code, let messages):
            return ([program + " ended with code \(code)"] + messages).joined(separator: "; ")
        case .cannotStart(let failure): return "\(failure.executable) cannot be started: \(failure.reason)"
        case .format(.incomplete): return "pg_dump's output ends in the middle"
        case .format(.badHeader(let line)): return "pg_dump's output has a header that is none: \(line)"
        case .format(.backslashEscapes):
            return "pg_dump writes backslash escapes although standard_conforming_strings was asked for"
        }
    }
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

    /// Chooses the tool and runs it.
    /// - Parameters:
    ///   - sourceVersion: as `server_version_num`, like `targetVersion`.
    package static func run(
        sourceVersion: Int, targetVersion: Int, target source: ConnectionTarget, snapshot: String?,
        excludedSchemas: [String], applicationName: String,
    ) throws -> [DumpEntry] {
        let installed = PgDumpTool.installed()
        guard
            let tool = PgDumpTool.choose(installed, source: sourceVersion / 10000, target: targetVersion / 10000)
        else { throw PgDumpError.notFound(needed: sourceVersion / 10000, found: installed.map(\.version)) }
        return try PgDump(
            tool: tool, source: source, applicationName: applicationName, snapshot: snapshot,
            excludedSchemas: excludedSchemas
        ).run()
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

    /// The entries in the order of restoring. Blocks; cancelling the task ends both programs.
    ///
    /// The archive form is the only one whose entries name all they depend on; plain output lists the dependencies of
    /// comments alone. pg_restore turns it into a script as it comes.
    package func run() throws -> [DumpEntry] {
        var parser = DumpParser()
        do {
            let endings = try ChildPipeline.run([dumpCommand, restoreCommand]) { try parser.consume($0) }
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

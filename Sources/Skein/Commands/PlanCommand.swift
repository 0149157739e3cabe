import ArgumentParser
import Execution
import FoundationEssentials
import PlanFile
import Planning

struct PlanCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Reads both servers, runs every check, shows the tasks and why. Changes nothing anywhere.")

    enum GraphFormat: String, ExpressibleByArgument, CaseIterable { case mermaid, dot }

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "Save the plan, bound to both servers as they are now; without passwords.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var out: String?

    @Option(help: ArgumentHelp("Print the tasks as a graph: mermaid or dot.", valueName: "format"))
    var graph: GraphFormat?

    @Flag(
        help: """
            Tell by the exit code whether there is work: 0 nothing to do, 2 tasks to run, 1 an error, those of the \
            checks and of the command line included.
            """)
    var detailedExitcode = false

    func validate() throws {
        // `--out ""`
        if out?.isEmpty == true { throw ValidationError("--out takes the name of a file") }
        if graph != nil, options.json { throw ValidationError("--graph and --json exclude each other") }
    }

    func perform() async throws {
        guard detailedExitcode else {
            _ = try await show()
            return
        }
        let hasWork: Bool
        do {
            hasWork = try await show()
        } catch is ExitCode {
            throw Exit.failed.error
        } catch {
            var failure = CommandFailure(error)
            failure.exit = .failed
            throw failure
        }
        if hasWork { throw DetailedExit.work.error }
    }

    /// - Returns: whether tasks are left to run.
    private func show() async throws -> Bool {
        let loaded = try plan.load(options)
        if let out { try refuseOverwriting(out) }
        let inspection = try await Inspector.inspect(loaded.plan)
        let document = PlanDocument(
            loaded.plan, source: inspection.source, target: inspection.target, selection: inspection.selection,
            graph: inspection.graph, diagnostics: loaded.diagnostics + inspection.diagnostics, done: inspection.done)
        if let graph {
            if let compiled = inspection.graph {
                Console.output(
                    graph == .mermaid ? compiled.mermaid() : compiled.dot(name: loaded.plan.name.value.text))
            }
        } else if options.json {
            try Console.json(document)
        } else {
            Console.result(PlanText.render(document, width: min(160, Console.outputColumns ?? 120)))
            // In a terminal both streams are one text.
            if Console.isOutputTerminal, Console.isErrorTerminal, !inspection.diagnostics.isEmpty { Console.error("") }
        }
        options.report(inspection.diagnostics)
        if !options.json, let counts = Self.counts(inspection.diagnostics), options.isShown(.note) {
            Console.error("\n" + counts)
        }
        guard let compiled = inspection.graph else {
            if let out { Console.error("\(out): not saved, because of the errors above") }
            throw Exit.wrong.error
        }
        if let out { try save(inspection.saved(loaded.plan, compiled, createdWith: Version.text), to: out) }
        return inspection.hasWork
    }

    /// `2 errors, 1 warning`; nil where there is nothing, or notes only.
    private static func counts(_ diagnostics: [Diagnostic]) -> String? {
        let parts = [Diagnostic.Severity.error, .warning, .note].compactMap { severity -> String? in
            let count = diagnostics.count { $0.severity == severity }
            return count > 0 ? Words.count(Int64(count), severity.rawValue) : nil
        }
        guard diagnostics.contains(where: { $0.severity < .note }) else { return nil }
        return parts.joined(separator: ", ")
    }

    /// Only another saved plan may be replaced: `--out plan.yaml` would lose the plan itself.
    private func refuseOverwriting(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            if try SavedPlan.read(path) != nil { return }
        } catch {
            // A damaged one, or another version's, is one, too.
            return
        }
        throw CommandFailure.wrong(
            .cannotWrite, "--out \(path): there is something else than a saved plan in that place, and it is kept",
            cure: "Name another file, or remove that one.")
    }

    private func save(_ plan: SavedPlan, to path: String) throws {
        do {
            try plan.write(to: path)
        } catch let problem as SavedPlan.Unwritable {
            throw CommandFailure.wrong(.cannotWrite, "the plan cannot be saved to `\(path)`: \(problem.reason)")
        }
        if options.isShown(.note) { Console.error("saved to \(path); run it with: skein migrate \(path)") }
    }
}

/// What `plan --detailed-exitcode` says beside 0 and 1, as tools of this kind do.
enum DetailedExit: Int32 {
    case work = 2

    var error: ExitCode { ExitCode(rawValue) }

    /// Whether a command line, which may be wrong, asks for it: then its being wrong must not look like work.
    static func isWanted(by arguments: [String]) -> Bool {
        arguments.first == PlanCommand.configuration.commandName && arguments.contains("--detailed-exitcode")
    }
}

extension Inspection {
    /// Whether tasks are left to run: all of them, where the migration has not begun.
    fileprivate var hasWork: Bool {
        guard let done else { return !compiled.tasks.isEmpty }
        return compiled.tasks.contains { !done.contains($0.id) }
    }
}

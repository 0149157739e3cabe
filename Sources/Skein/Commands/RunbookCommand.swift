import ArgumentParser
import Execution
import PlanFile
import Planning

struct RunbookCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "runbook",
        abstract: "Writes the migration's runbook for this plan as Markdown. Changes nothing anywhere.",
        discussion: """
            It holds the preparation with the statements for these two places, the commands in order and what each \
            should show, when to stop, how to go back, the cutover minute by minute, and the cleaning up. Where a \
            server \
            cannot be reached, it is written from the plan file alone, and says so.
            """)

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func perform() async throws {
        let loaded = try plan.load(options)
        let book = try await Self.book(loaded)
        if !book.problems.isEmpty, options.isShown(.warning) {
            for problem in book.problems { Console.error("not asked: \(Words.line(problem.summary))") }
        }
        let errors = book.document?.diagnostics.count { $0.severity == .error } ?? 0
        if errors > 0, options.isShown(.warning) {
            Console.error(
                "\(Words.count(Int64(errors), "error")) of the checks must be mended first: they are in "
                    + "the runbook's first part")
        }
        if options.json {
            try Console.json(
                Document(
                    name: loaded.plan.name.value.text, fromServers: book.problems.isEmpty, markdown: book.markdown()))
        } else {
            Console.output(book.markdown())
        }
    }

    /// - Throws: what stands in the way beyond a server that cannot be reached.
    static func book(_ loaded: PlanArgument.Loaded) async throws -> Runbook {
        let argument = ShellWord.quoted(loaded.path)
        do {
            let inspection = try await Inspector.inspect(loaded.plan)
            let document = PlanDocument(
                loaded.plan, source: inspection.source, target: inspection.target, selection: inspection.selection,
                graph: inspection.graph, diagnostics: loaded.diagnostics + inspection.diagnostics, done: inspection.done
            )
            return Runbook(
                plan: loaded.plan, planArgument: argument, document: document, source: inspection.source,
                target: inspection.target)
        } catch let error as DiagnosticsError {
            return Runbook(
                plan: loaded.plan, planArgument: argument, document: nil, source: nil, target: nil,
                problems: error.diagnostics)
        }
    }

    private struct Document: Encodable {
        var name: String
        var fromServers: Bool
        var markdown: String
    }
}

import ArgumentParser
import Execution
import FoundationEssentials
import PlanFile
import Planning

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Reads both servers, runs every check, shows the tasks and why. Changes nothing anywhere.")

    enum GraphFormat: String, ExpressibleByArgument, CaseIterable { case mermaid, dot }

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "Save the plan, bound to both servers as they are now; without passwords.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Print the tasks as a graph: mermaid or dot.", valueName: "format"))
    var graph: GraphFormat?

    func run() async throws {
        let loaded = try plan.load(options)
        let inspection = try await Failing.withExitCodes(loaded.plan, options) {
            try await Inspector.inspect(loaded.plan)
        }
        let document = PlanDocument(
            loaded.plan, source: inspection.source, target: inspection.target, selection: inspection.selection,
            graph: inspection.graph, diagnostics: loaded.diagnostics + inspection.diagnostics, done: inspection.done)
        if let graph, let compiled = inspection.graph {
            options.report(inspection.diagnostics)
            Console.result(graph == .mermaid ? compiled.mermaid() : compiled.dot(name: loaded.plan.name.value.text))
        } else if options.json {
            try Console.json(document)
        } else {
            Console.result(PlanText.render(document))
            options.report(inspection.diagnostics)
        }
        if inspection.hasErrors { throw Exit.wrong.error }
        if let out, let compiled = inspection.graph {
            try save(inspection.saved(loaded.plan, compiled, createdWith: Version.text), to: out)
        }
    }

    private func save(_ plan: SavedPlan, to path: String) throws {
        do {
            try plan.write(to: path)
            Console.error("saved to \(path); run it with: skein migrate \(path)")
        } catch {
            Console.error("error: cannot write \(path): \(error)")
            throw Exit.wrong.error
        }
    }
}

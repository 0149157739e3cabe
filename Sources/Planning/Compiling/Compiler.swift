package import Catalog
package import PlanFile

/// Compiles a plan to the graph of its tasks. Pure: the same plan and catalogs give the same graph.
package enum Compiler {
    /// What compiling yields. Where a diagnostic is an error, the graph is what would have been, and must not be run.
    package struct Compilation: Sendable, Equatable {
        package var graph: MigrationGraph
        package var selection: ResolvedSelection
        /// Of the selection, then of the tables, in the catalogs' order.
        package var diagnostics: [Diagnostic]
    }

    /// - Parameters:
    ///   - source: read with statistics.
    ///   - target: its settings and extensions count; what else it holds is for the checks.
    package static func compile(_ plan: Plan, source: Catalog, target: Catalog) -> Compilation {
        // What the source adds to the plan are no entries of the user's that could miss something.
        var selection = ResolvedSelection(plan, source: source)
        selection.leaveOutEventTriggers(of: source, for: target, plan.target.provider.value)
        var compiler = GraphCompiler(
            plan: plan.completed(from: source), source: source, target: target, selection: selection)
        let graph = compiler.compile()
        return Compilation(
            graph: graph, selection: selection, diagnostics: selection.diagnostics + compiler.diagnostics)
    }

    /// The size from which on tables may be split, so that the source is to be read with their columns' histograms.
    /// Bytes.
    package static func histogramThreshold(_ plan: Plan) -> Int64 {
        min(plan.copy.splitTablesLargerThan?.value.bytes ?? .max, 64 << 20)
    }
}

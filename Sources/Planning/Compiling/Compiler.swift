package import Catalog
package import PlanFile

/// Compiles a plan to the graph of its tasks. Pure: the same plan and catalogs give the same graph.
package enum Compiler {
    /// Where a diagnostic, of the selection or of the compiling, is an error, the graph is what would have been, and
    /// must not be run.
    /// - Parameters:
    ///   - source: read with statistics.
    ///   - target: its settings and extensions count; what else it holds is for the checks.
    ///   - selection: what `plan` selects of `source`.
    /// - Returns: the graph, and what compiling found, in the catalogs' order; what the selection found is its own.
    package static func compile(
        _ plan: Plan, source: Catalog, target: Catalog, selection: ResolvedSelection,
    ) -> (graph: MigrationGraph, diagnostics: [Diagnostic]) {
        var compiler = GraphCompiler(plan: plan, source: source, target: target, selection: selection)
        return (compiler.compile(), compiler.diagnostics)
    }

    /// Resolves the selection as well; its findings come first.
    package static func compile(
        _ plan: Plan, source: Catalog, target: Catalog,
    ) -> (graph: MigrationGraph, diagnostics: [Diagnostic]) {
        let selection = ResolvedSelection(plan, source: source)
        let (graph, diagnostics) = compile(plan, source: source, target: target, selection: selection)
        return (graph, selection.diagnostics + diagnostics)
    }
}

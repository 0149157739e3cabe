import Catalog
import PlanFile
import Testing

@testable import Planning

@Suite("A plan in words")
struct PlanTextTests {
    let target = CatalogBuilder(versionNumber: 170_011).catalog

    func document(_ plan: Plan, _ source: Catalog) -> PlanDocument {
        let compilation = Compiler.compile(plan, source: source, target: target)
        return PlanDocument(
            plan, source: source, target: target, selection: compilation.selection, graph: compilation.graph,
            diagnostics: compilation.diagnostics)
    }

    @Test("says what is created, how each table goes and why")
    func golden() {
        let plan = Plan.sample { plan in
            plan.hypertables = [.sample("readings")]
            plan.copy.skipTableData = tables("public.alerts")
            plan.cutover.verify = Located(.checksums)
        }
        let text = PlanText.render(document(plan, iotCatalog()))
        print(text)
        #expect(text == "")
    }
}

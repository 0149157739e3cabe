@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("The graph of materialized views")
struct MaterializedViewGraphTests {
    /// `top` reads `middle` through a view and a function; `middle` reads `bottom`.
    func builder() -> CatalogBuilder {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        let bottom = builder.addView("z_bottom", reads: [table], materialized: true)
        let middle = builder.addView("middle", reads: [bottom], materialized: true)
        let view = builder.addView("v", reads: [middle])
        let function = builder.addObject("function", "public.f()", catalog: "pg_proc")
        builder.addDependency(of: ("pg_proc", function), on: ("pg_class", view))
        let top = builder.addView("a_top", reads: [], materialized: true)
        builder.addDependency(of: ("pg_class", top), on: ("pg_proc", function))
        builder.addIndex("z_bottom_idx", on: bottom, ["id"])
        return builder
    }

    @Test("refreshes them after what they read, and after everything that their functions may need")
    func order() throws {
        let graph = CompiledGraph(builder().catalog)
        #expect(
            graph.ids("refresh") == ["refresh:public.z_bottom", "refresh:public.middle", "refresh:public.a_top"])
        #expect(try graph.needs("refresh:public.a_top") == ["post-data", "refresh:public.middle"])
        #expect(try graph.needs("analyze:public.middle") == ["refresh:public.middle"])
        #expect(graph.ids("index") == ["index:public.z_bottom_idx"])
        #expect(try graph.needs("index:public.z_bottom_idx") == ["refresh:public.z_bottom"])
        #expect(graph.diagnostics.isEmpty)
    }

    @Test("leaves skipped and unpopulated ones, and those that read them, with a warning")
    func skipped() {
        let skipping = CompiledGraph(
            builder().catalog, Plan.sample { $0.copy.skipTableData = tables("public.middle") })
        #expect(skipping.ids("refresh") == ["refresh:public.z_bottom"])
        #expect(
            skipping.diagnostics.map(\.summary) == [
                "materialized view public.a_top is not refreshed because it reads public.middle, which is not either"
            ])
        var empty = builder()
        empty.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].name.name == "z_bottom" {
                catalog.relations[position].isPopulated = false
            }
        }
        let graph = CompiledGraph(empty.catalog)
        #expect(graph.ids("refresh").isEmpty)
        #expect(graph.diagnostics.map(\.code) == ["SK156", "SK156"])
    }
}

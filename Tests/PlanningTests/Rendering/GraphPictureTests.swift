import Catalog
import Foundation
import PlanFile
import Testing

@testable import Planning

@Suite("The graph as a picture")
struct GraphPictureTests {
    private let target = CatalogBuilder(versionNumber: 170_011).catalog

    private func edges(_ mermaid: String) -> Int { mermaid.components(separatedBy: " --> ").count - 1 }

    @Test(
        "a viewer shows it, however many tables there are: below Mermaid's limits of 500 edges and 50,000 characters",
        arguments: [1, 24, 25, 1_000])
    func bounded(_ tables: Int) {
        let source = LargeSchemaTests.catalog(tables: tables)
        for plan in [Plan.sample(), Plan.live()] {
            let text = Compiler.compile(plan, source: source, target: target).graph.mermaid()
            #expect(text.utf8.count < 40_000)
            #expect(edges(text) < 450)
            if tables == 1_000 {
                #expect(text.contains("976 other tables of public"))
                #expect(text.contains("copy × 976, "))
            }
        }
    }

    @Test func `Pieces, indexes and keys of a table are counts in its group`() {
        let plan = Plan.sample { $0.hypertables = [.sample("readings")] }
        let text = Compiler.compile(plan, source: iotCatalog(), target: target).graph.mermaid()
        #expect(text.contains("[\"public.readings\"]"))
        #expect(text.contains("[\"copy × 3, 600 MB\"]"))
        #expect(!text.contains("copy:public"))
    }

    @Test func `No edge goes back, none follows from others, and every task behind another still is`() {
        let source = LargeSchemaTests.catalog(tables: 40)
        let picture = GraphPicture(Compiler.compile(.live(), source: source, target: target).graph)
        let (full, reduced) = (picture.collapsed, picture.reduced)
        #expect(reduced.vertices.count == full.vertices.count)
        func reach(_ graph: Graph<GraphPicture.Box>) -> [Set<Int>] {
            var reach = [Set<Int>](repeating: [], count: graph.vertices.count)
            for vertex in graph.vertices.indices.reversed() {
                for next in graph.successors[vertex] {
                    #expect(next > vertex)
                    reach[vertex].insert(next)
                    reach[vertex].formUnion(reach[next])
                }
            }
            return reach
        }
        let reached = reach(reduced)
        #expect(reached == reach(full))
        for vertex in reduced.vertices.indices {
            for next in reduced.successors[vertex] {
                let others = reduced.successors[vertex].filter { $0 != next }
                #expect(!others.contains { reached[$0].contains(next) })
            }
        }
    }
}

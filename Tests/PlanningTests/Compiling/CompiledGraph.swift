@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

/// A compiled graph, asked by ids.
struct CompiledGraph {
    let graph: MigrationGraph
    let diagnostics: [Diagnostic]
    private let positions: [String: Int]

    init(_ source: Catalog, target: Catalog = CatalogBuilder(versionNumber: 170_011).catalog, _ plan: Plan = .sample())
    {
        let compilation = Compiler.compile(plan, source: source, target: target)
        graph = compilation.graph
        diagnostics = compilation.diagnostics
        positions = Dictionary(uniqueKeysWithValues: graph.tasks.enumerated().map { ($1.id, $0) })
    }

    var ids: [String] { graph.tasks.map(\.id) }
    func ids(_ kind: String) -> [String] { ids.filter { $0 == kind || $0.hasPrefix(kind + ":") } }

    func task(_ id: String) throws -> MigrationTask {
        let position = try #require(positions[id], "no task \(id)")
        return graph.tasks[position]
    }

    /// Direct predecessors, sorted.
    func needs(_ id: String) throws -> [String] { try task(id).needs.map { graph.tasks[$0].id }.sorted() }

    /// Whether one is done before the other whatever the executor does.
    func isBefore(_ first: String, _ second: String) throws -> Bool {
        let start = try #require(positions[first], "no task \(first)")
        var queue = [try #require(positions[second], "no task \(second)")]
        var seen = Set(queue)
        while let position = queue.popLast() {
            if position == start { return true }
            for need in graph.tasks[position].needs where seen.insert(need).inserted { queue.append(need) }
        }
        return false
    }

    func index(_ id: String) throws -> IndexBuild {
        guard case .buildIndex(let build) = try task(id).action else { throw Missing() }
        return build
    }

    func constraint(_ id: String) throws -> ConstraintBuild {
        guard case .addConstraint(let build) = try task(id).action else { throw Missing() }
        return build
    }

    func foreignKey(_ id: String) throws -> ForeignKeyBuild {
        guard case .addForeignKey(let build) = try task(id).action else { throw Missing() }
        return build
    }

    struct Missing: Error {}
}

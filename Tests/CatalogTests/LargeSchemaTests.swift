import Catalog
import Foundation
import Postgres
import TestServers
import Testing

@Suite("A large schema", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(10)))
struct LargeSchemaTests {
    @Test func `10,000 tables with three indexes each are read in seconds and little memory`() async throws {
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "catalog_large", sql: LargeSchema.batches(tables: 10_000)
        ) { database in
            let before = residentMegabytes()
            let clock = ContinuousClock()
            let start = clock.now
            let catalog = try await database.readCatalog()
            let took = clock.now - start
            let grown = residentMegabytes() - before
            print("10,000 tables: \(took), \(grown) MB")
            #expect(catalog.relations.count == 10_000 && catalog.indexes.count == 30_000)
            #expect(catalog.sequences.count == 10_000 && catalog.constraints.count == 10_000)
            #expect(catalog.relations.allSatisfy { $0.columns.count == 6 })
            // Alone on two cores it takes about 3 s, most of it in the server; other tests run at the same time.
            #expect(took < .seconds(120))
            #expect(grown < 300)
            let index = CatalogIndex(catalog)
            #expect(index.indexes(of: catalog.relations[0].oid).count == 3)
        }
    }

    /// Of this whole process, other tests included.
    private func residentMegabytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }
}

import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Relations, columns, indexes and constraints", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ReadingRelationsTests {
    @Test(arguments: Server.all)
    func `every kind of relation is read, with its columns`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.relations) {
            let catalog = try await $0.readCatalog()
            let kinds = Dictionary(uniqueKeysWithValues: catalog.relations.map { ($0.name.description, $0.kind) })
            #expect(
                kinds == [
                    "public.plain": .table, "public.logless": .table, "public.parted": .partitionedTable,
                    "public.parted_a": .partitionedTable, "public.parted_a_1": .table, "public.parted_rest": .table,
                    "public.ancestor": .table, "public.heir": .table, "public.remote": .foreignTable,
                    "public.seen": .view, "public.stored": .materializedView, "public.no_columns": .table,
                ])
            let plain = try catalog.relation("plain")
            #expect(plain.columns.map(\.name) == ["id", "by_default", "sum", "name", "at", "code"])
            #expect(plain.columns.map(\.number) == [1, 2, 4, 5, 6, 7], "a dropped column leaves a gap")
            #expect(
                plain.columns.map(\.typeName) == [
                    "bigint", "integer", "integer", "character varying(20)", "timestamp(3) with time zone", "text",
                ])
            #expect(plain.columns.map(\.identity) == [.always, .byDefault, nil, nil, nil, nil])
            #expect(plain.columns.map(\.generated) == [nil, nil, .stored, nil, nil, nil])
            #expect(plain.columns.map(\.hasDefault) == [false, false, false, true, false, false])
            #expect(plain.columns.map(\.isNotNull) == [true, true, false, false, true, false])
            #expect(plain.columns.map(\.collation) == [nil, nil, nil, "default", nil, "C"])
            #expect(try catalog.relation("logless").isUnlogged)
            #expect(try catalog.relation("no_columns").columns.isEmpty)
            #expect(try !catalog.relation("stored").isPopulated)
        }
    }
}

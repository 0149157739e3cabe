import PlanFile
import Postgres
import TestServers
import Testing

@testable import Catalog

@Suite("Statistics of columns", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingStatisticsTests {
    private static let tables = """
        create table large (
            id bigint primary key, at timestamptz, device integer, name text, key uuid, unindexed integer);
        insert into large
            select i, '2024-01-01'::timestamptz + i * interval '1 minute', i % 3, 'n', gen_random_uuid(), i
            from generate_series(1, 20000) i;
        create index large_at on large (at, device);
        create index large_device on large (device);
        create index large_name on large (name) where id > 0;
        create index large_key on large (key);
        create index large_computed on large ((id + 1));
        create index large_hashed on large using hash (unindexed);
        create table small (id integer primary key);
        insert into small select generate_series(1, 1000);
        """
    private static let options = CatalogReader.Options(histogramThreshold: 1 << 20)

    @Test(arguments: Server.all)
    func `only columns that lead a whole btree index have them`(_ server: Server) async throws {
        let sql = [Self.tables, "analyze"]
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: sql) {
            let catalog = try await $0.readCatalog(Self.options)
            let large = try catalog.relation("large")
            #expect(large.estimatedRows == 20000 && large.heapBytes > 1 << 20 && large.tableBytes > large.heapBytes)
            let known = large.columns.filter { $0.statistics != nil }.map(\.name)
            #expect(known == ["id", "at", "device", "key"])
            let id = try #require(large.column(named: "id")?.statistics)
            #expect(id.correlation == 1 && id.nullFraction == 0 && id.distinct == -1)
            #expect(id.histogram.count == 101 && id.histogram.first == "1" && id.histogram.last == "20000")
            #expect(id.minimum == nil && id.maximum == nil && id.commonValues.isEmpty)
            let at = try #require(large.column(named: "at")?.statistics)
            #expect(at.histogram.first == "2024-01-01 00:01:00+00", "as text in UTC")
            let device = try #require(large.column(named: "device")?.statistics)
            #expect(Set(device.commonValues) == ["0", "1", "2"] && device.commonFrequencies.count == 3)
            #expect(device.histogram.isEmpty && device.minimum == "0" && device.maximum == "2")
            let small = try #require(try catalog.relation("small").columns.first?.statistics)
            #expect(small.correlation == 1 && small.histogram.isEmpty && small.minimum == nil)
        }
    }

    @Test func `without statistics a large table's smallest and greatest values are read`() async throws {
        let sql = "alter table large set (autovacuum_enabled = off)"
        let tables = Self.tables.split(separator: ";\n").map(String.init)
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "catalog", sql: [tables[0], sql] + tables.dropFirst()
        ) {
            let catalog = try await $0.readCatalog(Self.options)
            let large = try catalog.relation("large")
            #expect(large.estimatedRows < 0 || large.estimatedRows == 20000, "building an index counts the rows")
            let statistics = large.columns.map(\.statistics)
            #expect(statistics[0]?.correlation == nil && statistics[0]?.minimum == "1")
            #expect(statistics[0]?.maximum == "20000")
            #expect(statistics[1]?.minimum == "2024-01-01 00:01:00+00")
            #expect(statistics[4]?.minimum?.count == 36, "uuid, which has no min() before 18")
            let without = try await $0.readCatalog(CatalogReader.Options(readsStatistics: false))
            #expect(without.relations.flatMap(\.columns).allSatisfy { $0.statistics == nil })
        }
    }

    @Test func `a locked table is named with who locks it`() async throws {
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "catalog", sql: [Self.tables, "analyze"]
        ) { database in
            let blocker = Session(database, applicationName: "blocker")
            let pid = try await blocker.run { connection in
                try connection.execute("begin; lock table public.large in access exclusive mode")
                return connection.backendPID
            }
            let error = try await #require(throws: BlockedReading.self) {
                try await database.readCatalog(.init(lockTimeoutSeconds: 1))
            }
            let name = QualifiedName(schema: "public", name: "large")
            #expect(error.locks == [.init(relation: name, pid: pid, applicationName: "blocker")])
            #expect(error.description.contains("public.large by process \(pid) (blocker)"))
            try await blocker.run { try $0.execute("rollback") }
            #expect(try await database.readCatalog().relations.count == 2)
        }
    }
}

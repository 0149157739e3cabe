import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Types, objects and dependencies", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingObjectsTests {
    @Test(arguments: Server.all)
    func `objects of every kind are listed as the server names them`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.objects) {
            let catalog = try await $0.readCatalog()
            let listed = catalog.objects.map { "\($0.kind) \($0.identity)" }
            #expect(
                listed == [
                    "aggregate public.total(integer)", "cast (integer AS public.mood)", "collation public.german",
                    "event trigger watch", "extension plpgsql", "foreign-data wrapper wrapper",
                    "function public.fires()", "function public.joined(integer,integer)",
                    "function public.of_row(public.base)", "function public.on_ddl()",
                    "function public.to_mood(integer)", "function public.twice(integer)",
                    "operator public.~=~(integer,integer)", "operator family public.numbers USING btree",
                    "procedure public.proceed()", "server far", "statistics object public.correlated",
                    "text search configuration public.words", "text search dictionary public.stems",
                    "type public.mood", "type public.pair", "type public.positive", "type public.span",
                ])
            #expect(catalog.objects.first { $0.identity == "public.mood" }?.schema == "public")
            #expect(catalog.eventTriggers == ["watch"] && catalog.foreignServers == ["far"])
            #expect(catalog.extensions.map(\.name) == ["plpgsql"])
            #expect(catalog.schemas.map(\.name) == ["public"])
        }
    }

    @Test(arguments: Server.all)
    func `what needs what is known across views, defaults, types, keys and triggers`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.objects) {
            let catalog = try await $0.readCatalog()
            let index = CatalogIndex(catalog)
            var needs: [String: Set<String>] = [:]
            for dependency in catalog.dependencies {
                let name = try #require(index.description(of: dependency.dependent))
                needs[name, default: []].insert(try #require(index.description(of: dependency.on)))
            }
            #expect(
                needs["table public.base"] == [
                    "type public.mood", "type public.pair", "type public.span", "type public.positive",
                    "collation public.german", "function public.twice(integer)", "sequence public.base_id_seq",
                ])
            #expect(needs["sequence public.base_id_seq"] == ["table public.base"])
            #expect(needs["type public.pair"] == ["type public.mood", "type public.positive"])
            #expect(needs["table public.referring"] == ["table public.base"])
            #expect(needs["view public.top"] == ["table public.base", "type public.mood"])
            #expect(needs["view public.above"] == ["view public.top"])
            #expect(needs["materialized view public.stored"] == ["view public.above"])
            #expect(needs["foreign table public.remote"] == ["server far"])
            #expect(needs["server far"] == ["foreign-data wrapper wrapper"])
            #expect(needs["table public.child"]?.contains("table public.base") == true)
            #expect(needs["function public.of_row(public.base)"] == ["table public.base"])
            #expect(needs["table public.guarded"] == ["function public.twice(integer)"])
            #expect(needs["index public.computed"] == ["function public.twice(integer)"])
            #expect(needs["policy some_rows of public.guarded"] == ["function public.joined(integer,integer)"])
            #expect(needs["trigger runs of public.guarded"] == ["function public.fires()"])
            #expect(needs["statistics object public.correlated"] == ["table public.base"])
            #expect(needs["event trigger watch"] == ["function public.on_ddl()"])
            #expect(needs["cast (integer AS public.mood)"]?.contains("type public.mood") == true)
            let top = try #require(catalog.relations.first { $0.name.name == "top" })
            let behind = index.dependents(ofAll: [.relation(top.oid)]).compactMap { index.description(of: $0) }
            #expect(Set(behind) == ["view public.above", "materialized view public.stored"])
        }
    }

    @Test(arguments: Server.all)
    func `types are read down to what they are made of`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.objects) {
            let catalog = try await $0.readCatalog()
            let types = Dictionary(uniqueKeysWithValues: catalog.types.values.map { ($0.name, $0) })
            let pair = try #require(types["pair"])
            #expect(pair.kind == .composite && pair.hasBinaryIO && pair.extensionName == nil)
            #expect(pair.attributes == [try #require(types["positive"]).oid, try #require(types["_mood"]).oid])
            #expect(types["_mood"]?.element == types["mood"]?.oid && types["mood"]?.kind == .enum)
            #expect(types["positive"]?.kind == .domain && types["positive"]?.base == 23)
            #expect(types["span"]?.kind == .range && types["span"]?.base == 1082)
            #expect(types["date"]?.kind == .base && types["date"]?.schema == "pg_catalog")
        }
    }

    @Test func `an extension's members stand as the extension`() async throws {
        let statements = """
            create schema ext;
            create extension citext schema ext;
            create table t (id integer, name ext.citext, names ext.citext[], unlimited aclitem);
            create function f(ext.citext) returns integer language sql as 'select 1';
            """
        let target = try TestServers.requireTarget()
        try await TestServers.withScratchDatabase(on: target, prefix: "catalog", sql: statements) {
            let catalog = try await $0.readCatalog()
            let index = CatalogIndex(catalog)
            let table = try catalog.relation("t")
            let citext = try #require(index.extensionsByName["citext"])
            #expect(citext.schema == "ext" && citext.version == catalog.server.availableExtensions["citext"])
            let ids = [Catalog.ObjectID(catalog: "pg_extension", oid: citext.oid)]
            #expect(index.needsByDependent[.relation(table.oid)] == ids)
            let function = try #require(catalog.objects.first { $0.kind == "function" })
            #expect(index.needsByDependent[function.id] == ids)
            #expect(catalog.objects.map(\.kind) == ["extension", "extension", "function"])
            #expect(table.columns.map { catalog.types[$0.type]?.extensionName } == [nil, "citext", "citext", nil])
            #expect(catalog.types[table.columns[3].type]?.hasBinaryIO == false, "aclitem has no binary form")
        }
    }

    @Test(arguments: [Server.target, .target18])
    func `TimescaleDB's own objects and chunks are left out, hypertables are known`(_ server: Server) async throws {
        guard server != .target18 || TestServers.has18 else { return }
        let statements = """
            create schema elsewhere;
            create table readings (time timestamptz not null, device integer, value double precision);
            select create_hypertable('readings', 'time', associated_schema_name => 'elsewhere');
            insert into readings select t, 1, 0
                from generate_series('2024-01-01'::timestamptz, '2024-02-01', '1 day') t;
            create schema skein;
            create table skein.task (id integer);
            create temporary table temporary (id integer);
            """
        try await TestServers.withScratchDatabase(
            on: server.target, prefix: "catalog", withTimescaleDB: true, sql: statements
        ) {
            let catalog = try await $0.readCatalog()
            #expect(catalog.relations.map(\.name.description) == ["public.readings"])
            #expect(catalog.schemas.map(\.name) == ["elsewhere", "public"])
            #expect(catalog.server.hasSkeinState && catalog.server.timescaleLicense == "apache")
            #expect(catalog.hypertables.map(\.table) == [catalog.relations[0].name])
            #expect(catalog.hypertables.map(\.timeColumn) == ["time"] && catalog.hypertables[0].chunkCount > 3)
            #expect(catalog.triggers.isEmpty && catalog.eventTriggers.isEmpty && catalog.constraints.count <= 1)
            #expect(catalog.objects.map(\.kind) == ["extension", "extension"])
            #expect(catalog.extensions.first { $0.name == "timescaledb" }?.configurationTables.isEmpty == false)
        }
    }
}

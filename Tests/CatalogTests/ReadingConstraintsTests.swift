import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Indexes, constraints, triggers and policies", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingConstraintsTests {
    @Test(arguments: Server.all)
    func `every kind of constraint is read`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.constraints) {
            let catalog = try await $0.readCatalog()
            let index = CatalogIndex(catalog)
            let (source, target) = (try catalog.relation("source"), try catalog.relation("target"))
            let constraints = Dictionary(
                uniqueKeysWithValues: (index.constraints(of: source.oid) + index.constraints(of: target.oid))
                    .map { ($0.name, $0) })
            let key = try #require(constraints["target_key"])
            #expect(key.kind == .primaryKey && key.columns == [2, 1] && key.isValidated && key.isEnforced)
            #expect(key.definition == #"PRIMARY KEY ("b", "a")"#)
            #expect(index.indexesByOID[key.index ?? 0]?.constraint == key.oid)
            #expect(index.primaryKey(of: target.oid) == key)
            let unique = try #require(constraints["target_unique"])
            #expect(unique.kind == .unique && unique.isDeferrable && unique.isDeferred)
            #expect(index.indexesByOID[unique.index ?? 0]?.isImmediate == false)
            let foreign = try #require(constraints["to_target"])
            #expect(foreign.kind == .foreignKey && foreign.columns == [3, 2])
            #expect(foreign.referencedTable == target.oid && foreign.referencedColumns == [2, 1])
            #expect(foreign.isDeferrable && foreign.isDeferred && foreign.isValidated)
            #expect(foreign.definition.contains(#"REFERENCES "public"."target"("b", "a") ON DELETE CASCADE"#))
            #expect(index.indexesByOID[foreign.index ?? 0]?.constraint == key.oid)
            #expect(index.foreignKeysByReferencedTable[target.oid]?.count == 2)
            #expect(constraints["late"]?.isValidated == false)
            let exclusion = try #require(constraints["no_overlap"])
            #expect(exclusion.kind == .exclusion && exclusion.definition.hasPrefix("EXCLUDE USING"))
            #expect(index.indexesByOID[exclusion.index ?? 0]?.isExclusion == true)
            #expect(constraints["source_c_check"]?.kind == .check)
            #expect(constraints["watched"]?.kind == .trigger)
            let notNull = constraints.values.filter { $0.kind == .notNull }.map(\.columns).sorted { $0[0] < $1[0] }
            #expect(notNull == (server.major >= 18 ? [[1], [2], [6]] : []))
        }
    }

    @Test(arguments: Server.all)
    func `indexes are read with keys, options and definition`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.constraints) {
            let catalog = try await $0.readCatalog()
            let indexes = Dictionary(uniqueKeysWithValues: catalog.indexes.map { ($0.name.name, $0) })
            let every = try #require(indexes["every_option"])
            #expect(every.method == "btree" && every.isPartial && every.isValid && !every.isUnique && every.isImmediate)
            #expect(every.keys.map(\.column) == [4, 6, nil] && every.includedColumns == [1])
            #expect(every.keys.map(\.isDescending) == [true, false, false])
            #expect(every.keys.map(\.nullsFirst) == [false, false, false])
            #expect(every.keys.map(\.hasDefaultOperatorClass) == [true, false, true])
            #expect(every.keys.map(\.hasColumnCollation) == [true, false, false])
            #expect(!every.canOrderRows)
            #expect(
                every.definition
                    == #"CREATE INDEX "every_option" ON "public"."source" USING "btree" ("c" DESC NULLS LAST, "#
                    + #""note" COLLATE "C" "text_pattern_ops", (("a" + "b"))) INCLUDE ("id") WHERE ("c" > 3)"#)
            let alone = try #require(indexes["alone"])
            #expect(alone.isUnique && alone.isReplicaIdentity && alone.constraint == nil && alone.canOrderRows)
            #expect(alone.bytes > 0)
            #expect(try catalog.relation("source").replicaIdentity == .index)
            #expect(indexes["hashed"]?.method == "hash" && indexes["ranges"]?.method == "gist")
            #expect(indexes["target_key"]?.isPrimary == true && indexes["target_key"]?.isClustered == true)
            let source = try catalog.relation("source")
            #expect(source.indexBytes == catalog.indexes.filter { $0.table == source.oid }.map(\.bytes).reduce(0, +))
        }
    }

    @Test(arguments: Server.all)
    func `nulls not distinct, virtual columns and unenforced constraints are read where versions have them`(
        _ server: Server
    ) async throws {
        let newer = """
            create table newer (id integer, v integer generated always as (id * 2) virtual);
            alter table newer add constraint lax check (id > 0) not enforced;
            """
        let statements = "create table t (a integer, unique nulls not distinct (a)); \(server.major >= 18 ? newer : "")"
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: statements) {
            let catalog = try await $0.readCatalog()
            #expect(catalog.indexes.map(\.nullsNotDistinct) == [true])
            if server.major >= 18 {
                #expect(try catalog.relation("newer").columns.map(\.generated) == [nil, .virtual])
                #expect(catalog.constraints.first { $0.name == "lax" }?.isEnforced == false)
            }
        }
    }

    @Test(arguments: Server.all)
    func `triggers and policies are read without the server's own`(_ server: Server) async throws {
        let structure = """
            create table t (id integer primary key, owner name);
            create table u (id integer references t);
            create function nothing() returns trigger language plpgsql as 'begin return null; end';
            create trigger statement after update on t referencing old table as o for each statement
                execute function nothing();
            create trigger each before insert on t for each row execute function nothing();
            alter table t disable trigger each;
            alter table t enable always trigger statement;
            alter table t enable row level security, force row level security;
            create policy everybody on t using (true);
            """
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: structure) { database in
            var catalog = try await database.readCatalog()
            let role = "catalog_policy_\(server.major)"
            try await withRole(role, in: database) { role in
                let policy = "create policy few on public.t to \(role), current_user using (owner = current_user)"
                try await TestServers.execute(policy, on: database)
                catalog = try await database.readCatalog()
            }
            #expect(catalog.triggers.map(\.name) == ["each", "statement"])
            #expect(catalog.triggers.map(\.isRowLevel) == [true, false])
            #expect(catalog.triggers.map(\.hasTransitionTables) == [false, true])
            #expect(catalog.triggers.map(\.enabled) == ["D", "A"])
            #expect(catalog.policies.map(\.name) == ["everybody", "few"])
            #expect(catalog.policies.map(\.roles) == [[], [role, "postgres"]])
            let table = try catalog.relation("t")
            #expect(table.hasRowSecurity && table.forcesRowSecurity && table.isReadable, "a superuser bypasses it")
        }
    }
}

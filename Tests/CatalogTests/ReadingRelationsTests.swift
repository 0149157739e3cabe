import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Relations and columns", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingRelationsTests {
    @Test(arguments: Server.all)
    func `every kind of relation is read, with its columns`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.relations) {
            let catalog = try await $0.readCatalog()
            let kinds = Dictionary(uniqueKeysWithValues: catalog.relations.map { ($0.name.name, $0.kind) })
            #expect(
                kinds == [
                    "plain": .table, "logless": .table, "parted": .partitionedTable, "parted_a": .partitionedTable,
                    "parted_a_1": .table, "parted_rest": .table, "ancestor": .table, "heir": .table,
                    "remote": .foreignTable, "seen": .view, "stored": .materializedView, "no_columns": .table,
                ])
            #expect(catalog.relations.map(\.name) == catalog.relations.map(\.name).sorted())
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
            #expect(plain.owner == "postgres" && plain.isReadable && plain.accessMethod == "heap")
            #expect(plain.replicaIdentity == .default && plain.fileNode > 0 && plain.tablespace == nil)
            #expect(plain.estimatedRows < 0, "never analysed")
            #expect(try catalog.relation("logless").isUnlogged)
            #expect(try catalog.relation("no_columns").columns.isEmpty)
            #expect(try !catalog.relation("stored").isPopulated)
            #expect(catalog.foreignServers == ["far"])
        }
    }

    @Test(arguments: Server.all)
    func `trees of partitions and of inheritance keep their shape`(_ server: Server) async throws {
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: Fixtures.relations) {
            let catalog = try await $0.readCatalog()
            let index = CatalogIndex(catalog)
            let parted = try catalog.relation("parted")
            #expect(parted.partitionKey == "LIST (region)" && !parted.isPartition && parted.parents.isEmpty)
            #expect(parted.heapBytes == 0 && parted.tableBytes == 0)
            let leaf = try catalog.relation("parted_a_1")
            let branch = try catalog.relation("parted_a")
            #expect(leaf.isPartition && leaf.parents == [branch.oid])
            #expect(leaf.partitionBound == "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
            #expect(try catalog.relation("parted_rest").partitionBound == "DEFAULT")
            #expect(index.tree(of: parted.oid).map(\.name.name) == ["parted", "parted_a", "parted_a_1", "parted_rest"])
            #expect(index.partitionRoot(of: leaf.oid)?.name.name == "parted")
            let (heir, ancestor) = (try catalog.relation("heir"), try catalog.relation("ancestor"))
            #expect(!heir.isPartition && heir.parents == [ancestor.oid])
            #expect(heir.columns.map(\.name) == ["id", "checked", "more"])
            let inherited = try #require(index.constraints(of: heir.oid).first { $0.kind == .check })
            #expect(inherited.name == "positive" && !inherited.isLocal)
            let attached = try #require(index.indexes(of: leaf.oid).first)
            #expect(attached.parent != nil && index.indexesByOID[attached.parent ?? 0]?.table == leaf.parents.first)
        }
    }

    @Test(arguments: Server.all)
    func `hostile names come back as they are`(_ server: Server) async throws {
        let statements = Fixtures.hostileNames.map { name in
            let quoted = QualifiedName.quoted(name)
            let (index, type) = (
                QualifiedName.quoted("i" + name.prefix(61)), QualifiedName.quoted("t" + name.prefix(61))
            )
            return """
                create schema \(quoted);
                create type \(quoted).\(type) as enum ('a');
                create table \(quoted).\(quoted) (
                    \(quoted) bigint generated always as identity, other \(quoted).\(type),
                    constraint \(quoted) check (\(quoted) > 0));
                create index \(index) on \(quoted).\(quoted) (\(quoted));
                """
        }
        try await TestServers.withScratchDatabase(on: server.target, prefix: "catalog", sql: statements) { database in
            let catalog = try await database.readCatalog()
            let index = CatalogIndex(catalog)
            for name in Fixtures.hostileNames {
                let qualified = QualifiedName(schema: name, name: name)
                let relation = try #require(index.relationsByName[qualified])
                #expect(relation.columns.first?.name == name)
                #expect(index.constraints(of: relation.oid).contains { $0.name == name })
                let found = try #require(index.indexes(of: relation.oid).first)
                #expect(found.name == QualifiedName(schema: name, name: "i" + name.prefix(61)))
                #expect(index.sequencesByOwner[relation.oid]?.first?.name.schema == name)
                let type = try #require(catalog.types[relation.columns[1].type])
                #expect(type.schema == name && type.name == "t" + name.prefix(61) && type.kind == .enum)
                // What the server gave us must be SQL again.
                try await TestServers.execute(
                    "drop index \(found.name.sql)", found.definition, "analyze \(qualified.sql)", on: database)
            }
            #expect(try await database.readCatalog().indexes.map(\.definition) == catalog.indexes.map(\.definition))
        }
    }

    @Test func `equal catalogs are equal values`() async throws {
        let target = try TestServers.requireTarget()
        try await TestServers.withScratchDatabase(on: target, prefix: "catalog", sql: Fixtures.relations) {
            var (first, second) = (try await $0.readCatalog(), try await $0.readCatalog())
            second.server = first.server
            // Roles belong to the whole server, and other tests make some.
            (second.access.roles, second.access.memberships) = (first.access.roles, first.access.memberships)
            second.access.settings = first.access.settings
            #expect(first == second)
            first.server.snapshot = ""
            #expect(first != second)
        }
    }
}

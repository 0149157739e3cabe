import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Reading without rights", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingRightsTests {
    @Test(arguments: Server.all)
    func `a role without rights reads all definitions and says what it may not read`(_ server: Server) async throws {
        let role = "catalog_poor_\(server.major)"
        let tables = """
            create schema closed;
            create table closed.hidden (id integer primary key);
            insert into closed.hidden select generate_series(1, 10000);
            create table secret (id integer primary key, word text);
            create table shared (id integer primary key);
            create table filtered (id integer primary key);
            alter table filtered enable row level security;
            create sequence counter;
            insert into shared select generate_series(1, 10000);
            analyze;
            revoke execute on function pg_catalog.pg_control_system() from public;
            revoke execute on function pg_catalog.pg_control_checkpoint() from public;
            create subscription far connection 'dbname=x password=secret' publication p
                with (connect = false, slot_name = none);
            """
        let database = { (body: (ConnectionTarget) async throws -> Void) in
            try await TestServers.withScratchDatabase(
                on: server.target, prefix: "catalog", withTimescaleDB: server != .source,
                sql: [Fixtures.objects, tables], body)
        }
        try await database { database in
            let full = try await database.readCatalog()
            try await withRole(role, in: database) { role in
                try await TestServers.execute(
                    "grant select on public.shared, public.filtered, closed.hidden to \(role)", on: database)
                let catalog = try await database.readCatalog(.init(histogramThreshold: 1000), user: role)
                let server = catalog.server
                #expect(server.user == role && !server.isSuperuser && !server.hasReplication)
                #expect(!server.canSetReplicationRole && !server.canCreateInDatabase && !server.bypassesRowSecurity)
                #expect(server.systemIdentifier == nil && server.timeline == 1)
                #expect(server.usedConnections >= 1 && server.databaseBytes > 0)
                #expect(server.roleMemberships.isEmpty)
                #expect(catalog.subscriptions == ["far"] && catalog.subscriptions == full.subscriptions)
                #expect(catalog.relations.map(\.name) == full.relations.map(\.name))
                #expect(catalog.indexes.map(\.definition) == full.indexes.map(\.definition))
                #expect(catalog.constraints == full.constraints)
                #expect(catalog.dependencies == full.dependencies)
                #expect(catalog.objects == full.objects && catalog.types == full.types)
                let readable = catalog.relations.filter(\.isReadable).map(\.name.name)
                #expect(readable == ["shared"])
                #expect(full.relations.allSatisfy { $0.isReadable })
                #expect(catalog.sequences.allSatisfy { !$0.isReadable } && full.sequences.allSatisfy { $0.isReadable })
                #expect(try catalog.relation("shared").columns[0].statistics?.histogram.isEmpty == false)
            }
            try await TestServers.execute("drop subscription far", on: database)
        }
    }

    @Test func `rights that a role was given are seen`() async throws {
        let target = try TestServers.requireTarget()
        try await TestServers.withScratchDatabase(on: target, prefix: "catalog", sql: Fixtures.relations) { database in
            let name = try #require(database.parameters["dbname"])
            try await withRole("catalog_rich", options: "replication bypassrls", in: database) { role in
                try await TestServers.execute(
                    "grant set on parameter session_replication_role to \(role)", "grant pg_monitor to \(role)",
                    "grant create on database \"\(name)\" to \(role)", on: database)
                let server = try await database.readCatalog(user: role).server
                try await TestServers.execute(
                    "revoke set on parameter session_replication_role from \(role)", on: database)
                #expect(server.hasReplication && server.canSetReplicationRole && server.canCreateInDatabase)
                #expect(server.bypassesRowSecurity && !server.isSuperuser)
                #expect(server.roleMemberships.contains("pg_monitor"))
                #expect(server.systemIdentifier != nil)
            }
        }
    }
}

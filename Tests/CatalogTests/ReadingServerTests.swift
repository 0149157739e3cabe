import PlanFile
import Postgres
import TestServers
import Testing

@testable import Catalog

@Suite("What a server says of itself", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingServerTests {
    @Test(arguments: Server.all)
    func `version, database, role, locale and room are the server's`(_ version: Server) async throws {
        let options = version == .source ? "" : "locale_provider icu icu_locale 'de' locale 'C.UTF-8'"
        try await TestServers.withScratchDatabase(
            on: version.target, prefix: "catalog", options: options, sql: "create role catalog_\(version)"
        ) { database in
            let server = try await database.readCatalog().server
            try await TestServers.execute("drop role catalog_\(version)", on: database)
            #expect(server.serverVersion.major == version.major && server.version.hasPrefix("\(version.major)."))
            #expect(server.serverVersion.description == server.version.split(separator: " ").first.map(String.init))
            #expect(server.database == database.parameters["dbname"] && server.user == "postgres")
            #expect(server.isSuperuser && server.hasReplication && server.canSetReplicationRole)
            #expect(server.canCreateInDatabase && server.bypassesRowSecurity && server.roleMemberships.isEmpty)
            #expect(server.encoding == "UTF8" && server.collate == "C.UTF-8" && server.ctype == "C.UTF-8")
            #expect(server.localeProvider == (version == .source ? "c" : "i"))
            #expect(server.locale == (version == .source ? nil : "de"))
            #expect((server.collationVersion != nil) == (version != .source), "C.UTF-8 has none")
            let room = try await TestServers.column("show max_connections", on: database)
            #expect(server.setting("max_connections") == room.first)
            #expect(server.setting("search_path") == "\"$user\", public", "what sessions have, not what ours pins")
            #expect(server.settings["shared_buffers"]?.unit == "8kB")
            #expect(server.settings["shared_buffers"]?.pendingRestart == false)
            #expect(server.setting("no_such_setting") == nil)
            #expect(server.systemIdentifier?.count ?? 0 > 15 && server.timeline == 1)
            #expect(!server.inRecovery && !server.hasSkeinState && server.usedConnections >= 1)
            #expect(server.availableExtensions["plpgsql"] == "1.0")
            #expect(server.availableExtensionVersions["plpgsql"] == ["1.0"])
            #expect(server.availableExtensions["timescaledb"] == nil || version != .source)
            #expect(server.roles.contains("catalog_\(version)") && server.tablespaces.contains("pg_default"))
            #expect(server.databaseBytes > 1_000_000 && server.snapshot.split(separator: ":").count >= 2)
            #expect(server.roundTripSeconds > 0 && server.roundTripSeconds < 1)
            #expect(server.poolerEvidence == nil && server.timescaleLicense == nil)
        }
    }

    @Test func `slots, publications, large objects and open transactions are counted`() async throws {
        let statements = """
            create table t (id integer);
            create publication everything for all tables;
            select lo_create(0), lo_create(0);
            """
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "catalog", sql: statements
        ) { database in
            let writer = Session(database, applicationName: "long writer")
            try await writer.run { try $0.execute("begin; insert into public.t values (1)") }
            let reader = Session(database, applicationName: "long reader")
            try await reader.run { try $0.execute("begin isolation level repeatable read; table public.t") }
            let catalog = try await TestServers.withConnection(to: database) { connection in
                try connection.query("select pg_create_physical_replication_slot('catalog_slot')")
                let catalog = try CatalogReader.read(connection, .init(longTransactionSeconds: 0))
                try connection.query("select pg_drop_replication_slot('catalog_slot')")
                return catalog
            }
            #expect(catalog.publications == ["everything"] && catalog.largeObjectCount == 2)
            #expect(catalog.server.usedReplicationSlots >= 1 && catalog.server.usedConnections >= 3)
            let long = catalog.server.longTransactions.filter { $0.database == catalog.server.database }
            #expect(Set(long.map(\.applicationName)) == ["long writer", "long reader"])
            #expect(long.filter(\.hasTransactionID).map(\.applicationName) == ["long writer"])
            let younger = try await database.readCatalog().server.longTransactions
            #expect(!younger.contains { $0.database == catalog.server.database })
            await writer.close()
            await reader.close()
        }
    }

    @Test(arguments: Server.all)
    func `a migration's slots are read, those of other databases as such, others' are not`(
        _ version: Server
    ) async throws {
        guard try await TestServers.column("show wal_level", on: version.target).first == "logical" else { return }
        try await TestServers.withScratchDatabase(on: version.target, prefix: "catalog", sql: "") { database in
            let name = "skein_\(database.parameters["dbname"] ?? "")"
            let create = "select pg_create_logical_replication_slot($1, 'test_decoding')"
            try await TestServers.withConnection(to: database) { connection in
                try connection.query(create, [name])
                try connection.query(create, ["other_" + name])
            }
            let elsewhere = try await version.target.with(database: "postgres").readCatalog().server.migrationSlots
            #expect(
                elsewhere.first { $0.name == name }?.elsewhere == .database(database.parameters["dbname"] ?? ""))
            let slots = try await database.readCatalog().server.migrationSlots.filter { $0.elsewhere == nil }
            try await TestServers.withConnection(to: database) { connection in
                for slot in [name, "other_" + name] {
                    try connection.query("select pg_drop_replication_slot($1)", [slot])
                }
            }
            #expect(slots.map(\.name) == [name])
            #expect(slots.first?.plugin == "test_decoding" && slots.first?.isActive == false)
            #expect((0..<(1 << 30)).contains(slots.first?.retainedBytes ?? -1))
        }
    }

    @Test func `prepared transactions and settings that await a restart are seen`() async throws {
        try await OwnServers.with([.source], configuration: [.source: "max_prepared_transactions = 5"]) { servers in
            let server = try servers.target(.source).with(database: "postgres")
            try await TestServers.execute(
                "begin; create table public.t (); prepare transaction 'waits'",
                "alter system set max_connections = 90", on: server)
            try await TestServers.execute("select pg_reload_conf()", on: server)
            // The postmaster tells its sessions, and new ones learn of it at their start.
            var catalog = try await server.readCatalog()
            while catalog.server.settings["max_connections"]?.pendingRestart != true, !Task.isCancelled {
                catalog = try await server.readCatalog()
            }
            #expect(catalog.preparedTransactions == 1)
            #expect(catalog.server.setting("max_connections") == "100")
            #expect(catalog.relations.isEmpty)
        }
    }

    @Test(arguments: [100_000, 110_000, 120_000, 130_000, 140_000, 150_000, 170_000, 180_000])
    func `queries for older servers are understood by newer ones and give the same`(_ version: Int) async throws {
        // Version 17 renamed a column (`daticulocale`), so the queries for 15 and 16 are for these alone.
        let servers = Server.all.filter {
            $0.major * 10_000 >= version && ($0.major < 17 || !(15...16 ~= version / 10_000))
        }
        for server in servers {
            try await TestServers.withScratchDatabase(
                on: server.target, prefix: "catalog", sql: [Fixtures.relations, Fixtures.objects.newTypes]
            ) { database in
                try await TestServers.withConnection(to: database) { connection in
                    let link = Link(roundTripSeconds: 0)
                    let (now, then) = try connection.transaction {
                        (
                            try CatalogReading(connection).catalog(.init(), link),
                            try CatalogReading(connection, version: version).catalog(.init(), link)
                        )
                    }
                    #expect(now.relations.map(\.name) == then.relations.map(\.name))
                    #expect(now.dependencies == then.dependencies && now.objects == then.objects)
                }
            }
        }
    }
}

extension String {
    /// Without what another fixture makes, too.
    fileprivate var newTypes: String {
        split(separator: "\n").filter {
            !$0.contains("wrapper") && !$0.contains("server far") && !$0.contains("stored")
        }
        .joined(separator: "\n")
    }
}

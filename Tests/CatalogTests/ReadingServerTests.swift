import Catalog
import Postgres
import TestServers
import Testing

@Suite("What a server says of itself", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ReadingServerTests {
    @Test func `version, database, role and locale are the server's`() async throws {
        try await TestServers.withScratchDatabase(on: TestServers.requireSource(), prefix: "catalog", sql: "") {
            let server = try await $0.readCatalog().server
            #expect(server.versionNumber / 10000 == 15)
            #expect(server.version.hasPrefix("15."))
            #expect(server.database == $0.parameters["dbname"])
            #expect(server.user == "postgres")
            #expect(server.isSuperuser && server.hasReplication && server.canSetReplicationRole)
            #expect(server.canCreateInDatabase && server.bypassesRowSecurity)
            #expect(server.encoding == "UTF8")
            #expect(server.setting("wal_level") == "logical")
            #expect(server.setting("no_such_setting") == nil)
            #expect(server.systemIdentifier?.count ?? 0 > 15)
            #expect(server.timeline == 1)
            #expect(!server.inRecovery && !server.hasSkeinState)
            #expect(server.usedConnections >= 1)
            #expect(server.availableExtensions["plpgsql"] == "1.0")
            #expect(server.availableExtensionVersions["plpgsql"] == ["1.0"])
            #expect(server.roles.contains("postgres") && server.tablespaces.contains("pg_default"))
            #expect(server.databaseBytes > 1_000_000)
            #expect(server.snapshot.split(separator: ":").count >= 2)
            #expect(server.roundTripSeconds > 0 && server.roundTripSeconds < 1)
            #expect(server.poolerEvidence == nil)
            #expect(server.timescaleLicense == nil)
        }
    }
}

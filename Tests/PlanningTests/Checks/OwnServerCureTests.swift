import Postgres
import TestServers
import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

/// Cures that need a server of one's own: settings, restarts.
@Suite(
    "Cures that change a server", .enabled(if: TestServers.areAvailable && OwnServers.canStart), .serialized,
    .timeLimit(.minutes(5)))
struct OwnServerCureTests {
    @Test("a source that cannot be followed is made one that can")
    func source() async throws {
        let configuration = """
            wal_level = replica
            max_replication_slots = 0
            max_wal_senders = 0
            max_slot_wal_keep_size = 1GB
            wal_sender_timeout = 5s
            max_connections = 6
            max_locks_per_transaction = 10
            """
        let codes: Set<String> = ["SK106", "SK112", "SK701", "SK702", "SK703", "SK705", "SK706", "SK707"]
        try await OwnServers.with([.source], configuration: [.source: configuration]) { servers in
            let source = try servers.target(.source).with(database: "postgres")
            // One by one: together they would exceed the lock table themselves.
            try await TestServers.withConnection(to: source) { source in
                for number in 1...150 { try source.execute("create table public.t\(number) ()") }
            }
            let hasAllowList =
                try await TestServers.column(
                    "select 1 from pg_settings where name = 'output_plugin_libraries'", on: source
                ).count == 1
            let plan = Rehearsal.plan("replication: {plugin: wal2json}", mode: "live")
            let rehearsal = Rehearsal(
                source: source, target: try TestServers.requireTarget().with(database: "postgres"), plan: plan)
            let findings = try await rehearsal.findings().filter { codes.contains($0.code) }
            #expect(Set(findings.map(\.code)) == (hasAllowList ? codes : codes.subtracting(["SK705"])))
            for finding in findings { try await TestServers.execute(try #require(finding.statement), on: source) }
            // Until the restart, the old values are in force, and it says so.
            try await TestServers.execute("select pg_reload_conf()", on: source)
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await rehearsal.findings("SK110").count == 1)
            try await servers.restart(.source)
            let left = try await rehearsal.findings().filter { codes.contains($0.code) || $0.code == "SK110" }
            #expect(left == [])
            try await endsLongTransaction(rehearsal, on: source)
        }
    }

    /// Here, where the oldest transaction is our own.
    private func endsLongTransaction(_ before: Rehearsal, on source: ConnectionTarget) async throws {
        var rehearsal = before
        rehearsal.longTransactionSeconds = 1
        let forgotten = Session(source, applicationName: "forgotten")
        try await forgotten.run { try $0.execute("begin; select 1") }
        try await Task.sleep(for: .milliseconds(1100))
        let finding = try #require(try await rehearsal.findings("SK104").first)
        #expect(finding.detail?.contains("(forgotten)") == true)
        try await TestServers.execute(try #require(finding.statement), on: source)
        #expect(try await rehearsal.findings("SK104") == [])
        await forgotten.close()
    }

    @Test("a target without preloaded TimescaleDB and without room is made one with both")
    func target() async throws {
        let configuration = """
            shared_preload_libraries = 'pg_stat_statements, auto_explain'
            max_connections = 8
            max_prepared_transactions = 0
            max_worker_processes = 2
            """
        let codes: Set<String> = ["SK216", "SK221", "SK232"]
        let tables = ["create table t (time date not null)"]
        try await OwnServers.with([.target], configuration: [.target: configuration]) { servers in
            let target = try servers.target(.target).with(database: "postgres")
            let source = try TestServers.requireSource()
            try await TestServers.withScratchDatabase(on: source, prefix: "checks_s", sql: tables) { source in
                let plan = Rehearsal.plan(CureCase.hypertable("public.t"))
                let rehearsal = Rehearsal(source: source, target: target, plan: plan)
                let findings = try await rehearsal.findings().filter { codes.contains($0.code) }
                #expect(Set(findings.map(\.code)) == codes)
                for finding in findings {
                    try await TestServers.execute(try #require(finding.statement), on: target)
                }
                try await servers.restart(.target)
                #expect(try await rehearsal.findings().filter { codes.contains($0.code) } == [])
                let libraries = try await TestServers.column("show shared_preload_libraries", on: target)
                #expect(libraries == ["timescaledb, pg_stat_statements, auto_explain"])
            }
        }
    }
}

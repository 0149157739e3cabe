@testable import Chaos
import Foundation
import Postgres
import TestServers
import Testing

/// From each server to each, with each plugin, while writers write.
@Suite("Live migrations, from server to server", .serialized, .enabled(if: TestServers.areAvailable))
struct LiveMatrixTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var source: OwnServers.Name
        var target: OwnServers.Name
        var plugin = "auto"
        var fence = "none"
        var testDescription: String { "\(source.rawValue) to \(target.rawValue), \(plugin), fence \(fence)" }

        static let all = [
            Case(source: .source, target: .target, fence: "read-only"), Case(source: .source, target: .source),
            Case(source: .source, target: .target18), Case(source: .source, target: .target, plugin: "test_decoding"),
            Case(source: .target, target: .target18),
        ]
    }

    private static func server(_ name: OwnServers.Name) throws -> ConnectionTarget {
        switch name {
        case .source, .standby: try TestServers.requireSource()
        case .target: try TestServers.requireTarget()
        case .target18: try TestServers.requireTarget18()
        }
    }

    @Test(.timeLimit(.minutes(4)), arguments: Case.all)
    func `nothing is lost and nothing is doubled`(_ item: Case) async throws {
        if item.target == .target18, !TestServers.has18 { return }
        try await Self.migrate(item, from: Self.server(item.source), to: Self.server(item.target))
    }

    /// The only plugin that newer minor releases must be told to allow.
    @Test(.timeLimit(.minutes(4)), .enabled(if: OwnServers.canStart))
    func `with wal2json, where the server allows it`() async throws {
        let allowed = try await OwnServers.allowingWal2json(like: TestServers.requireSource())
        try await OwnServers.with([.source], configuration: [.source: allowed]) { servers in
            try await Self.migrate(
                Case(source: .source, target: .target, plugin: "wal2json"), from: servers.target(.source),
                to: TestServers.requireTarget())
        }
    }

    private static func migrate(_ item: Case, from source: ConnectionTarget, to target: ConnectionTarget) async throws {
        let plan = Migration.livePlan(hypertable: item.target != .source, plugin: item.plugin, fence: item.fence)
        try await Migration.live("matrix", plan: plan, sourceServer: source, targetServer: target) { migration in
            var migration = migration
            // A source newer than this machine's pg_dump needs its own.
            if item.source == .target { migration.environment = try #require(DumpPrograms.environment(major: 17)) }
            let habits = Writer.Habits(
                asynchronous: 0.3, twoPhase: item.fence == "none" ? 0.05 : 0, changesLog: true,
                isBeyondNumbers: item.plugin != "wal2json")
            let writers = migration.startWriters(3, habits)
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await Task.sleep(for: .seconds(1))
            if item.fence == "none" { try await migration.stop(writers) }
            try await migration.expectCutover(run, writers)
            if item.fence != "none" { try await migration.stop(writers) }
            let cleaned = try await migration.skein("clean", "--prune", "--no-color")
            #expect(cleaned.exitCode == 0, "\(cleaned)")
            let left = try await migration.leftovers()
            #expect(left == [])
            // A completed cutover's fence stays.
            let database = try await TestServers.column(
                """
                select count(*) from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = setdatabase
                where datname = current_database() and setconfig::text like '%read_only%'
                """, on: migration.source)
            #expect(database == [item.fence == "none" ? "0" : "1"])
        }
    }
}

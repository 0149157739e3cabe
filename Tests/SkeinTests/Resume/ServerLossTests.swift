import Foundation
import Glibc
import Postgres
import TestServers
import Testing

@Suite("Servers that go away in the middle of a copy", .serialized, .enabled(if: OwnServers.canStart))
struct ServerLossTests {
    private struct Loss: CustomStringConvertible {
        var servers: [OwnServers.Name]
        var mode: OwnServers.Mode
        var description: String { "\(servers.map(\.rawValue).joined(separator: " and ")) \(mode.rawValue)" }
    }

    private static let losses = [
        Loss(servers: [.source], mode: .immediate), Loss(servers: [.source], mode: .fast),
        Loss(servers: [.target], mode: .immediate), Loss(servers: [.target], mode: .fast),
        Loss(servers: [.source, .target], mode: .immediate),
    ]

    /// Nothing but us gives out transaction ids, and a crash of the target loses commits of many seconds.
    private static let configuration: [OwnServers.Name: String] = [
        .source: "autovacuum = off\n", .target: "autovacuum = off\nwal_writer_delay = 10s\nmax_connections = 40\n",
    ]

    @Test(.timeLimit(.minutes(6)))
    func `the run lives on through restarts and gives up only when told to`() async throws {
        try await OwnServers.with([.source, .target], configuration: Self.configuration) { servers in
            for loss in Self.losses { try await restarting(loss, servers) }
            try await fullTarget(servers)
            try await stayingDown(servers)
        }
    }

    private func migration(_ servers: OwnServers, _ body: (Migration) async throws -> Void) async throws {
        try await Migration.with(
            "faults", sql: FaultSource.slow, plan: FaultSource.plan, sourceServer: servers.target(.source),
            targetServer: servers.target(.target), body)
    }

    private func restarting(_ loss: Loss, _ servers: OwnServers) async throws {
        try await migration(servers) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopies(done: 2)
            try await migration.waitForCopy()
            for name in loss.servers { try await servers.restart(name, mode: loss.mode) }
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(loss): \(result)")
            #expect(result.stderr.contains("retry "), "\(loss): \(result)")
            #expect(try await migration.differences() == [], "\(loss): \(result)")
            if loss.servers == [.source] {
                #expect(result.stderr.contains("the source has not changed"), "\(loss): \(result)")
            }
        }
    }

    /// The target takes no more connections for a while.
    private func fullTarget(_ servers: OwnServers) async throws {
        try await migration(servers) { migration in
            // What comes before the run may need the connections for itself.
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "state.created"]).signal == SIGKILL)
            let postgres = migration.target.with(database: "postgres")
            let run = try await TestServers.blocking { () -> SkeinProcess in
                var taken: [Connection] = []
                while let next = try? Connection(postgres, applicationName: "skein tests") { taken.append(next) }
                taken.removeLast(5)
                let run = try migration.start("migrate")
                while run.isRunning, !run.stderr.contains("too many clients") { usleep(10_000) }
                withExtendedLifetime(taken) {}
                return run
            }
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.stderr.contains("SQLSTATE 53300"), "\(result)")
            #expect(try await migration.differences() == [])
        }
    }

    private func stayingDown(_ servers: OwnServers) async throws {
        try await migration(servers) { migration in
            let run = try migration.start("migrate", ["--retry-for", "3 s"])
            try await migration.waitForCopy()
            try await servers.halt(.target, mode: .immediate)
            let result = try await run.wait(atMost: 60)
            try await servers.resume(.target)
            #expect(result.exitCode == 4, "\(result)")
            #expect(result.stderr.contains("Run the same command to go on"), "\(result)")
            #expect(try await migration.skein("migrate").exitCode == 0)
            #expect(try await migration.differences() == [])
        }
    }
}

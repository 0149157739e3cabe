@testable import Chaos
import Postgres
import TestServers
import Testing

/// The stream names transactions by 32 bits, watermarks by 64.
@Suite("Live: transaction ids that wrap around", .serialized, .enabled(if: OwnServers.canStart))
struct WrapAroundTests {
    @Test(.timeLimit(.minutes(6)))
    func `nothing is lost while the ids pass the border`() async throws {
        try await OwnServers.with([.source], configuration: [.source: "fsync = off\n"]) { servers in
            try await servers.advanceTransactionIDs(.source, to: 4_294_966_000)
            let server = try servers.target(.source)
            try await Migration.live("wrap", sourceServer: server) { migration in
                let before = try await TestServers.column("select txid_current()", on: migration.source)
                let writers = migration.startWriters(3, .init(pause: 0.002))
                let run = try migration.start("migrate", ["--no-color"])
                try await migration.wait(
                    on: migration.source, until: "select txid_current() > 4294967296 + 200")
                try await migration.waitUntilFollowing(run)
                try await migration.stop(writers)
                try await migration.expectCutover(run, writers)
                #expect(before.first.flatMap { $0.flatMap(Int.init) } ?? 0 < 4_294_967_296)
            }
        }
    }
}

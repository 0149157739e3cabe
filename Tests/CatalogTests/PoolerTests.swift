import Foundation
import Postgres
import TestServers
import Testing

@testable import Catalog

@Suite("A pooler in between")
struct PoolerTests {
    /// Debian's package puts it there; it refuses to run as root, hence `user`.
    private static let program = "/usr/sbin/pgbouncer"

    @Test func `a server that announces the process that answers is no pooler`() {
        #expect(Link.evidence(announced: "17", ["17"]) == nil)
        #expect(Link.evidence(announced: "17", ["18"])?.contains("17") == true)
        #expect(Link.evidence(announced: "17", ["17", "18"])?.contains("17, 18") == true)
    }

    @Test(
        .enabled(if: TestServers.areAvailable && FileManager.default.isExecutableFile(atPath: program)),
        .timeLimit(.minutes(1)), arguments: ["session", "transaction", "statement"])
    func `pgbouncer is recognised in every pool mode`(_ mode: String) async throws {
        try await TestServers.withScratchDatabase(on: TestServers.requireSource(), prefix: "catalog", sql: "") {
            let direct = $0.parameters
            let directory = NSTemporaryDirectory() + "skein-pgbouncer-" + UUID().uuidString
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            defer { try? FileManager.default.removeItem(atPath: directory) }
            // Below those that clients are given, so that none of them has it.
            let port = Int.random(in: 10_000..<15_000)
            let (host, behind) = (try #require(direct["host"]), try #require(direct["port"]))
            let configuration = """
                [databases]
                pooled = host=\(host) port=\(behind) dbname=\(try #require(direct["dbname"])) user=postgres
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = \(port)
                unix_socket_dir =
                auth_type = any
                pool_mode = \(mode)
                user = nobody
                """
            let file = directory + "/pgbouncer.ini"
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
            let pooler = ChildProcess.start(Self.program, ["--quiet", file], outputTo: directory + "/log")
            defer {
                ChildProcess.signal(pooler, SIGTERM)
                _ = ChildProcess.wait(for: pooler)
            }
            let pooled = try ConnectionTarget("host=127.0.0.1 port=\(port) user=postgres dbname=pooled")
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(60)
            let link = try await TestServers.blocking {
                while true {
                    do {
                        return try Link.measure(Connection(pooled, applicationName: "skein tests"))
                    } catch PostgresError.connect(_, sqlState: nil) where clock.now < deadline {
                        Thread.sleep(forTimeInterval: 0.05)
                    }
                }
            }
            #expect(link.poolerEvidence != nil)
            #expect(link.roundTripSeconds > 0)
        }
    }
}

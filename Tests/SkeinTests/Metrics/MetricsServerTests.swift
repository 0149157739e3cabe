import Foundation
import TestServers
import Testing

@testable import Skein

@Suite("The server of metrics", .timeLimit(.minutes(2)))
struct MetricsServerTests {
    private static let metrics = String(repeating: "skein_up 1\n", count: 20_000)

    private func with(_ address: String = "127.0.0.1:0", _ body: (String, String) async throws -> Void) async throws {
        let address = try #require(ListenAddress(parsing: address))
        let server = try MetricsServer(address) { Self.metrics }
        defer { server.stop() }
        let port = try #require(server.url.firstMatch(of: /:(\d+)\/metrics/)).output.1
        try await body(server.url, String(port))
    }

    /// What a shell command prints.
    private func shell(_ command: String) async throws -> String {
        try await TestServers.blocking {
            let file = NSTemporaryDirectory() + "skein-metrics-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: file) }
            _ = ChildProcess.run("/bin/bash", ["-c", command], outputTo: file)
            return try String(contentsOfFile: file, encoding: .utf8)
        }
    }

    @Test("answers curl, over IPv4 and IPv6", arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0"])
    func curl(_ address: String) async throws {
        try await with(address) { url, _ in
            let whole = try await shell("curl -sSf -m 5 '\(url)'")
            let status = "curl -sS -m 5 -o /dev/null -w '%{http_code}'"
            let put = try await shell("\(status) -X PUT '\(url)'")
            let other = try await shell("\(status) '\(url)/x'")
            let head = try await shell("curl -sS -m 5 -I '\(url)'")
            #expect(whole == Self.metrics && put == "405" && other == "404")
            #expect(head.contains("Content-Length: \(Self.metrics.utf8.count)"))
        }
    }

    @Test("is not held by clients that say nothing, say half, take nothing, or leave")
    func slow() async throws {
        try await with { url, port in
            let open = "exec 3<>/dev/tcp/127.0.0.1/\(port)"
            let bad = [
                // Forty that stay and say nothing; more than there is room for.
                "for i in $(seq 40); do (\(open); sleep 20) & done; sleep 3",
                "for i in $(seq 10); do (\(open); printf 'GET /met' >&3; sleep 20) & done; sleep 3",
                "for i in $(seq 5); do (\(open); printf 'GET /metrics HTTP/1.1\\r\\n\\r\\n' >&3; sleep 20) & done; sleep 3",
                "for i in $(seq 20); do (\(open); printf 'GET /metrics HTTP/1.1\\r\\n\\r\\n' >&3) & done; sleep 3",
                "\(open); head -c 100000 /dev/urandom >&3; cat <&3 >/dev/null",
            ]
            try await withThrowingTaskGroup { group in
                for command in bad {
                    group.addTask { _ = try await shell("(\(command)) 2>/dev/null; kill $(jobs -p)") }
                }
                for _ in 0..<20 {
                    group.addTask {
                        let scraped = try await shell("curl -sS -m 9 --retry 3 --retry-all-errors '\(url)'")
                        #expect(scraped.hasSuffix(Self.metrics.suffix(1_000)))
                    }
                }
                try await group.waitForAll()
            }
            let after = try await shell("curl -sSf -m 5 '\(url)'")
            #expect(after == Self.metrics)
        }
    }

    @Test("tells a client that takes too long, and ends at once when it is stopped")
    func timeout() async throws {
        let begun = ContinuousClock.now
        try await with { _, port in
            let said = try await shell("exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET' >&3; cat <&3")
            #expect(said.hasPrefix("HTTP/1.1 408 "), "\(said)")
        }
        #expect(ContinuousClock.now - begun < .seconds(30))
    }

    @Test("says so where it cannot listen, before anything is done")
    func refused() async throws {
        try await with { _, port in
            try await CommandFolder.with { folder in
                try folder.write(RefusalTests.plan("offline"), to: "plan.yaml")
                let result = try await folder.skein("migrate", "@plan.yaml", "--metrics-listen", port)
                #expect(result.exitCode == 2)
                #expect(
                    result.stderr.contains("--metrics-listen 127.0.0.1:\(port): Address already in use"), "\(result)")
                #expect(result.stderr.contains("[SK909]"))
                let other = try await folder.skein("migrate", "@plan.yaml", "--metrics-listen", "203.0.113.1:0")
                #expect(other.exitCode == 2 && other.stderr.contains("[SK909]"), "\(other)")
            }
        }
    }
}

import Foundation
import TestServers
import Testing

/// Ten rounds of `Tests/chaos`, which plays as many as it is asked to.
@Suite("Random kills lose nothing and double nothing", .serialized, .enabled(if: OwnServers.canStart))
struct ChaosTests {
    /// Where, with which plugin, how many rounds.
    private static let settings: [(source: OwnServers.Name, target: OwnServers.Name, plugin: String, rounds: Int)] = [
        (.source, .target, "auto", 6), (.source, .target, "test_decoding", 2), (.target, .target18, "auto", 2),
    ]

    /// Crashes are processes killed, never power lost; the long delay makes a crash of the target lose commits.
    private static let configuration: [OwnServers.Name: String] = [
        .source: "fsync = off\n", .target: "fsync = off\nwal_writer_delay = 10s\n",
        .target18: "fsync = off\nwal_writer_delay = 10s\n",
    ]

    @Test(.timeLimit(.minutes(15)), arguments: settings.indices)
    func `rounds of random kills`(_ index: Int) async throws {
        let setting = Self.settings[index]
        if setting.target == .target18, !TestServers.has18 { return }
        let script = try #require(TestServers.environment("SKEIN_TEST_SERVERS"))
        let chaos = URL(fileURLWithPath: SkeinProcess.binary).deletingLastPathComponent().path + "/Chaos"
        let names = [setting.source, setting.target]
        try await OwnServers.with(names, configuration: Self.configuration) { servers in
            let (output, kept) = (servers.directory + ".chaos", servers.directory + ".rounds")
            let seed = UInt64.random(in: 1...1_000_000)
            let arguments = [
                "--rounds", "\(setting.rounds * (LongTests.areWanted ? 5 : 1))", "--seed", "\(seed)",
                "--source", setting.source.rawValue, "--target", setting.target.rawValue, "--plugin", setting.plugin,
                "--servers", servers.directory, "--script", script, "--skein", SkeinProcess.binary,
                "--keep", kept,
            ]
            let status = try await TestServers.blocking { ChildProcess.run(chaos, arguments, outputTo: output) }
            let said = try String(contentsOfFile: output, encoding: .utf8)
            print(said)
            try FileManager.default.removeItem(atPath: output)
            #expect(status == 0, "\(said)")
            // Holds the logs of rounds that failed.
            if status == 0 { try? FileManager.default.removeItem(atPath: kept) }
        }
    }
}

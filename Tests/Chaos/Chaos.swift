import ArgumentParser
import Foundation
import TestServers

/// Kills at random what takes part in a live migration. `Tests/chaos` starts it.
@main
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Migrates a database in use, breaks things at random, and looks whether anything was lost or doubled.",
        discussion: "Needs servers of its own, and root for a small disk: Tests/chaos has all of it.")

    @Option(help: "How many rounds.")
    var rounds = 10

    @Option(help: "Of the first round; the second has the next number, and so on. By default the time.")
    var seed: UInt64?

    @Option(help: "The source server's name: source, target or target18.")
    var source = "source"

    @Option(help: "The target server's name.")
    var target = "target"

    @Option(help: "The plan's replication plugin.")
    var plugin = "auto"

    @Option(help: "The folder of the servers.")
    var servers: String

    @Option(help: "The path of Tests/servers.")
    var script: String

    @Option(help: "The path of skein.")
    var skein: String

    @Option(help: "Where failed rounds are kept.")
    var keep = "/var/tmp/skein/chaos-rounds"

    @Option(help: "A round that takes longer has failed; seconds.")
    var limit = 180.0

    @Flag(help: "Stop at the first round that fails, with its databases.")
    var stop = false

    @Flag(help: "Only the writers and a crash of the source: the harness without skein.")
    var rehearse = false

    @Flag(help: "Only print what the rounds would do.")
    var dryRun = false

    func run() throws {
        guard let sourceName = ServerSet.Name(rawValue: source), let targetName = ServerSet.Name(rawValue: target)
        else {
            throw ValidationError("a server is named source, target or target18")
        }
        if sourceName != .source {
            // A source newer than this machine's pg_dump needs its own.
            guard let environment = DumpPrograms.environment(major: sourceName == .target ? 17 : 18) else {
                throw ValidationError("there is no pg_dump of the source's version")
            }
            for (name, value) in environment { unsafe setenv(name, value, 1) }
        }
        let setting = Round.Setting(
            servers: ServerSet(directory: servers, script: script), sourceName: sourceName, targetName: targetName,
            binary: skein, plugin: plugin, folder: keep, limit: limit)
        let first = seed ?? UInt64(Date().timeIntervalSince1970) % 1_000_000_000
        var failed: [UInt64] = []
        for index in 0..<UInt64(rounds) {
            let seed = first + index
            say("round \(index + 1) of \(rounds), seed \(seed): \(RoundPlan(seed: seed).description)")
            if dryRun { continue }
            let begun = Date()
            do {
                let round = try Round(seed: seed, setting)
                let said = try rehearse ? round.rehearse() : round.play()
                round.discard()
                say(String(format: "  equal after %.1f s: ", Date().timeIntervalSince(begun)) + said)
            } catch {
                failed.append(seed)
                say(String(format: "  FAILED after %.1f s: ", Date().timeIntervalSince(begun)) + "\(error)")
                say(
                    "  replay: Tests/chaos --rounds 1 --seed \(seed) --source \(source) --target \(target) --plugin \(plugin)"
                )
                say("  logs: \(keep)/round-\(seed)")
                if stop { break }
            }
        }
        if dryRun { return }
        if failed.isEmpty {
            say("\(rounds) rounds from seed \(first): nothing lost, nothing doubled")
        } else {
            say("\(failed.count) rounds FAILED: seeds \(failed.map(String.init).joined(separator: " "))")
            throw ExitCode.failure
        }
    }

    /// At once, also where stdout is a file.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

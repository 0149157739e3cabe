import Foundation
import TestServers
import Testing

@Suite("Metrics and log of a real run", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(4)))
struct MetricsRunTests {
    @Test("a live migration is scraped while it follows, and logs what it does")
    func live() async throws {
        try await Migration.live("ops_metrics") { migration in
            let log = migration.folder + "/run.log"
            let run = try migration.start("migrate", ["--no-color", "--metrics-listen", "0", "--log-file", log])
            try await run.waitUntilSaid("metrics are at ")
            let url = try #require(run.stderr.firstMatch(of: /metrics are at (http:\S+)/)).output.1
            try await migration.waitUntilFollowing(run)
            try await run.waitUntilSaid("ready for cutover")
            let scrape = try await Self.scrape(String(url), migration.folder)
            #expect(scrape.problems == [])
            for name in [
                "skein_lag_bytes", "skein_lag_seconds", "skein_spool_bytes", "skein_source_wal_retained_bytes",
                "skein_copied_bytes", "skein_applied_changes_total",
            ] { #expect(scrape.values[name] != nil, "\(name)") }
            #expect((scrape.values["skein_copied_rows_total"] ?? 0) > 0)
            #expect(scrape.values[#"skein_phase{phase="following"}"#] == 1 && scrape.values["skein_cutover_ready"] == 1)
            #expect((scrape.values[#"skein_tasks{state="done"}"#] ?? 0) > 10)
            #expect(scrape.values[#"skein_tasks{state="failed"}"#] == 0)
            // As logrotate does it.
            try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
            run.send(SIGHUP)
            try await migration.expectCutover(run)
            let (before, after) = (try Self.lines(log + ".1"), try Self.lines(log))
            #expect(
                before.first?.event == "command" && before.first?.message.contains("begins, version skein ") == true)
            #expect(before.contains { $0.event == "finished" && $0.task?.hasPrefix("copy:") == true && $0.rows != nil })
            #expect(before.contains { $0.event == "cutover-ready" })
            #expect(!before.contains { $0.event == "started" })
            #expect(after.contains { $0.event == "cutover-completed" })
            #expect(after.last?.event == "end" && after.last?.exit_code == 0)
            for line in before + after {
                #expect(line.migration == migration.name && line.command == "migrate" && line.pid == run.pid)
            }
        }
    }

    @Test("a log on a full disk is told of once, and the migration ends well")
    func full() async throws {
        try await Migration.with("ops_full", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("migrate", "--log-file", "/dev/full")
            #expect(result.exitCode == 0, "\(result)")
            let told = result.stderr.components(separatedBy: "the log /dev/full: No space left on device").count - 1
            #expect(told == 1, "\(result)")
        }
    }

    @Test("a log is added to, has every second and no password at level debug, and tells why a run failed")
    func debug() async throws {
        try await Migration.with("ops_debug", sql: CommandSource.sql) { migration in
            let log = migration.folder + "/run.log"
            let plan = try String(contentsOfFile: migration.planFile, encoding: .utf8)
            // A password that the server does not ask for.
            try plan.replacing("dbname=", with: "password=ops-s3cret dbname=")
                .write(toFile: migration.planFile, atomically: true, encoding: .utf8)
            try await TestServers.execute("create table public.notes (mine int)", on: migration.target)
            #expect(try await migration.skein("migrate", "--log-file", log).exitCode == 2)
            try await TestServers.execute("drop table public.notes", on: migration.target)
            let result = try await migration.skein("migrate", "--log-file", log, "--log-level", "debug")
            #expect(result.exitCode == 0, "\(result)")
            let lines = try Self.lines(log)
            #expect(lines.contains { $0.event == "diagnostic" && $0.level == "error" && $0.code == "SK601" })
            #expect(lines.count { $0.event == "end" } == 2 && lines.contains { $0.event == "end" && $0.exit_code == 2 })
            #expect(lines.contains { $0.event == "started" && $0.level == "debug" })
            let text = try String(contentsOfFile: log, encoding: .utf8)
            #expect(!text.contains("ops-s3cret"))
            #expect(try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int == 0o640)
        }
    }

    @Test("a log that cannot be written is refused before anything is done")
    func unwritable() async throws {
        try await CommandFolder.with { folder in
            try folder.write(RefusalTests.plan("offline"), to: "plan.yaml")
            for path in ["@nowhere/run.log", "@."] {
                let result = try await folder.skein("migrate", "@plan.yaml", "--log-file", path)
                #expect(result.exitCode == 2 && result.stderr.contains("[SK904]"), "\(result)")
            }
        }
    }

    struct Line: Decodable {
        var level: String
        var migration: String
        var command: String
        var pid: Int32
        var time: String
        var message: String
        var event: String
        var task: String?
        var rows: Int?
        var code: String?
        var exit_code: Int32?
    }

    private static func lines(_ path: String) throws -> [Line] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    private static func scrape(_ url: String, _ folder: String) async throws -> Scrape {
        try await TestServers.blocking {
            let file = folder + "/scrape"
            try #require(ChildProcess.run("/usr/bin/curl", ["-sSf", "-m", "5", url], outputTo: file) == 0)
            return Scrape(try String(contentsOfFile: file, encoding: .utf8))
        }
    }
}

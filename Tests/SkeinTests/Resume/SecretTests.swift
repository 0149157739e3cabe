import Foundation
import Glibc
import Postgres
import TestServers
import Testing

@Suite("A password", .enabled(if: TestServers.areAvailable))
struct SecretTests {
    /// Of the role that `Tests/servers` makes for this.
    private static let secret = "skein-test-secret"

    private static func uri(_ database: ConnectionTarget) -> String {
        let value = { (keyword: String) in database.parameters[keyword] ?? "" }
        return "postgresql://skein_password:\(secret)@\(value("host")):\(value("port"))/\(value("dbname"))"
    }

    @Test(.timeLimit(.minutes(2)))
    func `is in no output, no process list, no state and no file`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let (source, target) = (Self.uri(migration.source), Self.uri(migration.target))
            try migration.writePlan(FaultSource.plan, source: source, target: target)
            var results = [try await migration.skein("validate"), try await migration.skein("plan", "--json")]
            results.append(
                try await migration.skein("plan", "--out", migration.folder + "/saved.json", "--log-level", "debug"))

            let run = try migration.start(
                "migrate", ["--log-level", "debug"], environment: ["SKEIN_FAULT": "copy.committed:4"])
            var seen: Set<String> = []
            while run.isRunning {
                seen.formUnion(Self.commandLines())
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(seen.contains { $0.contains("pg_dump") }, "the process list was not seen: \(seen)")
            #expect(!seen.contains { $0.contains(Self.secret) })
            results.append(try await run.wait())
            #expect(results[3].signal == SIGKILL)

            results.append(try await migration.skein("status", "--json"))
            results.append(try await migration.skein("migrate", "--json", "--log-level", "debug"))
            #expect(results[5].exitCode == 0)
            results.append(try await migration.skein("verify"))
            results.append(try await migration.skein("migrate", "--drop-if-exists"))

            let state = try await state(migration)
            #expect(state.contains { $0.contains("skein_password") }, "the state was not read")
            #expect(!state.contains { $0.contains(Self.secret) })

            // Errors that quote what they were given.
            let wrong = [
                source.replacingOccurrences(of: Self.secret, with: Self.secret + "-wrong"),
                source + "_nowhere", source + "?nonsense=1",
                source.replacingOccurrences(of: "127.0.0.1", with: "nowhere.invalid"),
                "host=127.0.0.1 port=1 password=\(Self.secret) dbname=x", "password='\(Self.secret)",
            ]
            for uri in wrong {
                try migration.writePlan(FaultSource.plan, source: uri, target: target)
                let result = try await migration.skein("plan")
                #expect(result.exitCode == 2, "\(uri): \(result)")
                results.append(result)
            }
            for result in results { #expect(!result.description.contains(Self.secret), "\(result)") }
            for file in try FileManager.default.contentsOfDirectory(atPath: migration.folder) where file != "plan.yaml"
            {
                let text = try String(contentsOfFile: "\(migration.folder)/\(file)", encoding: .utf8)
                #expect(!text.contains(Self.secret), "\(file)")
            }
        }
    }

    private static func commandLines() -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.compactMap { process in
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return nil }
            let text = String(decoding: line.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
            return text.contains("skein") ? text : nil
        }
    }

    /// Every row of every table in schema `skein`, as text.
    private func state(_ migration: Migration) async throws -> [String] {
        let tables = try await TestServers.column(
            "select oid::regclass::text from pg_catalog.pg_class where relnamespace = 'skein'::regnamespace and relkind = 'r'",
            on: migration.target)
        var rows: [String] = []
        for case let table? in tables {
            rows += try await TestServers.column("select t::text from \(table) t", on: migration.target).compactMap(
                \.self)
        }
        return rows
    }
}

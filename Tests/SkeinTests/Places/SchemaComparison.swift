import Foundation
import Postgres
import TestServers
import Testing

/// Source's and target's schema by `pg_dump`, normalised: the statements of each, without those that say nothing.
///
/// Both are dumped by the target server's own pg_dump, the source's schema from a database of that server into which
/// the source's dump was loaded: else the versions' own words would differ.
struct SchemaComparison: Sendable {
    let servers: OwnServers
    let source: ConnectionTarget
    let target: ConnectionTarget
    /// The target's server, with the superuser.
    let name: OwnServers.Name
    let folder: String
    /// Whether the source's server has the target's version, so that its own dump says the same.
    var isDirect = false

    /// `- statement` only the source has, `+ statement` only the target has; sorted.
    func differences() async throws -> [String] {
        let server = try servers.target(name)
        if isDirect { return Self.differences(try await statements(of: source), try await statements(of: target)) }
        return try await TestServers.withScratchDatabase(on: server, prefix: "places_reference") { reference in
            try await load(into: reference)
            return Self.differences(try await statements(of: reference), try await statements(of: target))
        }
    }

    private static func differences(_ expected: Set<String>, _ made: Set<String>) -> [String] {
        (expected.subtracting(made).map { "- " + $0 } + made.subtracting(expected).map { "+ " + $0 }).sorted()
    }

    private func load(into reference: ConnectionTarget) async throws {
        let log = "\(folder)/reference.log"
        let script = """
            set -o pipefail
            pg_dump --schema-only --quote-all-identifiers --no-owner --no-privileges --no-publications -d "$1" \\
                | psql -X -q -v ON_ERROR_STOP=1 -d "$2"
            """
        // As the superuser: extensions, and whatever the customer's role may not read.
        let from = source.with("user", "postgres").conninfoWithoutPassword
        let into = reference.conninfoWithoutPassword
        let status = try await TestServers.blocking {
            ChildProcess.run("/bin/bash", ["-c", script, "-", from, into], outputTo: log)
        }
        try #require(status == 0, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }

    private func statements(of database: ConnectionTarget) async throws -> Set<String> {
        let port = try #require(database.parameters["port"])
        let dump = try await servers.dump(
            name, database: try #require(database.parameters["dbname"]),
            [
                "--port=\(port)", "--schema-only", "--no-owner", "--no-privileges", "--no-publications",
                "--exclude-schema=skein",
            ])
        let statements = Self.normalised(dump)
        try #require(!statements.isEmpty)
        return statements
    }

    /// Statements end with `;` at a line's end, outside function bodies, which are in dollar quotes.
    static func normalised(_ dump: String) -> Set<String> {
        var statements: Set<String> = []
        var current: [Substring] = []
        var isQuoted = false
        for line in dump.split(separator: "\n") {
            let isComment = ["--", "\\", "pg_dump: "].contains { line.hasPrefix($0) }
            if !isQuoted, isComment || line.allSatisfy(\.isWhitespace) { continue }
            current.append(line)
            if line.components(separatedBy: "$$").count % 2 == 0 { isQuoted.toggle() }
            guard !isQuoted, line.hasSuffix(";") else { continue }
            let statement = current.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
            current = []
            if !isNoise(statement) { statements.insert(statement) }
        }
        return statements
    }

    /// Settings of the dump's own session, and what TimescaleDB is and makes itself.
    private static func isNoise(_ statement: String) -> Bool {
        statement.hasPrefix("SET ") || statement.hasPrefix("SELECT pg_catalog.set_config")
            || statement.contains("EXTENSION IF NOT EXISTS timescaledb") || statement.contains("EXTENSION timescaledb")
            || statement.contains("ts_insert_blocker") || statement.contains("_timescaledb_internal.")
            || statement.contains("SCHEMA public")
    }
}

private import Foundation
package import Postgres

/// Servers of a test's own, which it may stop and restart: the shared ones serve other tests at the same time.
///
/// What `Tests/servers` does, whose path `SKEIN_TEST_SERVERS` names.
package struct OwnServers: Sendable {
    package enum Name: String, Sendable, CaseIterable {
        case source, target, target18
        /// A hot standby of `source`, started with `start` once that runs.
        case standby
    }

    package enum Mode: String, Sendable {
        /// Sessions end with 57P01, the server shuts down cleanly.
        case fast
        /// A crash: recovery at the next start.
        case immediate
    }

    /// The folder that holds them.
    package let directory: String
    private let script: String

    /// Whether `SKEIN_TEST_SERVERS` names the script.
    package static var canStart: Bool { TestServers.environment("SKEIN_TEST_SERVERS") != nil }

    /// The setting by which a server of the same version as another lets wal2json be used: newer minor releases must be
    /// told, older ones do not know it.
    package static func allowingWal2json(like server: ConnectionTarget) async throws -> String {
        let known = try await TestServers.column(
            "select name from pg_settings where name = 'output_plugin_libraries'", on: server)
        return known.isEmpty ? "" : "output_plugin_libraries = 'pgoutput, test_decoding, wal2json'\n"
    }

    /// Starts the named servers in a new folder, runs `body`, and removes them whatever happens. Takes some seconds.
    /// - Parameter configuration: lines added to a server's settings, by name.
    package static func with<R>(
        _ names: [Name], configuration: [Name: String] = [:], _ body: (OwnServers) async throws -> R,
    ) async throws -> R {
        guard let script = TestServers.environment("SKEIN_TEST_SERVERS") else {
            throw MissingServer(variable: "SKEIN_TEST_SERVERS")
        }
        let parent = TestServers.environment("SKEIN_TEST_SERVERS_DIR") ?? "/var/tmp/skein"
        let directory = parent + "-own-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, lines) in configuration {
            try Data(lines.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name.rawValue).conf"))
        }
        let servers = OwnServers(directory: directory, script: script)
        let outcome: Result<R, any Error>
        do {
            try await servers.run(["start", directory] + names.map(\.rawValue))
            outcome = .success(try await body(servers))
        } catch {
            outcome = .failure(error)
        }
        try await servers.run(["remove", directory])
        return try outcome.get()
    }

    /// Where a server of the set listens; user postgres, superuser, no password.
    package func target(_ name: Name) throws -> ConnectionTarget {
        let port = try String(contentsOfFile: "\(directory)/\(name.rawValue)/port", encoding: .utf8)
        return try ConnectionTarget(
            "host=127.0.0.1 port=\(port.trimmingCharacters(in: .whitespacesAndNewlines)) user=postgres")
    }

    package func start(_ name: Name) async throws { try await run(["start", directory, name.rawValue]) }

    /// What `pg_dump` of the server's own version says of one of its databases.
    package func dump(_ name: Name, database: String, _ arguments: [String]) async throws -> String {
        try await run(["dump", directory, name.rawValue, database] + arguments)
    }

    package func restart(_ name: Name, mode: Mode = .fast) async throws {
        try await run(["restart", directory, name.rawValue, mode.rawValue])
    }

    package func halt(_ name: Name, mode: Mode = .fast) async throws {
        try await run(["halt", directory, name.rawValue, mode.rawValue])
    }

    package func resume(_ name: Name) async throws { try await run(["resume", directory, name.rawValue]) }

    /// Makes the next transaction's id this one, for tests of ids that wrap around. Takes some seconds.
    package func advanceTransactionIDs(_ name: Name, to id: UInt32) async throws {
        try await run(["advance", directory, name.rawValue, "\(id)"])
    }

    @discardableResult
    private func run(_ arguments: [String]) async throws -> String {
        let (script, log) = (script, directory + ".log")
        return try await TestServers.blocking {
            // A file, no pipe: the servers inherit it, and reading a pipe would wait for them to end.
            let status = ChildProcess.run(script, arguments, outputTo: log)
            let said = try String(contentsOfFile: log, encoding: .utf8)
            try FileManager.default.removeItem(atPath: log)
            guard status == 0 else {
                throw ServersFailure(arguments: arguments, status: status, output: said)
            }
            return said
        }
    }
}

/// `Tests/servers` could not do what a test asked of it.
package struct ServersFailure: Error, CustomStringConvertible {
    package var arguments: [String]
    package var status: Int32
    package var output: String
    package var description: String {
        "Tests/servers \(arguments.joined(separator: " ")) ended with status \(status): \(output)"
    }
}

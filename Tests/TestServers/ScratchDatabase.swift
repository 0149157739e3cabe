private import Foundation
package import Postgres
private import Synchronization

extension TestServers {
    private static let scratchCount = Atomic<Int>(0)

    /// Makes a database of its own (UTF8, from template0), runs `body` with it and drops it whatever happens, ending
    /// the sessions that are still in it.
    /// - Parameters:
    ///   - server: one of ours, with a role that may create databases.
    ///   - prefix: says whose it is, should a killed run leave it behind.
    ///   - withTimescaleDB: creates the extension in schema `public` first.
    ///   - options: more of `create database`, such as `locale 'C.UTF-8'`.
    ///   - batches: statements to fill it, each string one implicit transaction, with `search_path` `public`.
    package static func withScratchDatabase<R>(
        on server: ConnectionTarget, prefix: String, withTimescaleDB: Bool = false, options: String = "",
        sql batches: [String] = [], _ body: (ConnectionTarget) async throws -> R,
    ) async throws -> R {
        let number = scratchCount.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "\(prefix.prefix(30))_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        let database = server.with(database: name)
        let administration = server.with(database: "postgres")
        try await execute(
            "create database \"\(name)\" template template0 encoding 'UTF8' \(options)", on: administration)
        let outcome: Result<R, any Error>
        do {
            try await withConnection(to: database, settings: ["search_path": "public"]) { connection in
                if withTimescaleDB { try connection.execute("create extension timescaledb") }
                for batch in batches { try connection.execute(batch) }
            }
            outcome = .success(try await body(database))
        } catch {
            outcome = .failure(error)
        }
        try await dropSlots(of: name, on: administration)
        try await execute("drop database if exists \"\(name)\" with (force)", on: administration)
        return try outcome.get()
    }

    /// A database cannot be dropped while a slot rests on it.
    private static func dropSlots(of database: String, on administration: ConnectionTarget) async throws {
        try await withConnection(to: administration) { connection in
            for _ in 0..<100 {
                let slots = try connection.query(
                    "select slot_name, active_pid from pg_catalog.pg_replication_slots where database = $1", [database])
                if slots.count == 0 { return }
                for row in slots.indices {
                    if let pid = slots[row, 1] { try connection.query("select pg_terminate_backend($1)", [pid]) }
                    // It may still be in use for a moment.
                    _ = try? connection.query("select pg_drop_replication_slot($1)", [slots.text(row, 0)])
                }
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
    }

    /// As above, with one batch of statements.
    package static func withScratchDatabase<R>(
        on server: ConnectionTarget, prefix: String, withTimescaleDB: Bool = false, options: String = "",
        sql: String, _ body: (ConnectionTarget) async throws -> R,
    ) async throws -> R {
        try await withScratchDatabase(
            on: server, prefix: prefix, withTimescaleDB: withTimescaleDB, options: options, sql: [sql], body)
    }
}

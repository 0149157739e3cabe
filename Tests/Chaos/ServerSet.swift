import Foundation
import Postgres
import TestServers

/// Servers of our own, that `Tests/servers` has started: they are crashed and started again.
struct ServerSet: Sendable {
    /// What `Tests/servers` calls a server.
    typealias Name = OwnServers.Name

    /// The folder that holds them.
    let directory: String
    /// The path of `Tests/servers`.
    let script: String

    func port(_ name: Name) throws -> UInt16 {
        let text = try String(contentsOfFile: "\(directory)/\(name.rawValue)/port", encoding: .utf8)
        guard let port = UInt16(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw ChaosFailure("\(directory)/\(name.rawValue)/port holds no port")
        }
        return port
    }

    /// Straight to the server, as superuser.
    func target(_ name: Name, database: String = "postgres") throws -> ConnectionTarget {
        try ConnectionTarget("host=127.0.0.1 port=\(port(name)) user=postgres dbname=\(database)")
    }

    /// A crash, or a restart with the sessions ended; then it is up again. Takes about a second.
    func restart(_ name: Name, mode: OwnServers.Mode) throws {
        let log = "\(directory)/restart.log"
        let status = ChildProcess.run(script, ["restart", directory, name.rawValue, mode.rawValue], outputTo: log)
        guard status == 0 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw ChaosFailure("\(name.rawValue) cannot be restarted: \(said)")
        }
        try FileManager.default.removeItem(atPath: log)
    }

    /// A database of its own, dropped first where it is there already, with what slots rest on it.
    func createDatabase(_ database: String, on name: Name, _ batches: [String] = []) throws -> ConnectionTarget {
        let administration = try Connection(target(name), applicationName: "chaos")
        try drop(database, on: name, administration)
        try administration.execute("create database \(database) template template0 encoding 'UTF8'")
        let made = try target(name, database: database)
        let connection = try Connection(made, applicationName: "chaos", settings: ["search_path": "public"])
        for batch in batches { try connection.execute(batch) }
        return made
    }

    func dropDatabase(_ database: String, on name: Name) throws {
        try drop(database, on: name, Connection(target(name), applicationName: "chaos"))
    }

    private func drop(_ database: String, on name: Name, _ connection: Connection) throws {
        for _ in 0..<50 {
            let slots = try connection.query(
                "select slot_name, active_pid from pg_catalog.pg_replication_slots where database = $1", [database])
            if slots.count == 0 { break }
            for row in slots.indices {
                if let pid = slots.int(row, 1) {
                    try connection.query("select pg_terminate_backend($1::int)", ["\(pid)"])
                }
                _ = try? connection.query("select pg_drop_replication_slot($1)", [slots.text(row, 0)])
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        let prepared = try connection.query("select gid from pg_prepared_xacts where database = $1", [database])
        if prepared.count > 0 {
            let inside = try Connection(target(name, database: database), applicationName: "chaos")
            for row in prepared.indices { try inside.execute("rollback prepared '\(prepared.text(row, 0))'") }
        }
        try connection.execute("drop database if exists \(database) with (force)")
    }
}

extension Chaos {
    /// As an application connects: `search_path` is `public`, and read-only is what the database says.
    static func connection(to database: ConnectionTarget) throws -> Connection {
        let connection = try Connection(
            database, applicationName: "application", settings: ["search_path": "public"])
        try connection.execute("reset default_transaction_read_only")
        return connection
    }
}

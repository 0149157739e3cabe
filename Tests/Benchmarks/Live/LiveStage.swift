import Foundation
import Postgres

/// The servers, and what all live benchmarks do with them.
struct LiveStage {
    let sourceURI: String
    let targetURI: String
    /// Plans, logs and spools; temporary.
    let folder: String

    init(sourceURI: String, targetURI: String) throws {
        (self.sourceURI, self.targetURI) = (sourceURI, targetURI)
        folder = FileManager.default.temporaryDirectory.appending(path: "skein-benchmark-live.\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    enum Side { case source, target }

    func uri(_ side: Side, _ database: String) -> String {
        (side == .source ? sourceURI : targetURI) + "/" + database
    }

    func connect(_ side: Side, _ database: String = "postgres") throws -> Connection {
        try Connection(
            ConnectionTarget(uri(side, database)), applicationName: "skein/benchmark",
            settings: ["search_path": "public"])
    }

    /// An empty database; one of that name is dropped first, with the slots that rest on it.
    func create(_ side: Side, _ database: String) throws {
        try drop(side, database)
        try connect(side).execute("create database \(database)")
    }

    func drop(_ side: Side, _ database: String) throws {
        let server = try connect(side)
        if try server.scalar("select 1 from pg_database where datname = $1", [database]) == nil { return }
        let inside = try connect(side, database)
        let subscriptions = try inside.query(
            "select subname from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())"
        )
        for row in subscriptions.indices {
            let name = subscriptions.text(row, 0)
            try inside.execute("alter subscription \(name) disable")
            try inside.execute("alter subscription \(name) set (slot_name = none)")
            try inside.execute("drop subscription \(name)")
        }
        for _ in 0..<50 {
            let slots = try server.query(
                "select slot_name, active_pid from pg_replication_slots where database = $1", [database])
            if slots.count == 0 { break }
            for row in slots.indices {
                if let pid = slots.int(row, 1) { try server.query("select pg_terminate_backend($1::int)", ["\(pid)"]) }
                _ = try? server.query("select pg_drop_replication_slot($1)", [slots.text(row, 0)])
            }
            usleep(100_000)
        }
        try server.execute("drop database if exists \(database) with (force)")
    }

    /// Nothing left to write for either server.
    func checkpoint() throws {
        try connect(.source).execute("checkpoint")
        try connect(.target).execute("checkpoint")
    }

    /// Runs a file of SQL on the source.
    func psql(_ database: String, file: String, _ variables: [String: String] = [:]) throws {
        let run = try ClientProcess.run(
            ["psql", "-Xq", "--dbname=\(uri(.source, database))"]
                + variables.map { "--set=\($0.key)=\($0.value)" } + ["--file=\(file)"])
        guard run.exitCode == 0 else { throw BenchmarkFailure("\(file): \(run.output)") }
    }

    /// Writes a plan and says where.
    func plan(_ name: String, source: String, target: String, mode: String = "live", _ more: String) throws -> String {
        let text = """
            version: 1
            name: \(name)
            mode: \(mode)
            source: {uri: "\(uri(.source, source))"}
            target: {uri: "\(uri(.target, target))"}
            \(more)

            """
        let file = "\(folder)/\(name).yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    func migrate(_ plan: String) throws -> BackgroundProcess {
        try BackgroundProcess(["skein", "migrate", plan, "--no-color"], log: plan + ".log")
    }

    /// Asks until the query's first value is true.
    /// - Returns: seconds since the call.
    @discardableResult
    func wait(
        _ connection: Connection, until query: String, while process: BackgroundProcess? = nil,
        atMost limit: Double = 600,
    ) throws -> Double {
        let begun = ContinuousClock.now
        while true {
            if (try? connection.scalar(query)) == "t" { return (ContinuousClock.now - begun) / .seconds(1) }
            if let process, let code = process.poll() {
                throw BenchmarkFailure("skein ended with \(code):\n\(process.said.suffix(2000))")
            }
            guard (ContinuousClock.now - begun) / .seconds(1) < limit else {
                throw BenchmarkFailure("not within \(limit) s: \(query)\n\(process?.said.suffix(2000) ?? "")")
            }
            usleep(5000)
        }
    }

    /// Until a live migration follows: all that comes before the gate is done, which it says itself (a row that has
    /// arrived says nothing: the copy brings it, too), and a row that is new then has come through.
    func waitUntilFollowing(_ target: Connection, _ source: Connection, _ process: BackgroundProcess) throws {
        while !process.said.contains("ready for cutover") {
            if let code = process.poll() {
                throw BenchmarkFailure("skein ended with \(code):\n\(process.said.suffix(2000))")
            }
            usleep(20_000)
        }
        let number = try source.scalar("update heartbeat set n = n + 1, at = clock_timestamp() returning n") ?? ""
        try wait(target, until: "select n >= \(number) from public.heartbeat", while: process)
    }

    func say(_ text: String) { FileHandle.standardError.write(Data("benchmark: \(text)\n".utf8)) }
}

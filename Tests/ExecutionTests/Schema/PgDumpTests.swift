import Execution
import Postgres
import TestServers
import Testing

@Suite("pg_dump", .timeLimit(.minutes(2)))
struct PgDumpTests {
    private func tool(_ major: Int, _ minor: Int = 1) -> PgDumpTool {
        PgDumpTool(path: "\(major)", restorePath: "\(major)", major: major, minor: minor)
    }

    @Test(
        "The oldest that reads the source and fits the target is chosen",
        arguments: [
            (15, 17, [12, 15, 16, 18], 15), (15, 17, [12, 18], 18), (15, 17, [12, 13], nil),
            (16, 18, [15, 17, 18], 17),
            (17, 15, [15, 17, 18], 17), (15, 15, [17], 17),
        ] as [(Int, Int, [Int], Int?)])
    func choice(_ source: Int, _ target: Int, _ majors: [Int], _ expected: Int?) {
        let chosen = PgDumpTool.choose(majors.map { tool($0) }, source: source, target: target)
        #expect(chosen?.major == expected)
    }

    @Test("Of one version, the newest minor release")
    func minor() {
        #expect(PgDumpTool.choose([tool(15, 2), tool(15, 20), tool(15, 3)], source: 15, target: 17)?.minor == 20)
    }

    @Test(
        "Every installed tool that can read the source finds the same objects", .enabled(if: TestServers.areAvailable))
    func installed() async throws {
        let tools = PgDumpTool.installed().filter { $0.major >= 15 }
        #expect(!tools.isEmpty)
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "schema_tools", sql: EverySchemaObject.batches
        ) { source in
            let dumps = try await TestServers.blocking {
                try tools.map { try PgDump(tool: $0, source: source, applicationName: "skein test").run() }
            }
            for dump in dumps {
                #expect(Set(dump.map(\.title)).symmetricDifference(dumps[0].map(\.title)).isEmpty)
                #expect(dump.allSatisfy { !$0.sql.isEmpty && !$0.sql.contains("pg_attver") })
                let objects = dump.map { "\($0.catalog) \($0.oid)" }
                #expect(objects.contains { $0.hasPrefix("pg_class") } && !objects.contains { $0.hasPrefix("1") })
            }
        }
    }

    @Test("What it says of a refusal is passed on, the password is not", .enabled(if: TestServers.areAvailable))
    func refusal() async throws {
        let target = try TestServers.requireSource().with(database: "no such \"database'").with("password", "geheim")
        try await TestServers.blocking {
            let error = try #require(throws: PgDumpError.self) { try run(target, snapshot: nil) }
            #expect("\(error)".contains("database \"no such \"database'\" does not exist"))
            #expect(!"\(error)".contains("geheim"))
        }
    }

    @Test("It sees what the snapshot sees", .enabled(if: TestServers.areAvailable))
    func snapshot() async throws {
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "schema_snap", sql: "create table before ()"
        ) { source in
            try await TestServers.withConnection(to: source) { connection in
                try connection.execute("begin isolation level repeatable read")
                let snapshot = try connection.scalar("select pg_export_snapshot()")
                let other = try Connection(source, applicationName: "skein tests")
                try other.execute("create table public.after ()")
                let entries = try run(source, snapshot: snapshot)
                #expect(entries.filter { $0.type == "TABLE" }.map(\.name) == ["before"])
                let error = try #require(throws: PgDumpError.self) { try run(source, snapshot: "00000003-00000003-9") }
                #expect("\(error)".contains("snapshot"))
            }
        }
    }

    @Test("Cancelling ends it while it waits for a lock", .enabled(if: TestServers.areAvailable))
    func cancel() async throws {
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "schema_cancel", sql: "create table t ()"
        ) { source in
            let holder = Session(source, applicationName: "skein tests")
            try await holder.run { try $0.execute("begin; lock table public.t") }
            let dumper = Session(source, applicationName: "skein tests")
            let task = Task { try await dumper.run { _ in try run(source, snapshot: nil).count } }
            let waits =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
                + "and application_name = 'skein/test/dump-schema'"
            let watcher = Session(source, applicationName: "skein tests")
            while try await watcher.run({ try $0.scalar(waits) }) == "0" {
                try await Task.sleep(for: .milliseconds(20))
            }
            let clock = ContinuousClock()
            let start = clock.now
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(clock.now - start < .seconds(30))
            try await holder.run { try $0.execute("rollback") }
        }
    }
}

@discardableResult
private func run(_ source: ConnectionTarget, snapshot: String?) throws -> [DumpEntry] {
    try PgDump.run(
        sourceVersion: 150000, targetVersion: 170000, target: source, snapshot: snapshot, excludedSchemas: [],
        applicationName: "skein/test/dump-schema")
}

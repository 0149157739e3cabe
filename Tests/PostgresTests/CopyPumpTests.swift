import Synchronization
import TestServers
import Testing

@testable import Postgres

@Suite("Rows pumped from one COPY into another", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct CopyPumpTests {
    /// Two databases, a table `t` of the same columns in both, rows in the source's.
    private func withTables(
        _ columns: String, rows: String = "", target: String? = nil,
        _ body: @escaping @Sendable (_ source: Connection, _ target: Connection) throws -> Void
    ) async throws {
        let create = "create table t (\(columns))"
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "faults_pump_s", sql: [create, rows]
        ) { sourceDatabase in
            try await TestServers.withScratchDatabase(
                on: TestServers.requireTarget(), prefix: "faults_pump_t", sql: target ?? create
            ) { targetDatabase in
                try await TestServers.blocking {
                    let settings = ["search_path": "public"]
                    try body(
                        Connection(sourceDatabase, applicationName: "skein tests", settings: settings),
                        Connection(targetDatabase, applicationName: "skein tests", settings: settings))
                }
            }
        }
    }

    private func pump(
        _ source: Connection, _ target: Connection, out: String = "copy t to stdout (format binary)",
        into: String = "copy t from stdin (format binary)",
    ) throws -> CopyResult {
        let meter = Atomic<Int64>(0)
        let result = try CopyPump.run(from: source, out, to: target, into, copied: meter)
        #expect(meter.load(ordering: .relaxed) == result.bytes)
        return result
    }

    /// Both connections answer, and neither is left in a transaction.
    private func expectUsable(_ connections: Connection...) throws {
        for connection in connections {
            #expect(try connection.scalar("select 41 + 1") == "42")
            #expect(!connection.isInTransaction)
        }
    }

    private static let hash =
        "select count(*) || ' ' || md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from t"

    @Test(arguments: ["binary", "text"])
    func `Rows arrive as they are, in either format`(_ format: String) async throws {
        let rows = """
            insert into t select n, case when n % 7 > 0 then repeat(E'\\u00e4\\t\\\\\\n', n % 50) end, '{1,NULL,3}'
            from generate_series(1, 50000) n
            """
        try await withTables("n int, line text, list int[]", rows: rows) { source, target in
            let result = try pump(
                source, target, out: "copy t to stdout (format \(format))", into: "copy t from stdin (format \(format))"
            )
            #expect(result.rows == 50_000)
            #expect(try source.scalar(Self.hash) == target.scalar(Self.hash))
            try expectUsable(source, target)
        }
    }

    @Test func `Rows wider than the buffer arrive, among narrow ones`() async throws {
        let rows = """
            insert into t select n, case when n % 3 = 0 then repeat(md5(n::text), 40000) else 'narrow' end
            from generate_series(1, 30) n
            """
        try await withTables("n int, line text", rows: rows) { source, target in
            let result = try pump(source, target)
            #expect(result.rows == 30)
            #expect(result.bytes > 10 * 1_280_000)
            #expect(try source.scalar(Self.hash) == target.scalar(Self.hash))
        }
    }

    @Test func `Rows that fill the buffer to the byte arrive`() async throws {
        // In text form a row is its line and a line feed: 16 of them are 64 KiB.
        let rows = "insert into t select repeat('x', 4095) from generate_series(1, 64)"
        try await withTables("line text", rows: rows) { source, target in
            let result = try pump(source, target, out: "copy t to stdout", into: "copy t from stdin")
            #expect(result == CopyResult(rows: 64, bytes: 64 * 4096))
            #expect(try source.scalar(Self.hash) == target.scalar(Self.hash))
        }
    }

    @Test(arguments: ["binary", "text"])
    func `An empty table is copied`(_ format: String) async throws {
        try await withTables("n int") { source, target in
            let result = try pump(
                source, target, out: "copy t to stdout (format \(format))", into: "copy t from stdin (format \(format))"
            )
            #expect(result.rows == 0)
            try expectUsable(source, target)
        }
    }

    @Test func `A table without columns keeps its number of rows`() async throws {
        try await withTables("", rows: "insert into t select from generate_series(1, 1000)") { source, target in
            #expect(try pump(source, target).rows == 1000)
            #expect(try target.scalar("select count(*) from t") == "1000")
            try expectUsable(source, target)
        }
    }

    @Test func `A refused row stops the reading early, with the target's reason`() async throws {
        // 400 MB, of which the first row is refused.
        let rows = "insert into t select 1, repeat('x', 1000)"
        try await withTables("n int, line text", rows: rows, target: "create table t (n int check (n > 1), line text)")
        {
            source, target in
            let meter = Atomic<Int64>(0)
            let error = #expect(throws: PostgresError.self) {
                try CopyPump.run(
                    from: source, "copy (select t.* from t, generate_series(1, 400000)) to stdout (format binary)",
                    to: target, "copy t from stdin (format binary)", copied: meter)
            }
            #expect(error?.sqlState == "23514")
            #expect(meter.load(ordering: .relaxed) < 100 << 20)
            try expectUsable(source, target)
        }
    }

    @Test func `A source that fails in the middle leaves both connections usable, and no rows`() async throws {
        let out = "copy (select 1 / (50000 - n) as n from generate_series(1, 100000) n) to stdout (format binary)"
        try await withTables("n int") { source, target in
            let error = #expect(throws: PostgresError.self) { try pump(source, target, out: out) }
            #expect(error?.sqlState == "22012")
            try expectUsable(source, target)
            #expect(try target.scalar("select count(*) from t") == "0")
        }
    }

    @Test func `A target that refuses the statement leaves the source usable`() async throws {
        try await withTables("n int", rows: "insert into t select generate_series(1, 100000)") { source, target in
            let error = #expect(throws: PostgresError.self) {
                try pump(source, target, into: "copy nowhere from stdin (format binary)")
            }
            #expect(error?.sqlState == "42P01")
            try expectUsable(source, target)
        }
    }

    @Test func `A source that refuses the statement leaves both usable`() async throws {
        try await withTables("n int") { source, target in
            let error = #expect(throws: PostgresError.self) { try pump(source, target, out: "copy nowhere to stdout") }
            #expect(error?.sqlState == "42P01")
            try expectUsable(source, target)
        }
    }

    @Test(arguments: [true, false])
    func `A session that is ended in the middle is a lost connection, and the other one lives`(
        _ isSource: Bool
    ) async throws {
        try await withTables("n int") { source, target in
            let victim = isSource ? source : target
            let pid = victim.backendPID
            // Ends the session at the 100,000th row, from within the statement's own server.
            let function = """
                create function stop(n int) returns int language plpgsql as $$
                begin
                    if n = 100000 then
                        perform pg_terminate_backend(\(pid));
                        perform pg_sleep(0.2);
                    end if;
                    return n;
                end $$
                """
            var out = "copy (select n from generate_series(1, 1000000) n) to stdout (format binary)"
            if isSource {
                try source.execute(function)
                out = "copy (select stop(n) from generate_series(1, 1000000) n) to stdout (format binary)"
            } else {
                try target.execute(function)
                try target.execute("alter table t add check (stop(n) > 0)")
            }
            let error = #expect(throws: PostgresError.self) { try pump(source, target, out: out) }
            #expect(error?.isTransient == true, "\(String(describing: error))")
            #expect(!victim.isUp)
            try expectUsable(isSource ? target : source)
        }
    }

    @Test func `Reading alone gives all bytes`() async throws {
        try await withTables("n int", rows: "insert into t select generate_series(1, 10000)") { source, _ in
            var bytes = 0
            try CopyPump.read(from: source, "copy t to stdout") { bytes += $0.byteCount }
            // 1 to 10000, each with a line feed.
            #expect(bytes == 9 * 2 + 90 * 3 + 900 * 4 + 9000 * 5 + 6)
            try expectUsable(source)
        }
    }
}

import Execution
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

@Suite("Comparing tables", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct VerifierTests {
    @Test(
        "Every built-in type is equal after a COPY to a newer version", arguments: SchemaTarget.all,
        ["text", "binary"])
    func everyType(_ version: SchemaTarget, format: String) async throws {
        let setup = [EveryType.types + EveryType.table]
        try await withDatabases(version, source: setup + [EveryType.rows], target: setup) { source, target in
            // Object ids travel as text; the binary form of these types differs or is none.
            let objects = ["oid", "aclitem", "txid_snapshot"]
            let binary = EveryType.columns.filter { !$0.type.hasPrefix("reg") && !objects.contains($0.type) }
            let columns = (format == "text" ? EveryType.columns : binary).map(\.name)
            let list = columns.map { "\"\($0)\"" }.joined(separator: ", ")
            if format == "binary" {
                // A binary COPY wants every column of the table to have a binary form.
                let drops = Set(EveryType.columns.map(\.name)).subtracting(columns).map { "drop \"\($0)\"" }
                for database in [source, target] {
                    try await TestServers.execute("alter table v.every " + drops.joined(separator: ", "), on: database)
                }
            }
            try await copy("v.every (\(list))", format, source, target)
            let comparison = try await verifier(source, target).compare(subject("v", "every"))
            #expect(comparison.source.rows == 9)
            #expect(comparison.source.sum != "0")
            #expect(comparison.isEqual)
        }
    }

    static let changes: [(column: String, before: String, after: String)] = [
        ("exact", "'1.0'", "'1.00'"), ("exact", "'NaN'", "null"), ("single", "'0'", "'-0'"), ("double", "'0'", "'-0'"),
        ("double", "'0.1'", "'0.10000000000000002'"), ("span", "'1 day'", "'24:00'"), ("span", "'1 mon'", "'30 days'"),
        ("strict", "'1.0'", "'1.00'"), ("loose", "'1'", "' 1'"), ("unpadded", "'a'", "'a  '"),
        ("ignorant", "'a'", "'A'"), ("words", "''", "null"), ("words", "'a'", "'a '"),
        ("internal", "E'\\\\377'", "E'\\\\376'"),
        ("numbers", "'{1}'", "'[0:0]={1}'"), ("numbers", "'{}'", "null"), ("strings", "'{NULL}'", "'{\"NULL\"}'"),
        ("instant", "'2000-01-01 00:00:00+00'", "'2000-01-01 00:00:00.000001+00'"),
        ("host", "'10.0.0.1'", "'10.0.0.1/31'"),
        ("moment", "'infinity'", "'-infinity'"), ("day", "'infinity'", "'5874897-12-31'"), ("truth", "'f'", "'t'"),
        ("vector", "'a:1'", "'a:1A'"), ("object", "0", "1"), ("mood", "'sad'", "'o''k'"),
        ("pair", "'(1,)'", "'(1,\"\")'"),
        ("address", "'a'", "'b'"), ("positive", "1", "2"), ("binary", "'\\x00'", "'\\x0000'"),
        ("cash", "'1'", "'1.01'"),
        ("binary", "repeat('a', 2000000)::bytea", "(repeat('a', 1999999) || 'b')::bytea"),
        ("words", "repeat('a', 20000000)", "repeat('a', 19999999) || 'b'"),
    ]

    @Test("Any change to any value is seen")
    func changedValue() async throws {
        let setup = [EveryType.types + EveryType.table, "insert into v.every default values"]
        try await withDatabases(source: setup, target: setup) { source, target in
            let verifier = verifier(source, target)
            for (column, before, after) in Self.changes {
                try await TestServers.execute("update v.every set \"\(column)\" = \(before)", on: source)
                try await TestServers.execute("update v.every set \"\(column)\" = \(before)", on: target)
                #expect(try await verifier.compare(subject("v", "every")).isEqual, "\(column) \(before.prefix(40))")
                try await TestServers.execute("update v.every set \"\(column)\" = \(after)", on: target)
                #expect(try await !verifier.compare(subject("v", "every")).isEqual, "\(column) \(after.prefix(40))")
                for database in [source, target] {
                    try await TestServers.execute("update v.every set \"\(column)\" = null", on: database)
                }
            }
        }
    }

    @Test(
        "Rows that are gone, doubled, or have exchanged values are seen, order is not",
        arguments: [
            ("delete from t where a = 5", false), ("insert into t (a, b, c) select a, b, c from t where a = 5", false),
            ("update t set b = case a when 5 then '6' else '5' end where a in (5, 6)", false),
            ("update t set c = b, b = c where a = 5", false), ("update t set b = c, c = b where a = 5", false),
            ("update t set b = null, c = '5' where a = 5", false),
            (
                "create table u as select * from t order by a desc; truncate t; insert into t (a, b, c) select a, b, c from u",
                true
            ),
            ("update t set g = default", true),
        ])
    func rows(_ change: String, isEqual: Bool) async throws {
        let setup = """
            create table t (a int, b text, c text, g int generated always as (a * 2) stored);
            insert into t select i, i, 'x' || i from generate_series(1, 100) i;
            insert into t select i, i, 'x' || i from generate_series(1, 3) i;
            """
        try await withDatabases(source: [setup], target: [setup, change]) { source, target in
            let comparison = try await verifier(source, target).compare(subject("public", "t"))
            #expect(comparison.isEqual == isEqual)
            #expect(comparison.source.rows == 103)
        }
    }

    @Test("A table without columns has a number of rows, one with 1600 columns a sum")
    func extremes() async throws {
        let wide = (1...1600).map { "c\($0) int2" }.joined(separator: ", ")
        let setup = "create table none (); create table wide (\(wide)); create table empty (a int);"
        let rows =
            "insert into none default values; insert into none default values; insert into wide (c1600) values (1)"
        try await withDatabases(source: [setup, rows], target: [setup, rows]) { source, target in
            let verifier = verifier(source, target)
            let none = try await verifier.compare(subject("public", "none"))
            #expect(none.isEqual && none.source == TableChecksum(rows: 2, sum: none.source.sum))
            let wide = try await verifier.compare(subject("public", "wide"))
            #expect(wide.isEqual && wide.source.rows == 1)
            let empty = try await verifier.compare(subject("public", "empty"))
            #expect(empty.isEqual && empty.source == TableChecksum(rows: 0, sum: "0"))
            try await TestServers.execute("delete from public.none where ctid = '(0,1)'", on: target)
            #expect(try await !verifier.compare(subject("public", "none")).isEqual)
        }
    }

    @Test("Pieces are compared by themselves, under the snapshot, on a hypertable too", arguments: SchemaTarget.all)
    func pieces(_ version: SchemaTarget) async throws {
        let table = "create table t (at timestamptz not null, a int);"
        let rows = """
            insert into t select '2026-01-01'::timestamptz + i * interval '1 hour', i from generate_series(0, 999) i
            """
        let hypertable = "select create_hypertable('t', by_range('at'))"
        try await withDatabases(
            version, source: [table, rows], target: [table, hypertable, rows, "delete from t where a = 30"],
            withTimescaleDB: true
        ) { source, target in
            let holder = Session(source, applicationName: "skein tests")
            let snapshot = try await holder.run {
                try $0.execute("begin isolation level repeatable read")
                return try $0.scalar("select pg_export_snapshot()")
            }
            try await TestServers.execute("delete from public.t", on: source)
            let verifier = verifier(source, target, snapshot: snapshot)
            let first = Piece.Rows.range(column: "at", type: "timestamptz", lower: nil, upper: "2026-01-02 00:00:00+00")
            let second = Piece.Rows.range(
                column: "at", type: "timestamptz", lower: "2026-01-02 00:00:00+00", upper: nil)
            let equal = try await verifier.compare(subject("public", "t", first, isHypertable: true))
            #expect(equal.isEqual && equal.source.rows == 24)
            let different = try await verifier.compare(subject("public", "t", second, isHypertable: true))
            #expect((different.source.rows, different.target.rows) == (976, 975))
            let report = try await verifier.differences(subject("public", "t", second, isHypertable: true))
            #expect(report.rows.map(\.text) == ["a row (source ctid (0,31)): missing on the target"])
            let none = try await verifier.compare(subject("public", "t", .null(column: "at"), isHypertable: true))
            #expect(none.isEqual && none.source.rows == 0)
            await holder.close()
            await #expect(throws: SnapshotLost.self) {
                while true { _ = try await verifier.compare(subject("public", "t", first, isHypertable: true)) }
            }
        }
    }

    @Test("Counting alone sees numbers alone")
    func counts() async throws {
        let setup = "create table t (a int); insert into t values (1), (2)"
        try await withDatabases(source: [setup], target: [setup, "update t set a = 3"]) { source, target in
            var verifier = verifier(source, target, countsOnly: true)
            let comparison = try await verifier.compare(subject("public", "t"))
            #expect(comparison.isEqual && comparison.source == TableChecksum(rows: 2, sum: nil))
            try await TestServers.execute("delete from public.t where ctid = '(0,3)'", on: target)
            #expect(try await !verifier.compare(subject("public", "t")).isEqual)
            verifier = Verifier(source: verifier.source, target: verifier.target)
            #expect(try await verifier.compare(subject("public", "t")).target.rows == 1)
        }
    }

    @Test("A column that the target lacks is the server's error")
    func missingColumn() async throws {
        try await withDatabases(source: ["create table t (a int, b int)"], target: ["create table t (a int)"]) {
            source, target in
            let error = await #expect(throws: PostgresError.self) {
                try await verifier(source, target).compare(subject("public", "t"))
            }
            #expect(error?.sqlState == "42703")
        }
    }
}

// MARK: Databases

func withDatabases(
    _ version: SchemaTarget = .target, source: [String], target: [String], withTimescaleDB: Bool = false,
    _ body: (ConnectionTarget, ConnectionTarget) async throws -> Void,
) async throws {
    try await TestServers.withScratchDatabase(
        on: TestServers.requireSource(), prefix: "schema_verify", sql: source
    ) { source in
        try await TestServers.withScratchDatabase(
            on: version.server, prefix: "schema_verify", withTimescaleDB: withTimescaleDB, sql: target
        ) { target in try await body(source, target) }
    }
}

func verifier(
    _ source: ConnectionTarget, _ target: ConnectionTarget, snapshot: String? = nil, countsOnly: Bool = false,
) -> Verifier {
    Verifier(
        source: Session(source, applicationName: "skein tests"),
        target: Session(target, applicationName: "skein tests"),
        snapshot: snapshot, countsOnly: countsOnly)
}

func subject(
    _ schema: String, _ name: String, _ rows: Piece.Rows = .all, isHypertable: Bool = false,
) -> Verifier.Subject {
    let piece = Piece(
        table: QualifiedName(schema: schema, name: name), tableOID: 0, number: 1, count: 1, rows: rows, columns: [],
        isBinary: true, mayFreeze: false, estimatedRows: 0, estimatedBytes: 0)
    return Verifier.Subject(piece, targetHasChildren: isHypertable)
}

private func copy(
    _ table: String, _ format: String, _ source: ConnectionTarget, _ target: ConnectionTarget,
) async throws {
    try await TestServers.blocking {
        let copied = Atomic<Int64>(0)
        _ = try CopyPump.run(
            from: Connection(source, applicationName: "skein tests"), "copy \(table) to stdout (format \(format))",
            to: Connection(target, applicationName: "skein tests"), "copy \(table) from stdin (format \(format))",
            copied: copied)
    }
}

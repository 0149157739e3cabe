import Execution
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@Suite("Finding what differs", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct DifferenceTests {
    private func differences(
        _ setup: String, _ change: String, table: String = "t", limit: Int = 20,
    ) async throws -> DifferenceReport {
        var report: DifferenceReport?
        try await withDatabases(source: [setup], target: [setup, change]) { source, target in
            report = try await verifier(source, target).differences(subject("public", table), limit: limit)
        }
        return try #require(report)
    }

    private static let readings = """
        create table t (device_id int, time timestamptz, value float8, primary key (device_id, time));
        insert into t select i % 100, '2026-01-01'::timestamptz + i * interval '1 minute', i
        from generate_series(1, 30000) i;
        """

    @Test("A corrupted value, a missing row and an extra one are named by their keys")
    func keys() async throws {
        let report = try await differences(
            Self.readings,
            """
            update t set value = value + 1e-9 where device_id = 17 and value = 117;
            delete from t where value = 5;
            insert into t values (-1, '2026-01-01', 0);
            """)
        #expect(
            report.rows.map(\.text)
                == [
                    "(device_id, \"time\") = (-1, 2026-01-01 00:00:00+00): on the target only",
                    "(device_id, \"time\") = (17, 2026-01-01 01:57:00+00): different",
                    "(device_id, \"time\") = (5, 2026-01-01 00:05:00+00): missing on the target",
                ].map { $0.replacing("\"time\"", with: "time") })
        #expect(report.isComplete)
    }

    @Test("Values swapped between two rows are two differences")
    func swapped() async throws {
        let report = try await differences(
            Self.readings, "update t set value = case value when 7 then 8 else 7 end where value in (7, 8)")
        #expect(report.rows.map(\.kind) == [.different, .different])
        #expect(report.isComplete)
    }

    @Test("Where very much differs, some of it is named and the rest left, in bounded memory")
    func much() async throws {
        let setup = """
            create table t (id int primary key, v text);
            insert into t select i, 'x' from generate_series(1, 50000) i;
            """
        let gone = try await differences(setup, "truncate t", limit: 7)
        #expect(gone.rows.count == 7)
        #expect(gone.rows.allSatisfy { $0.kind == .missingOnTarget && $0.key != nil })
        #expect(!gone.isComplete)
        let changed = try await differences(setup, "update t set v = 'y'")
        #expect(changed.rows.count == 20)
        #expect(changed.rows.allSatisfy { $0.kind == .different })
    }

    @Test("Without a key: how often, and where, but no values")
    func withoutKey() async throws {
        let setup =
            "create table t (a int, secret text); insert into t values (1, 'geheim'), (2, 'x'), (2, 'x'), (3, 'z')"
        let report = try await differences(
            setup, "insert into t values (1, 'geheim'); delete from t where ctid = '(0,3)'; delete from t where a = 3")
        #expect(
            report.rows.map(\.text) == [
                "a row (source ctid (0,1), target ctid (0,1)): once on the source, 2 times on the target",
                "a row (source ctid (0,2), target ctid (0,2)): 2 times on the source, once on the target",
                "a row (source ctid (0,4)): missing on the target",
            ])
        #expect(!"\(report)".contains("geheim"))
    }

    @Test("A million equal rows and one more")
    func equalRows() async throws {
        let setup = "create table t (a int); insert into t select 1 from generate_series(1, 1000000)"
        let report = try await differences(setup, "insert into t values (1)")
        #expect(report.rows.map(\.sourceRows) == [1_000_000])
        #expect(report.rows.map(\.targetRows) == [1_000_001])
        #expect(report.rows.map(\.kind) == [.multiplicity])
    }

    @Test("A unique index of NOT NULL columns serves as a key, a partial one or one with NULL does not")
    func uniqueIndex() async throws {
        let setup = """
            create table t (a int not null, "B'""b" text collate "C" not null, c int, d int not null);
            create unique index on t (c);
            create unique index on t (d) where d > 0;
            create unique index on t (a, "B'""b") include (c);
            insert into t values (1, 'x', 2, 0), (1, repeat('y', 200), 3, 0);
            """
        let report = try await differences(setup, "update t set c = c + 5, d = 1 where c = 2")
        #expect(report.rows.map(\.text) == ["(a, \"B'\"\"b\") = (1, x): different"])
        let long = try await differences(setup, "delete from t where c = 3")
        #expect(
            long.rows.map(\.key) == ["(a, \"B'\"\"b\") = (1, \(String(repeating: "y", count: 100)))"])
    }

    @Test("Equal tables have no differences, and a table without columns at most a number")
    func none() async throws {
        let equal = try await differences(Self.readings, "select 1")
        #expect(equal.rows.isEmpty && equal.isComplete)
        let setup = "create table t (); insert into t default values"
        let counted = try await differences(setup, "insert into t default values")
        #expect(counted.rows.map(\.kind) == [.multiplicity])
    }
}

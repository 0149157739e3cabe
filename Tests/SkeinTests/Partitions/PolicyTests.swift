import Glibc
import Postgres
import TestServers
import Testing

/// A server whose TimescaleDB has the community licence, which Debian's packages have not.
enum CommunityTarget {
    static let server = TestServers.environment("SKEIN_TEST_COMMUNITY_TARGET").flatMap { try? ConnectionTarget($0) }
    static let absence: Comment =
        "SKIPPED: SKEIN_TEST_COMMUNITY_TARGET names no server with the community licence: no policy was made"
}

@Suite("Columnstore and retention", .serialized, .enabled(if: TestServers.areAvailable))
struct PolicyTests {
    private static let sql = [
        """
        create table readings (device_id int, ts timestamptz, value float8, primary key (device_id, ts));
        insert into readings
            select d, now() - g * interval '1 day', g from generate_series(1, 3) d, generate_series(1, 100) g;
        analyze;
        """
    ]

    private static let plan = """
        hypertables:
          - table: public.readings
            time-column: ts
            chunk-interval: 7 days
            columnstore: {segment-by: [device_id], order-by: [ts desc nulls last], after: 30 days}
            retention: {drop-after: 5 years}
        """

    @Test(.timeLimit(.minutes(2)))
    func `under the Apache licence the plan is refused before anything is done`() async throws {
        try await Migration.with("policy_apache", sql: Self.sql, plan: Self.plan) { migration in
            try await TestServers.execute("create extension timescaledb schema public", on: migration.target)
            let refused = try await migration.skein("migrate", "--no-color")
            #expect(refused.exitCode == 2 && refused.stderr.contains("SK530"), "\(refused)")
            let state = try await migration.onTarget("select to_regclass('skein.task')::text")
            #expect(state == [nil])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `where the licence shows only with the extension, no row is copied`() async throws {
        try await Migration.with("policy_unknown", sql: Self.sql, plan: Self.plan) { migration in
            let stopped = try await migration.skein("migrate", "--no-color")
            #expect(stopped.exitCode != 0, "\(stopped)")
            #expect(stopped.stderr.contains("community licence"), "\(stopped)")
            let copied = try await migration.onTarget(
                "select count(*) from skein.task where id like 'copy:%' and state = 'done'")
            #expect(copied == ["0"])
        }
    }

    @Test(
        .enabled(if: CommunityTarget.server != nil, CommunityTarget.absence), .timeLimit(.minutes(3)),
        arguments: ["offline", "live"])
    func `they are set at the very end, once, whatever is killed`(mode: String) async throws {
        let live = "\nreplication: {spool: {directory: ./spool}}\ncutover: {approval: automatic, fence: read-only}"
        try await Migration.with(
            "policy", sql: Self.sql, plan: Self.plan + (mode == "live" ? live : ""), mode: mode,
            targetServer: CommunityTarget.server
        ) { migration in
            for point in ["policies.before-commit", "policies.committed"] {
                let killed = try await migration.skein("migrate", "--no-color", environment: ["SKEIN_FAULT": point])
                #expect(killed.signal == SIGKILL, "\(killed)")
                let jobs = try await migration.onTarget(
                    "select count(*) from timescaledb_information.jobs where hypertable_name = 'readings'")
                #expect(jobs == [point == "policies.committed" ? "2" : "0"])
            }
            let resumed = try await migration.skein("migrate", "--no-color")
            #expect(resumed.exitCode == 0, "\(resumed)")
            let jobs = try await migration.onTarget(
                """
                select proc_name || ' ' || coalesce(config ->> 'compress_after', config ->> 'drop_after')
                from timescaledb_information.jobs where hypertable_name = 'readings' order by 1
                """)
            #expect(jobs == ["policy_compression 30 days", "policy_retention 5 years"])
            let settings = try await migration.onTarget(
                """
                select attname || ' ' || coalesce(segmentby_column_index::text, '-') || ' ' || coalesce(orderby_asc::text, '-')
                from timescaledb_information.compression_settings where hypertable_name = 'readings' order by 1
                """)
            #expect(settings == ["device_id 1 -", "ts - false"])
        }
    }
}

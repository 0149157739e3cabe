import Postgres
import TestServers
import Testing

/// What belongs to TimescaleDB's community licence. Debian's build has none of it: servers that do are named by
/// `SKEIN_TEST_COMMUNITY` and `SKEIN_TEST_COMMUNITY_TARGET`.
@Suite(
    "TimescaleDB's community licence", .serialized, .enabled(if: CommunityServers.areThere, CommunityServers.absence),
    .timeLimit(.minutes(5)))
struct CommunityTests {
    private static let sql = [
        "create extension timescaledb",
        """
        create table readings (time timestamptz not null, device int not null, value double precision,
            primary key (device, time));
        select create_hypertable('readings', by_range('time', interval '1 day'));
        insert into readings select t, d, d from generate_series('2024-03-01'::timestamptz, '2024-03-08', '1 hour') t,
            generate_series(1, 9) d;
        alter table readings set (timescaledb.compress, timescaledb.compress_segmentby = 'device',
            timescaledb.compress_orderby = 'time desc');
        select compress_chunk(c) from show_chunks('readings', older_than => '2024-03-06'::timestamptz) c;
        create materialized view hourly with (timescaledb.continuous, timescaledb.materialized_only = false) as
            select time_bucket('6 hours', time) as bucket, device, sum(value) as sum from readings group by 1, 2
            with no data;
        create materialized view daily with (timescaledb.continuous, timescaledb.materialized_only = true) as
            select time_bucket('1 day', bucket) as day, sum(sum) as sum from hourly group by 1 with no data;
        create index hourly_sum on hourly (sum desc, bucket);
        create view report as select day, sum from daily;
        """,
        "call refresh_continuous_aggregate('hourly', null, null)",
        "call refresh_continuous_aggregate('daily', null, null)",
        """
        select add_retention_policy('readings', interval '100 years');
        select add_compression_policy('readings', interval '100 years');
        select add_continuous_aggregate_policy('hourly', interval '3 days', interval '1 hour', interval '1 hour');
        create procedure nightly(job_id int, config jsonb) language plpgsql as 'begin end';
        select add_job('nightly', '1 day', config => '{"a": 1}', scheduled => false);
        create table beat (n bigint generated always as identity primary key);
        """,
    ]

    private static let kept = """
        select concat_ws(' ', proc_name, schedule_interval, config - 'hypertable_id' - 'mat_hypertable_id', scheduled)
        from timescaledb_information.jobs where job_id >= 1000
        union all
        select concat_ws(' ', hypertable_name, attname, segmentby_column_index, orderby_column_index, orderby_asc)
        from timescaledb_information.compression_settings
        union all
        select concat_ws(' ', view_name, materialized_only) from timescaledb_information.continuous_aggregates
        union all
        select regexp_replace(indexdef, '_materialized_hypertable_[0-9]+', 'm', 'g') from pg_indexes
        where tablename ~ '^_materialized'
        order by 1
        """
    private static let views = [
        "select md5(string_agg(h::text, ',' order by bucket, device)) from public.hourly h",
        "select md5(string_agg(d::text, ',' order by day)) from public.daily d",
        "select count(*)::text from public.report",
    ]

    private static func with(
        _ prefix: String, mode: String, _ body: (Migration) async throws -> Void,
    ) async throws {
        let environment = try #require(DumpPrograms.environment(major: 17))
        let plan = "copy: {split-tables-larger-than: 1 kB}\nreplication: {spool: {directory: ./spool}}"
        try await Migration.with(
            prefix, sql: sql, plan: plan, mode: mode, sourceServer: CommunityServers.source,
            targetServer: CommunityServers.target
        ) { migration in
            var migration = migration
            migration.environment = environment
            #expect(try await migration.onSource("show timescaledb.license") == ["timescale"])
            try await TestServers.execute(
                "alter database \"\(migration.source.parameters["dbname"] ?? "")\" "
                    + "set timescaledb.enable_compressed_direct_batch_delete = off", on: migration.source)
            try await body(migration)
        }
    }

    private static func expectKept(_ migration: Migration) async throws {
        // Without a fence, sequences are set beyond what the source has drawn.
        let differences = try await migration.differences().filter { !$0.hasPrefix("sequence") }
        #expect(differences == [], "\(differences)")
        #expect(try await migration.onTarget(kept) == migration.onSource(kept))
        for view in views {
            #expect(try await migration.onTarget(view) == migration.onSource(view), "\(view)")
        }
    }

    @Test("Compressed chunks, continuous aggregates with their rows and indexes, columnstores, policies, jobs")
    func offline() async throws {
        try await Self.with("community_off", mode: "offline") { migration in
            // Rows that only the continuous aggregates still know.
            try await migration.applyToSource(
                "select drop_chunks('readings', older_than => '2024-03-03'::timestamptz)")
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            try await Self.expectKept(migration)
        }
    }

    @Test("Changes of compressed rows are followed, while chunks are compressed and decompressed")
    func live() async throws {
        try await Self.with("community_live", mode: "live") { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            for round in 0..<8 {
                try await migration.applyToSource(
                    """
                    update readings set value = value + 1 where device = \(1 + round) and time < '2024-03-03';
                    insert into readings select '2024-03-0\(1 + round % 5)'::timestamptz + i * interval '7 minutes 1 second',
                        \(round), 1 from generate_series(1, 9) i;
                    delete from readings where device = \(9 - round) and time > '2024-03-04 12:00';
                    """)
                try await migration.applyToSource(
                    """
                    select decompress_chunk(c, true) from show_chunks('readings') c offset \(round) limit 1;
                    select compress_chunk(format('%I.%I', chunk_schema, chunk_name)) from timescaledb_information.chunks
                    where hypertable_name = 'readings' and not is_compressed limit 1
                    """)
            }
            try await migration.applyToSource("delete from readings where device = 2")
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            #expect(try await run.wait(atMost: 60).exitCode == 0)
            for database in [migration.source, migration.target] {
                for view in ["hourly", "daily"] {
                    try await TestServers.execute(
                        "call public.refresh_continuous_aggregate('public.\(view)', null, null)", on: database)
                }
            }
            try await Self.expectKept(migration)
        }
    }
}

enum CommunityServers {
    static let source = TestServers.environment("SKEIN_TEST_COMMUNITY").flatMap { try? ConnectionTarget($0) }
    static let target =
        TestServers.environment("SKEIN_TEST_COMMUNITY_TARGET").flatMap { try? ConnectionTarget($0) } ?? source
    static let areThere = source != nil && target != nil && DumpPrograms.environment(major: 17) != nil
    static let absence: Comment =
        "SKIPPED: no TimescaleDB of the community licence here (SKEIN_TEST_COMMUNITY), so nothing of it was migrated"
}

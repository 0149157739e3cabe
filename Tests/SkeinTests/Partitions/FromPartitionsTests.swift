import Glibc
import Postgres
import TestServers
import Testing

@Suite("Partitions become one hypertable", .serialized, .enabled(if: TestServers.areAvailable))
struct FromPartitionsTests {
    private func shapes(_ migration: Migration) async throws -> [String?] {
        try await migration.onTarget(
            "select hypertable_name || ' ' || num_dimensions from timescaledb_information.hypertables order by 1")
    }

    @Test(.timeLimit(.minutes(4)))
    func `offline, killed between pieces, the same command goes on`() async throws {
        let sql = PartitionedSource.declarative + PartitionedSource.inherited
        try await Migration.with("parts_off", sql: sql, plan: PartitionedSource.plan) { migration in
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.committed:4"])
            #expect(killed.signal == SIGKILL, "\(killed)")
            // Meanwhile the application writes, so that some pieces differ from what was copied.
            try await migration.applyToSource(
                "update readings set value = 0 where device_id = 2; delete from numbers where n % 5 = 0")
            let resumed = try await migration.skein("migrate", "--no-color")
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(try await migration.differences() == [])
            #expect(try await shapes(migration) == ["events 2", "logs 1", "loose 1", "numbers 1", "readings 2"])
            let left = try await migration.onTarget(
                """
                select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1
                """)
            #expect(left == ["events", "logs", "loose", "numbers", "readings"])
            let made = try await migration.onTarget(
                "select indexrelid::regclass::text from pg_index where indrelid = 'public.readings'::regclass order by 1"
            )
            #expect(made == ["public.readings_pkey", "public.readings_ts_idx", "public.readings_value"])
            #expect(try await migration.onTarget("select tgname from pg_trigger where tgname = 'send'") == [])
            let compared = try await migration.skein("verify", "--no-color")
            #expect(compared.exitCode == 0, "\(compared)")
        }
    }

    /// Messages of pgoutput name relations by their oids, those of test_decoding by their names.
    @Test(.timeLimit(.minutes(6)), arguments: ["auto", "test_decoding"])
    func `live with writers, killed while it follows, partitions truncated and made meanwhile`(
        plugin: String,
    ) async throws {
        let plan =
            PartitionedSource.plan + """

                select: {tables: {exclude: [public.aside]}}
                copy: {split-tables-larger-than: 64 kB}
                replication: {plugin: \(plugin), spool: {directory: ./spool}}
                cutover: {fence: read-only}
                """
        let aside = "create table aside (n int primary key)"
        let sql = PartitionedSource.declarative + PartitionedSource.inherited + [aside]
        try await Migration.live("parts", sql: sql, plan: plan) { migration in
            let run = try await whileFollowing(migration)
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            let migrated = try await run.wait(atMost: 30)
            #expect(migrated.exitCode == 0, "\(migrated)")
            #expect(try await migration.differences(excluding: ["public.beat", "public.aside"]) == [])
            // Roots hold no rows: their truncation is that of their partitions.
            #expect(!run.stderr.contains("notice   public.events "), "\(run.stderr)")
            #expect(run.stderr.contains("public.aside is written to") == (plugin == "test_decoding"), "\(run.stderr)")
            let later = try await migration.onTarget(
                "select count(*) > 0 from public.readings where ts >= '2024-05-01 +00'")
            #expect(later == ["t"])
        }
    }

    /// - Returns: the run that follows after the first was killed.
    private func whileFollowing(_ migration: Migration) async throws -> SkeinProcess {
        var second: SkeinProcess?
        try await migration.whileWriting(PartitionedSource.writes) {
            let first = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(first)
            first.send(SIGKILL)
            _ = try await first.wait()
            try await migration.applyToSource("truncate readings_01")
            let again = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(again)
            // Its rows are in the stream from the first on.
            try await migration.applyToSource("insert into aside values (1); truncate events")
            try await migration.applyToSource(
                """
                create table readings_05 partition of readings
                    for values from ('2024-05-01 +00') to ('2024-06-01 +00');
                insert into readings (device_id, ts, value)
                    select 1, '2024-05-01 +00'::timestamptz + g * interval '1 minute', g from generate_series(1, 500) g;
                update readings set value = -1 where ts > '2024-05-01 01:00 +00' and device_id = 1;
                delete from readings where ts > '2024-05-01 02:00 +00' and ts < '2024-05-01 03:00 +00';
                truncate readings_03;
                """)
            try await migration.waitUntilArrived()
            second = again
        }
        return try #require(second)
    }

    @Test(.timeLimit(.minutes(4)))
    func `a truncated child by inheritance stops by name, and a resync of the whole goes on`() async throws {
        let plan = """
            hypertables: [{table: public.logs, time-column: at, from-partitions: true}]
            replication: {spool: {directory: ./spool}}
            cutover: {fence: read-only}
            """
        try await Migration.live("parts_inh", sql: PartitionedSource.inherited, plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource(
                "truncate only logs_1; insert into logs_2 (at, line) values ('2024-03-01', 'n')")
            let stopped = try await run.wait(atMost: 60)
            #expect(stopped.exitCode == 4 || stopped.exitCode == 1, "\(stopped)")
            #expect(stopped.stderr.contains("public.logs_1 was truncated"), "\(stopped)")
            #expect(stopped.stderr.contains("--resync public.logs"), "\(stopped)")
            let again = try migration.start("migrate", ["--no-color", "--resync", "public.logs"])
            try await migration.waitUntilFollowing(again)
            try await migration.wait(on: migration.target, until: "select count(*) = 0 from skein.lane_table")
            try await migration.applyToSource(
                "truncate logs; insert into logs_2 (at, line) values ('2024-03-01', 'last')")
            try await migration.waitUntilArrived()
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(again.stderr)")
            _ = try await again.wait(atMost: 30)
            #expect(try await migration.differences(excluding: ["public.beat"]) == [])
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `without the key plan names it, with it says what is left out`() async throws {
        try await Migration.with(
            "parts_plan", sql: PartitionedSource.declarative + PartitionedSource.inherited,
            plan: "hypertables: [{table: public.readings, time-column: ts}]"
        ) { migration in
            let refused = try await migration.skein("plan", "--no-color")
            #expect(refused.exitCode == 2)
            #expect(refused.stderr.contains("from-partitions: true"), "\(refused)")
            try migration.writePlan(PartitionedSource.plan)
            let planned = try await migration.skein("plan", "--no-color")
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(planned.stderr.contains("public.only_here"), "\(planned)")
            #expect(planned.stderr.contains("trigger send"), "\(planned)")
        }
    }
}

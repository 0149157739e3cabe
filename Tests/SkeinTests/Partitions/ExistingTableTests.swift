import Glibc
import Postgres
import TestServers
import Testing

@Suite("Rows go into tables that are on the target", .serialized, .enabled(if: TestServers.areAvailable))
struct ExistingTableTests {
    private static let source = [
        """
        create table flat (id bigserial primary key, ts timestamptz not null, device int, v numeric);
        create index flat_device on flat (device, ts);
        create table parted (id bigint, day date not null, v text, primary key (id, day));
        create table child (id bigint primary key, p bigint, d date, foreign key (p, d) references parted (id, day));
        create table plain (id int primary key, v text unique);
        create view counted as select count(*) from flat;
        """,
        """
        insert into flat (ts, device, v)
            select '2024-01-01 +00'::timestamptz + g * interval '10 minutes', g % 10, g from generate_series(1, 5000) g;
        insert into parted select g, '2024-01-01'::date + g % 60, 'x' || g from generate_series(1, 2000) g;
        insert into child select g, g, '2024-01-01'::date + g % 60 from generate_series(1, 100) g;
        insert into plain select g, 'v' || g from generate_series(1, 500) g;
        analyze;
        """,
    ]

    private static let target = """
        set search_path = public;
        create extension timescaledb;
        create table public.flat (ts timestamptz not null, id bigint not null, device int, v numeric, primary key (id, ts));
        select create_hypertable('public.flat', by_range('ts', interval '7 days'));
        create table public.parted (id bigint, day date not null, v text, primary key (id, day)) partition by range (day);
        create table public.parted_1 partition of public.parted for values from ('2024-01-01') to ('2024-02-01');
        create table public.parted_rest partition of public.parted default;
        create table public.plain (v text, id int primary key);
        """

    private static let plan = "copy: {into-existing: [public.flat, public.parted, public.plain]}"

    private func isKept(_ migration: Migration) async throws {
        let indexes = try await migration.onTarget(
            """
            select indexrelid::regclass::text from pg_index
            where indrelid in ('public.flat'::regclass, 'public.parted'::regclass, 'public.plain'::regclass) order by 1
            """)
        #expect(
            indexes
                == ["flat_device", "flat_pkey", "flat_ts_idx", "parted_pkey", "plain_pkey", "plain_v_key"].map {
                    "public." + $0
                })
        #expect(try await migration.onTarget("select count(*) from public.child where p is not null") == ["100"])
        #expect(
            try await migration.onTarget(
                """
                select conname from pg_constraint
                where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace
                """) == ["child_p_d_fkey"])
    }

    /// Rows as text in the order of the source's columns, which the target's need not have.
    private func rows(_ migration: Migration) async throws {
        for (table, columns) in [
            ("flat", "id, ts, device, v"), ("parted", "id, day, v"), ("plain", "id, v"), ("child", "id, p, d"),
        ] {
            let query = "select count(*) || md5(string_agg((\(columns))::text, ',' order by id)) from public.\(table)"
            let (there, here) = (try await migration.onSource(query), try await migration.onTarget(query))
            #expect(there == here, "\(table)")
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `offline, killed, the same command goes on, and starting over keeps the tables`() async throws {
        try await Migration.with("exist_off", sql: Self.source, plan: Self.plan) { migration in
            let absent = try await migration.skein("plan", "--no-color")
            #expect(absent.exitCode == 2 && absent.stderr.contains("SK620"), "\(absent)")
            try await TestServers.execute(Self.target, on: migration.target)
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.before-commit:3"])
            #expect(killed.signal == SIGKILL, "\(killed)")
            let resumed = try await migration.skein("migrate", "--no-color")
            try #require(resumed.exitCode == 0, "\(resumed)")
            try await isKept(migration)
            try await rows(migration)
            // Filled now, for another migration.
            let clean = try await migration.skein("clean", "--yes")
            #expect(clean.exitCode == 0, "\(clean)")
            let filled = try await migration.skein("plan", "--no-color")
            #expect(filled.exitCode == 2 && filled.stderr.contains("SK622"), "\(filled)")
            let over = try await migration.skein("migrate", "--drop-if-exists", "--yes", "--no-color")
            try #require(over.exitCode == 0, "\(over)")
            try await isKept(migration)
            try await rows(migration)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `live with writers, killed while it follows`() async throws {
        let plan = """
            copy: {into-existing: [public.flat, public.parted, public.plain], split-tables-larger-than: 64 kB}
            replication: {spool: {directory: ./spool}}
            cutover: {fence: read-only}
            """
        let writes = [
            "insert into flat (ts, device, v) values ('2024-02-01 +00'::timestamptz + random() * '9 days'::interval, 1, 2)",
            "update flat set ts = ts + '11 days' where id = (1 + random() * 5000)::int",
            "update flat set v = v + 1 where id = (1 + random() * 5000)::int",
            "delete from flat where id = (1 + random() * 5000)::int",
            "update parted set v = v || '.' where id = (101 + random() * 1800)::int",
            "delete from parted where id = (101 + random() * 1800)::int",
            "update plain set v = 'w' || id || random() where id = (1 + random() * 499)::int",
        ]
        try await Migration.live("exist", sql: Self.source, plan: plan) { migration in
            try await TestServers.execute(Self.target, on: migration.target)
            var last: SkeinProcess?
            try await migration.whileWriting(writes) {
                let first = try migration.start("migrate", ["--no-color"])
                try await migration.waitUntilFollowing(first)
                first.send(SIGKILL)
                _ = try await first.wait()
                let again = try migration.start("migrate", ["--no-color"])
                try await migration.waitUntilFollowing(again)
                last = again
            }
            let run = try #require(last)
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            _ = try await run.wait(atMost: 30)
            try await isKept(migration)
            try await rows(migration)
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `partitions of the source go into a hypertable that is there, with another primary key`() async throws {
        let plan = """
            hypertables: [{table: public.readings, time-column: ts, from-partitions: true}]
            select: {tables: {exclude: [public.numbers, "public.numbers_*", "public.events*", "public.loose*"]}}
            copy: {into-existing: [public.readings]}
            """
        let target = """
            set search_path = public;
            create extension timescaledb;
            create table public.readings (
                ts timestamptz not null, device_id int not null, value numeric, note text,
                twice numeric generated always as (value * 2) stored, primary key (ts, device_id));
            select create_hypertable('public.readings', by_range('ts', interval '10 days'));
            select add_dimension('public.readings', by_hash('device_id', 3));
            """
        try await Migration.with("exist_parts", sql: PartitionedSource.declarative, plan: plan) { migration in
            try await TestServers.execute(target, on: migration.target)
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            let query = """
                select count(*) || md5(string_agg((device_id, ts, value, note, twice)::text, ',' order by device_id, ts))
                from public.readings
                """
            #expect(try await migration.onSource(query) == migration.onTarget(query))
        }
    }
}

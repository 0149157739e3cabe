import Postgres
import TestServers
import Testing

/// A TimescaleDB source with every kind of hypertable that the Apache build can make, and plain tables beside.
enum TimescaleDatabase {
    /// Pieces of a chunk each, so that every border is one.
    static let plan = "copy: {table-jobs: 2, split-tables-larger-than: 1 kB}"

    static let batches = [
        "create extension timescaledb",
        """
        create table devices (id int primary key, name text not null);
        insert into devices select i, 'device ' || i from generate_series(1, 20) i;
        create table readings (
            time timestamptz not null, device int not null references devices (id), value double precision,
            note text, primary key (device, time));
        select create_hypertable('readings', by_range('time', interval '1 day'));
        insert into readings
        select t, d, extract(epoch from t) / d, case when d % 5 = 0 then repeat('x', 3000) end
        from generate_series('2024-03-01'::timestamptz, '2024-03-10', '1 hour') t, generate_series(1, 20) d;
        create index readings_value on readings (value) where value > 0;
        """,
        // Space partitions, a column that was dropped before some chunks came, a default, a trigger of the user's.
        """
        create schema "Iot ""x";
        create function "Iot ""x".touch() returns trigger language plpgsql as 'begin new.seen := 1; return new; end';
        create table "Iot ""x"."Me'ters" (
            gone int, id bigint generated always as identity, "at" timestamp not null, "si te" text not null,
            seen int default 0, amount numeric check (amount < 1e9), unique ("at", "si te", id));
        select create_hypertable('"Iot ""x"."Me''ters"', by_range('at', interval '12 hours'));
        select add_dimension('"Iot ""x"."Me''ters"', by_hash('si te', 3));
        insert into "Iot ""x"."Me'ters" (gone, "at", "si te", amount)
        select 1, '2024-01-01'::timestamp + i * interval '20 minutes', 'site ' || i % 7, i
        from generate_series(1, 200) i;
        alter table "Iot ""x"."Me'ters" drop column gone;
        create trigger touch before update on "Iot ""x"."Me'ters" for each row
            execute function "Iot ""x".touch();
        insert into "Iot ""x"."Me'ters" ("at", "si te", amount)
        select '2024-02-01'::timestamp + i * interval '20 minutes', 'site ' || i % 7, i from generate_series(1, 99) i;
        """,
        // Integer time with its own present, a date, a hypertable without key, an empty one, chunks in a schema of
        // the user's.
        """
        create table ticks (n bigint not null, v int);
        select create_hypertable('ticks', by_range('n', 1000));
        create function ticks_now() returns bigint language sql stable as 'select max(n) from public.ticks';
        select set_integer_now_func('ticks', 'ticks_now');
        insert into ticks select i, i % 10 from generate_series(-2500, 7500, 3) i;
        create table days (day date not null, v int, primary key (day));
        select create_hypertable('days', by_range('day', interval '30 days'));
        insert into days select '2023-01-01'::date + i, i from generate_series(0, 400) i;
        create schema chunks;
        create table placed (at timestamptz not null, v int);
        select create_hypertable('placed', 'at', associated_schema_name => 'chunks', associated_table_prefix => 'p');
        insert into placed select t, 1 from generate_series('2024-01-01'::timestamptz, '2024-02-01', '1 hour') t;
        create table nothing (at timestamptz not null, v int);
        select create_hypertable('nothing', 'at');
        create view latest as select device, max(time) as time from readings group by device;
        """,
    ]

    /// What `readings` and the others are divided by.
    static let dimensions = """
        select concat_ws(' ', hypertable_schema, hypertable_name, dimension_number, column_name, time_interval,
            integer_interval, integer_now_func, num_partitions)
        from timescaledb_information.dimensions order by 1
        """

    static func with(
        _ prefix: String, plan: String = plan, mode: String = "offline", sql: [String] = batches,
        from source: ConnectionTarget? = nil, _ body: (Migration) async throws -> Void,
    ) async throws {
        let environment = try #require(DumpPrograms.environment(major: 17))
        try await Migration.with(
            prefix, sql: sql, plan: plan, mode: mode, sourceServer: source ?? TestServers.requireTarget(),
            targetServer: TestServers.requireTarget18()
        ) { migration in
            var migration = migration
            migration.environment = environment
            try await body(migration)
        }
    }

    static let areAvailable =
        TestServers.areAvailable && TestServers.has18 && DumpPrograms.environment(major: 17) != nil
    static let absence: Comment =
        "SKIPPED: needs PostgreSQL 17 and 18 with TimescaleDB, and pg_dump 17: no TimescaleDB source was migrated"
}

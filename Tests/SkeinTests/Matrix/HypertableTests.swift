import TestServers
import Testing

@Suite("Hypertables of every kind", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct HypertableTests {
    @Test("Tables become hypertables with their rows, keys and all that hangs on them")
    func hypertables() async throws { try await Self.migrates(to: .seventeen) }

    @Test("So they do on PostgreSQL 18", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newer() async throws { try await Self.migrates(to: .eighteen) }

    @Test("Times that TimescaleDB refuses are named with a cure; infinity is none of them")
    func infinity() async throws {
        let sql = """
            create table public.endless (at timestamptz not null, v int);
            insert into public.endless values ('2024-01-01', 1), ('infinity', 2), ('-infinity', 3);
            """
        let plan = "hypertables: [{table: public.endless, time-column: at}]"
        try await Migration.with("matrix_infinity", sql: [sql], plan: plan) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 1)
            #expect(result.stderr.contains("a hypertable holds neither -infinity nor"), "\(result)")
            #expect(result.stderr.contains(#"select min("at"), max("at") from "public"."endless""#), "\(result)")
            try await TestServers.execute("delete from public.endless where v = 3", on: migration.source)
            let again = try await migration.skein("migrate", "--drop-if-exists", "--yes")
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await LeafContents.differences(migration) == [])
        }
    }

    @Test("TimescaleDB in a schema of its own is found there")
    func otherSchema() async throws {
        let sql = "create table public.r (at timestamptz not null); insert into public.r values ('2024-01-01');"
        let plan = "hypertables: [{table: public.r, time-column: at}]"
        try await Migration.with("matrix_elsewhere", sql: [sql], plan: plan) { migration in
            try await TestServers.execute(
                #"create schema "Time s"; create extension timescaledb schema "Time s""#, on: migration.target)
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await LeafContents.differences(migration) == [])
        }
    }

    private static let triggers = """
        create function public.f() returns trigger language plpgsql as 'begin return new; end';
        create table public.r (at timestamptz not null);
        insert into public.r values ('2024-01-01');
        create trigger "Off" before insert on public.r for each row execute function public.f();
        create trigger "Always" after update on public.r for each row execute function public.f();
        alter table public.r disable trigger "Off", enable always trigger "Always";
        """

    @Test("Triggers that are disabled or fire always are refused before TimescaleDB refuses them, with their cures")
    func triggerStates() async throws {
        let plan = "hypertables: [{table: public.r, time-column: at}]"
        try await Migration.with("matrix_triggers", sql: [Self.triggers], plan: plan) { migration in
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 2)
            for cure in [
                #"drop trigger "Off" on "public"."r";"#, #"alter table "public"."r" enable trigger "Always";"#,
            ] {
                #expect(refused.stderr.contains(cure), "\(refused)")
                try await TestServers.execute(cure, on: migration.source)
            }
            let cured = try await migration.skein("migrate")
            #expect(cured.exitCode == 0, "\(cured)")
        }
    }

    @Test("Newer TimescaleDB takes them as they are", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newerTriggerStates() async throws {
        let plan = "hypertables: [{table: public.r, time-column: at}]"
        try await Migration.succeeding("triggers", [Self.triggers], plan: plan, to: .eighteen) { migration, _ in
            let states = try await migration.onTarget(
                "select concat_ws(' ', tgname, tgenabled) from pg_trigger where tgname in ('Off', 'Always') order by 1")
            #expect(Set(states) == ["Always A", "Off D"])
        }
    }

    private static func migrates(to target: MatrixTarget) async throws {
        let sql = HypertableDatabase.batches
        try await Migration.succeeding("hyper", sql, plan: plan, to: target) { migration, result in
            #expect(try await LeafContents.differences(migration) == [])
            let differences = try await Definitions.differences(migration, on: target.server)
            #expect(differences.filter(isOurs) == expectedDifferences)
            #expect(try await migration.onTarget(incompleteChunks) == [])
            for name in ["bad of h.bad_refers", "bad_device_fk of h.bad_device"] {
                #expect(result.stderr.contains("foreign key \(name) stays NOT VALID"), "\(result)")
            }
            #expect(try await migration.onTarget(dimensions) == expectedDimensions)
            #expect(try await migration.onTarget(cuts) == ["big at 7", "big_never at 4"])
            // Pieces end where chunks begin: no chunk was filled by two.
            let misplaced = try await migration.onTarget(borders)
            #expect(misplaced == [])
        }
    }

    private static let plan = #"""
        hypertables:
          - table: h.tz
            time-column: at
            chunk-interval: 7 days
            space: {column: device, partitions: 3}
            primary-key: [id, device, at]
          - {table: h.ts, time-column: at, chunk-interval: 3 months}
          - {table: h.d, time-column: day, chunk-interval: 30 days}
          - {table: h.i2, time-column: t, chunk-interval: 5000}
          - {table: h.i4, time-column: t, chunk-interval: 100000}
          - {table: h.i8, time-column: t, chunk-interval: 100000000000}
          - {table: h.empty, time-column: at, primary-key: [id, at]}
          - {table: h.big, time-column: at, chunk-interval: 7 days}
          - {table: h.big_never, time-column: at, chunk-interval: 7 days, space: {column: device, partitions: 2}}
          - {table: h.bad_device, time-column: at}
          - {table: h.no_valid, time-column: at}
          - {table: h.guarded, time-column: at}
          - {table: h.nullable, time-column: at}
          - table: h."Weird ""T"
            time-column: '"the ""time"'
            space: {column: '"sp''ace"', partitions: 2}
            primary-key: [id, '"the ""time"', '"sp''ace"']
        copy: {split-tables-larger-than: 1 MB}
        """#

    /// Chunks that lack a key, a foreign key or an index of their hypertable. (Once they lacked all keys: the event
    /// trigger that hands them on was silenced.)
    static let incompleteChunks = """
        with chunk as (
            select format('%I.%I', hypertable_schema, hypertable_name)::regclass as hypertable,
                format('%I.%I', chunk_schema, chunk_name)::regclass as chunk
            from timescaledb_information.chunks
        )
        select format('%s of %s: %s, not %s', chunk, hypertable, has, wanted)
        from chunk
        cross join lateral (
            select array_agg(pg_get_constraintdef(oid) order by pg_get_constraintdef(oid))::text || (
                select count(*) from pg_index where indrelid = hypertable) as wanted
            from pg_constraint where conrelid = hypertable and contype in ('p', 'u', 'f', 'x') and conparentid = 0) h
        cross join lateral (
            select array_agg(pg_get_constraintdef(oid) order by pg_get_constraintdef(oid))::text || (
                select count(*) from pg_index where indrelid = chunk) as has
            from pg_constraint where conrelid = chunk and contype in ('p', 'u', 'f', 'x')) c
        where has is distinct from wanted
        """

    private static let dimensions = """
        select concat_ws(' ', hypertable_name, column_name, time_interval, integer_interval, num_partitions)
        from timescaledb_information.dimensions order by 1
        """
    private static let expectedDimensions = [
        "Weird \"T sp'ace 2", "Weird \"T the \"time 7 days", "bad_device at 7 days", "big at 7 days",
        "big_never at 7 days", "big_never device 2", "d day 30 days", "empty at 7 days", "guarded at 7 days",
        "i2 t 5000", "i4 t 100000", "i8 t 100000000000", "no_valid at 7 days", "nullable at 7 days", "ts at 90 days",
        "tz at 7 days",
        "tz device 3",
    ]

    /// Tables in several pieces, by which column.
    private static let cuts = """
        select format('%s %s %s', action #>> '{copy,_0,table,name}', action #>> '{copy,_0,rows,range,column}', count(*))
        from skein.task where id like 'copy:%' group by action #>> '{copy,_0,table,name}',
            action #>> '{copy,_0,rows,range,column}' having count(*) > 1 order by 1
        """
    private static let borders = """
        with border as (
            select action #>> '{copy,_0,table,name}' as name,
                (action #>> '{copy,_0,rows,range,lower}')::timestamptz as at
            from skein.task where id like 'copy:%' and action #>> '{copy,_0,rows,range,lower}' is not null
        )
        select format('%s %s', name, at) from border
        where not exists (
            select from timescaledb_information.chunks where hypertable_name = name and range_start = at)
        """

    /// What a hypertable must have and its table on the source has not: its key, and an index by its time where none
    /// leads with it. What the source's rows violate stays not valid.
    /// TimescaleDB's own objects, and what goes with a key or an index, say nothing new.
    private static func isOurs(_ line: String) -> Bool {
        let others = [
            "ts_insert_blocker", "_timescaledb_internal.", " of index ", ": index f f", "_pkey\": i p", "_pkey: i p",
        ]
        return !others.contains { line.contains($0) }
    }

    private static let expectedDifferences = #"""
        extra column at of table h.nullable: 1 timestamp with time zone t   t 0 p  -1 -
        extra constraint Weird "T_pkey on table h."Weird ""T": PRIMARY KEY (id, "the ""time", "sp'ace") t f f t 0 t
        extra constraint bad on table h.bad_refers: FOREIGN KEY (device, day) REFERENCES h.d(device, day) NOT VALID f f f t 0 t
        extra constraint bad_device_fk on table h.bad_device: FOREIGN KEY (device) REFERENCES h.devices(id) NOT VALID f f f t 0 t
        extra constraint empty_pkey on table h.empty: PRIMARY KEY (id, at) t f f t 0 t
        extra constraint tz_pkey on table h.tz: PRIMARY KEY (id, device, at) t f f t 0 t
        extra index h."Weird ""T_the ""time_idx": i p f f n btree f CREATE INDEX "Weird ""T_the ""time_idx" ON h."Weird ""T" USING btree ("the ""time" DESC)
        extra index h.d_day_idx: i p f f n btree f CREATE INDEX d_day_idx ON h.d USING btree (day DESC)
        extra index h.guarded_at_idx: i p f f n btree f CREATE INDEX guarded_at_idx ON h.guarded USING btree (at DESC)
        extra index h.i2_t_idx: i p f f n btree f CREATE INDEX i2_t_idx ON h.i2 USING btree (t DESC)
        extra index h.no_valid_at_idx: i p f f n btree f CREATE INDEX no_valid_at_idx ON h.no_valid USING btree (at DESC)
        extra index h.nullable_at_idx: i p f f n btree f CREATE INDEX nullable_at_idx ON h.nullable USING btree (at DESC)
        extra index h.tz_at_idx: i p f f n btree f CREATE INDEX tz_at_idx ON h.tz USING btree (at DESC)
        missing column at of table h.nullable: 1 timestamp with time zone f   t 0 p  -1 -
        missing constraint Weird "T_pkey on table h."Weird ""T": PRIMARY KEY (id) t f f t 0 t
        missing constraint bad on table h.bad_refers: FOREIGN KEY (device, day) REFERENCES h.d(device, day) t f f t 0 t
        missing constraint bad_device_fk on table h.bad_device: FOREIGN KEY (device) REFERENCES h.devices(id) t f f t 0 t
        missing constraint empty_pkey on table h.empty: PRIMARY KEY (id) t f f t 0 t
        missing constraint tz_pkey on table h.tz: PRIMARY KEY (id) t f f t 0 t
        """#.split(separator: "\n").map(String.init)
}

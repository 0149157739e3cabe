import Faults
import Postgres
import TestServers
import Testing

@Suite("Extensions", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct ExtensionTests {
    @Test("Columns, indexes and functions of extensions arrive, wherever the extensions are")
    func extensions() async throws { try await Self.migrates(to: .seventeen) }

    @Test("So they do on PostgreSQL 18", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newer() async throws { try await Self.migrates(to: .eighteen) }

    private static func migrates(to target: MatrixTarget) async throws {
        try await Migration.succeeding("extension", sql, to: target) { migration, _ in
            let rows = try await LeafContents.differences(migration)
            #expect(rows == [])
            let definitions = try await Definitions.differences(migration, on: target.server)
            #expect(definitions == [])
        }
    }

    /// No package of Debian's contrib has such tables, so a member is made one, on both sides.
    @Test(
        "Rows that users keep in an extension's own tables arrive, and the target's stay",
        arguments: ["offline", "live"])
    func ownRows(_ mode: String) async throws {
        let table = """
            create extension hstore schema public;
            create table public.rules (id int primary key, rule public.hstore, built_in boolean default false%@);
            alter extension hstore add table public.rules;
            update pg_extension set extconfig = array['public.rules'::regclass::oid],
                extcondition = array['where not built_in'] where extname = 'hstore';
            insert into public.rules values (1, 'a=>1', true);
            """
        let source =
            table.replacing("%@", with: ", old text") + """
                insert into public.rules select i, hstore('k', i::text) from generate_series(10, 30) i;
                create table public.beat (n bigint generated always as identity primary key);
                """
        try await Migration.with("own_rows_\(mode)", sql: [source], mode: mode) { migration in
            let target = table.replacing("%@", with: ", new text default 'n'")
            try await TestServers.withConnection(to: migration.target, settings: ["search_path": "public"]) {
                try $0.execute(target + "insert into public.rules values (12, 'mine=>1'), (99, 'mine=>2');")
            }
            if mode == "offline" {
                let fault = FaultPoint.extensionRowsMoved.rawValue
                let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": fault])
                #expect(killed.signal == 9, "\(killed)")
            }
            let run = try migration.start("migrate")
            if mode == "live" {
                let cutover = try await migration.cutOver()
                try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            }
            let result = try await run.wait()
            try #require(result.exitCode == 0, "\(result)")
            let rows = try await TestServers.column(
                "select string_agg(concat_ws(' ', id, rule, built_in, new), '; ' order by id) from public.rules "
                    + "where id < 14 or id > 28", on: migration.target)
            #expect(
                rows == [
                    """
                    1 "a"=>"1" t n; 10 "k"=>"10" f n; 11 "k"=>"11" f n; 12 "mine"=>"1" f n; 13 "k"=>"13" f n; \
                    29 "k"=>"29" f n; 30 "k"=>"30" f n; 99 "mine"=>"2" f n
                    """
                ])
            _ = try await migration.skein("clean", "--yes")
        }
    }

    @Test("An extension is made at the source's version where the target has it")
    func version() async throws {
        let sql = "create extension hstore version '1.4'; create extension pg_trgm version '1.3'"
        try await Migration.with("versions", sql: [sql]) { migration in
            let result = try await migration.skein("migrate")
            try #require(result.exitCode == 0, "\(result)")
            let query = "select extname || ' ' || extversion from pg_extension where extname <> 'plpgsql' order by 1"
            #expect(try await TestServers.column(query, on: migration.target) == ["hstore 1.4", "pg_trgm 1.3"])
        }
    }

    private static let sql = [
        #"""
        create schema "Ext ""1";
        create schema ext2;
        create extension citext schema "Ext ""1";
        create extension hstore schema ext2;
        create extension pg_trgm schema "Ext ""1";
        create extension ltree;
        create extension cube schema ext2;
        create extension earthdistance schema ext2;
        create extension intarray schema ext2;
        create extension isn schema ext2;
        create extension seg schema ext2;
        create extension btree_gin schema ext2;
        create extension btree_gist schema ext2;
        create extension "uuid-ossp" schema ext2;
        create extension pgcrypto schema ext2;
        create extension tablefunc;
        create extension unaccent;
        create extension fuzzystrmatch;
        create extension bloom;
        create extension lo;
        """#,
        #"""
        create domain ext2.email as "Ext ""1".citext check (value like '%@%');
        create type ext2.pair as (a "Ext ""1".citext, b ext2.hstore);
        create table public.typed (
            id uuid primary key default ext2.uuid_generate_v4(), c "Ext ""1".citext unique, cs "Ext ""1".citext[],
            h ext2.hstore, hs ext2.hstore[], l public.ltree, ls public.ltree[], q public.lquery, k ext2.cube, s ext2.seg,
            i ext2.isbn13, e ext2.email, p ext2.pair, ps ext2.pair[], o public.lo, n int[]);
        insert into public.typed values
            (ext2.uuid_generate_v4(), 'ÄbC', '{a,NULL,"b c"}', 'a=>1, "b \"c"=>NULL', array['x=>y', null]::ext2.hstore[],
            'Top.Science', '{a.b,NULL}', '*.a|b.*{1,2}', '(1,2),(3,-0)', '1.50 .. 2', '978-0-393-04002-9', 'a@B.c',
            row('A', 'k=>v'), array[row(null, null)::ext2.pair, null], 4711, '{1,2}'),
            (ext2.uuid_generate_v4(), '', '{}', '', '{}', '', '{}', null, null, null, null, null, null, '{}', null, '{}');
        create index typed_trgm on public.typed using gin (lower(c::text) "Ext ""1".gin_trgm_ops);
        create index typed_hstore on public.typed using gin (h);
        create index typed_ltree on public.typed using gist (l);
        create index typed_cube on public.typed using gist (k);
        create index typed_ints on public.typed using gin (n ext2.gin__int_ops);
        create table public.booked (room int, during tsrange, exclude using gist (room with =, during with &&));
        insert into public.booked values (1, '[2024-01-01,2024-01-02)'), (1, '[2024-01-02,2024-01-03)'), (2, '(,)');
        create index booked_bloom on public.booked using bloom (room) with (length = 80);
        create view public.alike as select c operator("Ext ""1".%) 'abc' as alike from public.typed;
        create function public.trimmed(text) returns text language sql immutable as
            'select public.unaccent(''public.unaccent'', $1)';
        create index typed_trimmed on public.typed (public.trimmed(c::text));
        create trigger keep before update or delete on public.typed for each row execute function public.lo_manage(o);
        """#,
    ]
}

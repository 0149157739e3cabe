import TestServers
import Testing

@Suite("Functions that count on a search_path", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct SearchPathTests {
    private static let functions = """
        create function public.helper(int) returns int language sql immutable as 'select $1 + 1';
        create function public.positive(int) returns boolean language plpgsql immutable as
            'begin return helper($1) > 0; end';
        create function public.next(int) returns int language plpgsql immutable as 'begin return helper($1); end';
        """

    @Test("Checks, domains and generated columns are evaluated under the database's own")
    func checks() async throws {
        let sql = """
            create domain public.natural as int check (public.positive(value));
            create table public.checked (a int check (public.positive(a)), g int generated always as (public.next(a)) stored,
                d public.natural);
            insert into public.checked (a, d) select i, i from generate_series(1, 10) i;
            """
        try await Migration.succeeding("path", [Self.functions + sql]) { migration, _ in
            let differences = try await LeafContents.differences(migration)
            #expect(differences == [])
        }
    }

    @Test("An index or a view that the target cannot make without one is named with its function, and goes on with it")
    func indexes() async throws {
        let sql = """
            create table public.indexed (a int);
            insert into public.indexed values (1), (2);
            create index indexed_next on public.indexed (public.next(a));
            create materialized view public.filled as select public.next(a) as a from public.indexed;
            """
        try await Migration.with("matrix_path", sql: [Self.functions + sql]) { migration in
            let failed = try await migration.skein("migrate")
            #expect(failed.exitCode == 1)
            #expect(failed.stderr.contains("function public.next(integer) counts on a search_path"), "\(failed)")
            try await TestServers.execute(
                "alter function public.next(int) set search_path = public", on: migration.target)
            let mended = try await migration.skein("migrate")
            #expect(mended.exitCode == 0, "\(mended)")
            #expect(try await LeafContents.differences(migration) == [])
        }
    }
}

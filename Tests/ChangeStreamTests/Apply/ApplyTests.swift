import ChangeStream
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ApplyTests {
    static let ways: [(plugin: Plugin, isBinary: Bool)] = [
        (.pgoutput, false), (.pgoutput, true), (.testDecoding, false), (.wal2json, false),
    ]

    static let all = """
        create type public.mood as enum ('sad', 'it''s ok', 'glad');
        create type public.pair as (a integer, b text);
        create domain public.percent as numeric(5, 2) check (value >= 0);
        create table public.everything (
            id bigint primary key, t text, v varchar(20), c char(5), b bytea, f float8, r real, n numeric, nn numeric(8, 3),
            d date, ts timestamp, tz timestamptz, i interval, u uuid, j json, jb jsonb, m public.mood, p public.pair,
            pc public.percent, ia integer[], ta text[], ma public.mood[], bit3 bit(3), vb varbit, ip inet, q "char",
            twice bigint generated always as (id * 2) stored
        )
        """

    // wal2json 2.5, which the source has, loses NaN.
    @Test(arguments: ways.filter { $0.plugin != .wal2json }) func `Values of all kinds arrive as they are`(
        way: (plugin: Plugin, isBinary: Bool),
    ) async throws {
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: Self.all) { bed in
            let values = """
                select i, case i % 4 when 0 then null when 1 then '' when 2 then E'a\\tb\\nc\\\\d\\re' else 'ö' end, 'x' || i,
                    'ab', case i % 3 when 0 then null when 1 then ''::bytea else '\\x00ff5c0a'::bytea end,
                    case i % 4 when 0 then 'NaN' when 1 then '-Infinity' when 2 then 0.1 else 1e-300 end, 'Infinity',
                    case i % 2 when 0 then 'NaN' else 1.00 end, 3.140, 'infinity', '1999-01-01 24:00:00', '-infinity',
                    '1 mon -3 days', gen_random_uuid(), '{"a" : 1}', '{"a": null}', 'it''s ok', row(1, 'x"y,')::public.pair,
                    99.5, array[[1, null], [3, 4]], array['a', null, '', 'NULL', '{"'], array['glad', 'sad']::public.mood[],
                    B'101', B'', '10.0.0.1/8', 'x'
                from generate_series(1, 40) i
                """
            let table = try await bed.table("everything", .columns(["id"]))
            try await bed.onSource(
                "insert into public.everything \(values)",
                "insert into public.everything \(values.replacing("(1, 40)", with: "(41, 43)"))",
                "update public.everything set t = 'changed', f = f, ia = '{}' where id % 2 = 0",
                "update public.everything set t = null, m = 'glad', p = null where id = 7",
                "update public.everything set id = id + 1000 where id in (1, 2, 3)",
                "delete from public.everything where id in (11, 12, 13)",
                "delete from public.everything where id > 20 and id < 36")
            let status = try await bed.applyAll([table])
            #expect(status.missing == 0)
            try await bed.expectEqual("everything")
        }
    }
}

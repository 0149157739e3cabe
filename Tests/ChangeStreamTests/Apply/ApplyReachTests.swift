import ChangeStream
import LogicalDecoding
import PlanFile
import Planning
import TestServers
import Testing

/// Changes reach their rows without reading what they do not change.
@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ApplyReachTests {
    @Test(arguments: [(plugin: Plugin.pgoutput, isBinary: true), (.testDecoding, false)])
    func `Changes of one chunk leave the others alone`(way: (plugin: Plugin, isBinary: Bool)) async throws {
        let source = """
            create table public.r (d integer, t timestamptz, v integer, primary key (d, t));
            insert into public.r select i % 10, '2024-01-01'::timestamptz + i * interval '1 hour', i
            from generate_series(0, 4799) i
            """
        // 200 days, 29 chunks.
        let hypertables = """
            create table public.moved as table public.r; truncate public.r;
            select create_hypertable('public.r', 't', chunk_time_interval => interval '7 days');
            insert into public.r table public.moved; drop table public.moved; analyze public.r
            """
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: source, hypertables: hypertables) { bed in
            try await bed.onSource(
                "update r set v = -v where t >= '2024-03-01' and t < '2024-03-05'",
                "delete from r where t >= '2024-03-05' and t < '2024-03-06'",
                "update r set v = 0 where t = '2024-03-02'", "delete from r where t = '2024-03-03'")
            try await bed.onTarget("select pg_stat_reset()")
            let status = try await bed.applyAll([try await bed.table("r", .columns(["d", "t"]))])
            #expect(status.missing == 0)
            let looked = try await TestServers.column(
                """
                select relname from pg_stat_all_tables
                where relname like '\\_hyper%' and coalesce(idx_scan, 0) + seq_scan > 0
                """, on: bed.target)
            // Six days touch two chunks at most.
            #expect((1...2).contains(looked.count), "\(looked)")
            try await bed.expectEqual("r")
        }
    }

    @Test(arguments: [Plugin.pgoutput, .testDecoding])
    func `A row known by all its columns is found by an index, also beside NULLs`(plugin: Plugin) async throws {
        let sql = """
            create table public.e (a integer, b text, n numeric);
            alter table public.e replica identity full;
            create index on public.e (a);
            insert into public.e select i, nullif('b' || i % 3, 'b0'), i from generate_series(1, 20000) i
            """
        try await Bed.with(plugin, source: sql, target: sql + "; analyze public.e") { bed in
            try await bed.onSource(
                "update e set n = n + 0.50 where a % 200 = 0", "update e set b = null where a % 500 = 0",
                "update e set b = '' where a % 700 = 0 and b is null", "delete from e where a % 900 = 0",
                "update e set a = null where a = 13", "update e set b = 'x' where a is null")
            try await bed.onTarget("select pg_stat_reset()")
            let status = try await bed.applyAll([try await bed.table("e", .full)])
            #expect(status.missing == 0)
            let scans = try await TestServers.column(
                "select seq_scan from pg_stat_all_tables where relid = 'public.e'::regclass", on: bed.target)
            #expect(scans == ["0"])
            try await bed.expectEqual("e")
        }
    }
}

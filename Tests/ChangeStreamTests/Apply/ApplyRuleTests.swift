import ChangeStream
import Foundation
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

/// The rules of applying, one by one.
@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ApplyRuleTests {
    @Test func `Keys that trade places in one transaction`() async throws {
        let sql =
            "create table public.t (id integer primary key, v text); insert into public.t select i, 'v' || i from generate_series(1, 100) i"
        try await Bed.with(source: sql) { bed in
            try await bed.onSource(
                "begin; update t set id = 1000 where id = 1; update t set id = 1 where id = 2; update t set id = 2 where id = 1000; commit",
                "alter table t add constraint d unique (id) deferrable initially deferred",
                "begin; update t set id = id + 1 where id between 10 and 90 and id % 10 <> 0; commit".replacing(
                    "id + 1", with: "-id"),
                "update t set id = -id where id < 0")
            let status = try await bed.applyAll([try await bed.table("t", .columns(["id"]))])
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    @Test func `A second unique index keeps changes in the source's order`() async throws {
        let sql = """
            create table public.t (id integer primary key, u integer unique);
            insert into public.t select i, i from generate_series(1, 50) i
            """
        try await Bed.with(source: sql) { bed in
            try await bed.onSource(
                (1...20).map {
                    "begin; update t set u = null where id = \($0); update t set u = \($0) where id = \($0 + 20); update t set u = \($0 + 20) where id = \($0); commit"
                }
                .joined(separator: ";"),
                "begin; delete from t where id = 45; insert into t values (100, 45); insert into t select i, i from generate_series(200, 230) i; commit"
            )
            let status = try await bed.applyAll(
                [try await bed.table("t", .columns(["id"]))], jobs: 2, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    /// EXACTNESS.md, 21.
    @Test func `An exclusion constraint keeps changes in the source's order`() async throws {
        let sql = """
            create table public.x (id integer primary key, r int4range, exclude using gist (r with &&));
            insert into public.x select i, int4range(i * 10, i * 10 + 10) from generate_series(1, 40) i
            """
        try await Bed.with(source: sql) { bed in
            try await bed.onSource(
                (1...20).map { number in
                    """
                    begin; update x set r = 'empty' where id = \(number);
                    update x set r = int4range(\(number * 10), \(number * 10 + 10)) where id = \(number + 20);
                    update x set r = int4range(\(number * 10 + 200), \(number * 10 + 210)) where id = \(number); commit
                    """
                }
                .joined(separator: ";"))
            let status = try await bed.applyAll(
                [try await bed.table("x", .columns(["id"]))], jobs: 2, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("x")
        }
    }

    /// EXACTNESS.md, 21: cancelled while one waits, as a crash leaves them.
    @Test func `Workers at different positions come to one before they are spread anew`() async throws {
        let sql = """
            create table public.t (id integer primary key, v integer);
            insert into public.t select i, 0 from generate_series(1, 500) i
            """
        try await Bed.with(source: sql) { bed in
            let tables = [try await bed.table("t", .columns(["id"]))]
            // Done twice, or not at all, each leaves a trace.
            try await bed.onSource(
                """
                do $$ begin for i in 1..400 loop
                    insert into t values (500 + i, i); commit; delete from t where id = i; commit;
                end loop; end $$
                """)
            let applier = bed.applier(tables, jobs: 2, isFarBehind: true) { $0.limits.changes = 20 }
            try await TestServers.withConnection(to: bed.target) { holder in
                try holder.execute("begin; select from public.t where id = 200 for update")
                let running = Task { try await applier.run() }
                let areApart = """
                    select max(position) > min(position) and exists (
                        select from pg_locks w join pg_locks h using (transactionid)
                        where not w.granted and h.granted and h.pid = pg_backend_pid())
                    from skein.apply_progress
                    """
                while try holder.scalar(areApart) != "t", !Task.isCancelled { Thread.sleep(forTimeInterval: 0.02) }
                running.cancel()
                // Before the one that waits is let go on.
                let ended = DispatchSemaphore(value: 0)
                Task {
                    _ = await running.result
                    ended.signal()
                }
                ended.wait()
            }
            let status = try await bed.applyAll(tables, jobs: 3, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    @Test(arguments: [Plugin.pgoutput, .testDecoding, .wal2json])
    func `Identity full changes exactly one row of equal ones`(plugin: Plugin) async throws {
        let sql = """
            create table public.t (a integer, n numeric, j json, b text);
            alter table public.t replica identity full;
            alter table public.t alter column b set storage external;
            insert into public.t select 1, 1.0, '{"a":1}', repeat('x', 3000) from generate_series(1, 5);
            insert into public.t select 1, 1.00, '{"a":1}', null from generate_series(1, 5)
            """
        try await Bed.with(plugin, source: sql) { bed in
            try await bed.onSource(
                "delete from t where ctid = (select min(ctid) from t)",
                "update t set a = 2 where ctid = (select max(ctid) from t where b is not null)",
                "update t set n = 1.000 where ctid = (select min(ctid) from t where b is null)",
                "delete from t where ctid = (select max(ctid) from t where n::text = '1.00')",
                "insert into t select 3, i, null, '' from generate_series(1, 20) i", "delete from t where n = 5")
            let status = try await bed.applyAll([try await bed.table("t", .full)])
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    /// EXACTNESS.md, 19: a ctid is a chunk's own, and every chunk has the same ones.
    @Test func `Identity full changes one row of a hypertable, whatever its other chunks hold`() async throws {
        let sql = """
            create table public.h (time timestamptz not null, v integer);
            alter table public.h replica identity full;
            insert into public.h select '2026-01-01'::timestamptz + i % 20 * interval '7 days', i / 80
            from generate_series(0, 159) i
            """
        let hypertable =
            "select public.create_hypertable('public.h', 'time', chunk_time_interval => interval '7 days', migrate_data => true)"
        try await Bed.with(source: sql, hypertables: hypertable) { bed in
            try await bed.onSource(
                "delete from h where ctid = (select min(ctid) from h)",
                "update h set v = 9 where ctid = (select max(ctid) from h)",
                "delete from h where ctid in (select ctid from h where v = 1 limit 3)",
                "update h set time = time + interval '300 days' where ctid = (select min(ctid) from h)")
            let status = try await bed.applyAll([try await bed.table("h", .full)])
            #expect(status.missing == 0)
            try await bed.expectEqual("h")
        }
    }

    /// What then changed the table's file needs no other explanation.
    @Test(arguments: ApplyTests.ways)
    func `The newest truncation is noted with its transaction`(
        way: (plugin: Plugin, isBinary: Bool),
    ) async throws {
        let sql = "create table public.t (id integer primary key); create table public.u (id integer primary key)"
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: sql) { bed in
            try await bed.onSource(
                "insert into t values (1), (2)", "truncate t", "insert into t values (3)", "truncate u, t",
                "insert into t values (4)")
            let tables = [try await bed.table("t", .columns(["id"])), try await bed.table("u", .columns(["id"]))]
            try await bed.applyAll(tables, jobs: 2, isFarBehind: true)
            try await bed.expectEqual("t")
            let changed = "select oid || ' ' || xmin from pg_class where relname in ('t', 'u') order by oid"
            let noted = "select table_oid || ' ' || xid from skein.applied_truncation order by table_oid"
            let expected = try await TestServers.column(changed, on: bed.source)
            #expect(try await TestServers.column(noted, on: bed.target) == expected)
            // Of rows that were copied behind it, too.
            try await bed.onSource("truncate u")
            let facts = try await TestServers.column(
                "select unnest(array[pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text])", on: bed.source)
            let copied = CopiedPiece(
                rows: .all, watermark: try #require(facts[0].flatMap { Watermark($0) }),
                insertLSN: try #require(facts[1].flatMap { LSN($0) }))
            try await bed.onSource("insert into u values (5)")
            try await bed.applyAll([tables[0], try await bed.table("u", .columns(["id"]), pieces: [copied])])
            try await bed.expectEqual("u")
            let later = try await TestServers.column(changed, on: bed.source)
            #expect(later != expected)
            #expect(try await TestServers.column(noted, on: bed.target) == later)
        }
    }

    @Test func `A table without identity takes inserts and truncates`() async throws {
        try await Bed.with(.testDecoding, source: "create table public.t (a integer, b text)") { bed in
            try await bed.onSource(
                "insert into t select i, 'old' from generate_series(1, 30) i", "truncate t",
                "insert into t select i, 'new' from generate_series(1, 30) i")
            try await bed.applyAll([try await bed.table("t", .insertsOnly)], jobs: 2, isFarBehind: true)
            try await bed.expectEqual("t")
            try await bed.onSource(
                "drop publication everything", "delete from t where a = 1", "update t set b = 'x' where a = 2")
            try await bed.applyAll([try await bed.table("t", .insertsOnly)], jobs: 2, isFarBehind: true)
            #expect(
                try await TestServers.column("select count(*) from public.t where b = 'new'", on: bed.target) == ["30"])
        }
    }

    @Test(arguments: ApplyTests.ways)
    func `Rows of a hypertable move between chunks and keep what was not sent`(
        way: (plugin: Plugin, isBinary: Bool),
    ) async throws {
        let sql = """
            create table public.r (device integer, time timestamptz, v float8, note text, primary key (device, time));
            create table public.s (id integer primary key, time timestamptz not null, v float8, note text);
            alter table public.r alter column note set storage external;
            alter table public.s alter column note set storage external;
            insert into public.r select i, '2026-01-01'::timestamptz + i * interval '1 day', i, repeat('n', 4000) from generate_series(1, 30) i;
            insert into public.s select i, '2026-01-01'::timestamptz + i * interval '1 day', i, repeat('n', 4000) from generate_series(1, 30) i;
            """
        let target = sql.replacing("id integer primary key,", with: "id integer,")
        let hypertables = """
            select public.create_hypertable('public.r', 'time', chunk_time_interval => interval '7 days', migrate_data => true);
            select public.create_hypertable('public.s', 'time', chunk_time_interval => interval '7 days', migrate_data => true);
            create index on public.s (id);
            """
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: sql, target: target, hypertables: hypertables) {
            bed in
            try await bed.onSource(
                "update r set time = time + interval '40 days' where device % 3 = 0",
                "update s set time = time + interval '40 days' where id % 3 = 0", "update s set v = 7 where id % 2 = 0",
                "update r set v = 7 where device % 2 = 0", "delete from r where device in (4, 5)",
                "delete from s where id in (4, 5)",
                "insert into r select 100 + i, '2026-03-01'::timestamptz + i * interval '1 hour', i, null from generate_series(1, 40) i"
            )
            let tables = [
                try await bed.table("r", .columns(["device", "time"])), try await bed.table("s", .columns(["id"])),
            ]
            let status = try await bed.applyAll(tables, jobs: 2, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("r", "s")
            try await bed.onSource("truncate r, s", "insert into r values (1, '2026-02-02', 1, 'one')")
            try await bed.applyAll(tables)
            try await bed.expectEqual("r", "s")
        }
    }

    @Test func `Keys move with values that were not sent, from one worker's to another's`() async throws {
        let sql = """
            create table public.t (id integer primary key, v integer, note text);
            alter table public.t alter column note set storage external;
            insert into public.t select i, i, repeat('n', 4000) || i from generate_series(1, 60) i
            """
        try await Bed.with(source: sql) { bed in
            try await bed.onSource(
                "begin; update t set v = 0 where id = 1; update t set id = 1001 where id = 1; update t set v = 5 where id = 1001; commit",
                "update t set id = id + 500 where id % 7 = 0",
                "update t set v = v + 1",
                "begin; update t set id = 2000 where id = 2; delete from t where id = 3; insert into t values (3, 3, 'new'); commit"
            )
            let status = try await bed.applyAll(
                [try await bed.table("t", .columns(["id"]))], jobs: 3, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    @Test(arguments: ApplyTests.ways)
    func `Identity columns that are always generated`(way: (plugin: Plugin, isBinary: Bool)) async throws {
        let sql = """
            create table public.t (id bigint generated always as identity primary key, v text);
            create table public.u (k integer primary key, id bigint generated always as identity, v text);
            alter table public.u alter column v set storage external;
            insert into public.t (v) select 'v' from generate_series(1, 20);
            insert into public.u (k, v) select i, repeat('v', 3000) from generate_series(1, 20) i
            """
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: sql) { bed in
            try await bed.onSource(
                "insert into t (v) values ('one')", "insert into t (v) select 'many' from generate_series(1, 20)",
                "update t set v = 'changed' where id % 2 = 0", "update t set id = default where id = 3",
                "update u set k = -k where k % 2 = 0", "insert into u (k, v) values (100, 'x')",
                "update u set v = 'y' where k = 100", "update u set id = default where k = 1")
            let tables = [try await bed.table("t", .columns(["id"])), try await bed.table("u", .columns(["k"]))]
            let status = try await bed.applyAll(tables)
            #expect(status.missing == 0)
            try await bed.expectEqual("t", "u")
        }
    }

    @Test func `Keys that are equal with other bytes stay with one worker`() async throws {
        try await Bed.with(source: "create table public.t (n numeric primary key, v integer)") { bed in
            try await bed.onSource(
                "insert into t select i, i from generate_series(1, 40) i",
                "begin; delete from t where n = 5; insert into t values (5.00, 1); delete from t where n = 5; insert into t values (5.0, 2); commit",
                "update t set n = n + 0.00", "update t set v = v + 1 where n < 20", "delete from t where n = 30.000")
            let status = try await bed.applyAll([try await bed.table("t", .columns(["n"]))], jobs: 3, isFarBehind: true)
            #expect(status.missing == 0)
            try await bed.expectEqual("t")
        }
    }

    @Test func `Partitioned tables on both sides`() async throws {
        let sql = """
            create table public.p (id integer, region text, v integer, primary key (id, region)) partition by list (region);
            create table public.pa partition of public.p for values in ('a');
            create table public.pb partition of public.p for values in ('b');
            """
        try await Bed.with(source: sql) { bed in
            try await bed.onSource(
                "insert into p select i, case i % 2 when 0 then 'a' else 'b' end, i from generate_series(1, 50) i",
                "update p set region = 'b' where id % 4 = 0", "update p set v = -v where id % 3 = 0",
                "delete from p where id < 5", "truncate pa", "insert into p values (1000, 'a', 1)")
            let key = FollowingDecision.Identity.columns(["id", "region"])
            let status = try await bed.applyAll(
                [try await bed.table("pa", key), try await bed.table("pb", key)], jobs: 2)
            #expect(status.missing == 0)
            try await bed.expectEqual("p")
        }
    }

    @Test(arguments: [Plugin.pgoutput, .wal2json])
    func `A new column stops before the first change that has no place`(plugin: Plugin) async throws {
        try await Bed.with(plugin, source: "create table public.t (id integer primary key, v text)") { bed in
            try await bed.onSource(
                "insert into t values (1, 'before')", "alter table t add column w varchar(10)",
                "insert into t values (2, 'after', 'w')")
            let table = try await bed.table("t", .columns(["id"]))
            let difference = await #expect(throws: ShapeDifference.self) { try await bed.applyAll([table]) }
            #expect(difference?.column == "w")
            if plugin == .pgoutput {
                #expect(difference?.statement == "alter table \"public\".\"t\" add column \"w\" character varying(10);")
            }
            #expect(try await TestServers.column("select v from public.t", on: bed.target) == ["before"])
            try await bed.onTarget("alter table t add column w varchar(10)")
            try await bed.applyAll([table])
            try await bed.expectEqual("t")
            try await bed.onSource("alter table t drop column v", "insert into t values (3, 'x')")
            let dropped = await #expect(throws: ShapeDifference.self) { try await bed.applyAll([table]) }
            #expect(dropped?.column == "v" && dropped?.what == .dropped)
            try await bed.onTarget("alter table t drop column v")
            try await bed.applyAll([table])
            try await bed.onSource(
                "alter table t alter column w type text", "insert into t values (4, 'longer than ten')")
            if plugin == .pgoutput {
                let changed = await #expect(throws: ShapeDifference.self) { try await bed.applyAll([table]) }
                #expect(changed?.what == .changedType(source: "text", target: "character varying(10)"))
            }
            try await bed.onTarget("alter table t alter column w type text")
            try await bed.applyAll([table])
            try await bed.expectEqual("t")
        }
    }

    @Test(arguments: [Plugin.pgoutput, .testDecoding])
    func `A column that the target is given first is taken up on the way`(plugin: Plugin) async throws {
        let sql =
            "create table public.t (id integer primary key, v text); insert into public.t values (1, 'a'), (2, 'b')"
        try await Bed.with(plugin, source: sql) { bed in
            let applier = bed.applier([try await bed.table("t", .columns(["id"]))])
            applier.stop(atMarker: "end")
            async let end = applier.run()
            try await bed.onSource("insert into t values (3, 'c')")
            while applier.status.transactions == 0 { try await Task.sleep(for: .milliseconds(20)) }
            try await bed.onTarget("alter table t add column w integer default 7")
            try await bed.onSource(
                "alter table t add column w integer default 7", "update t set w = id",
                "insert into t values (4, 'd', 9)")
            try await bed.mark("end")
            guard case .reachedMarker = try await end else {
                Issue.record("ended before the marker")
                return
            }
            try await bed.expectEqual("t")
        }
    }
}

import PlanFile
import Planning
import TestServers
import Testing

@testable import Execution

@Suite(
    "Tables that are followed for inserts only, at the cutover", .enabled(if: TestServers.areAvailable),
    .timeLimit(.minutes(1)))
struct RecopyTests {
    private static let sql = """
        create table public.same (v text); create table public.other (v text, n int);
        create table public.referenced (id int unique, v text);
        create table public.child (id int references public.referenced (id));
        insert into public.same select 'a' || i from generate_series(1, 5) i;
        insert into public.other select 'b' || i, i from generate_series(1, 5) i;
        insert into public.referenced values (1, 'x'), (2, 'y'); insert into public.child values (1), (2);
        """
    private static let changed = """
        update public.other set v = 'changed' where n = 3; delete from public.other where n = 5;
        update public.referenced set v = 'z' where id = 2;
        """

    private func rows(_ table: String, _ fixture: CutoverFixture) async throws -> (String?, String?) {
        let sql = "select string_agg(t::text, ' ' order by t::text) from public.\(table) t"
        return (try await fixture.value(sql, fixture.source), try await fixture.value(sql, fixture.target))
    }

    @Test func `Those that differ are copied again whole, and named; equal ones are left alone`() async throws {
        try await CutoverFixture.with(
            sql: Self.sql, sourceSQL: Self.changed, targetSQL: "create index on public.other (n)",
            unfollowed: ["same", "other", "referenced"], actions: [.gate, .recopyUnfollowed]
        ) { fixture in
            try await fixture.begin()
            let before = try await fixture.value("select min(xmin::text) from public.same", fixture.target)
            let outcome = try await fixture.run(.recopyUnfollowed)
            #expect(outcome.rows == 6)
            #expect(outcome.warning?.hasSuffix("copied again whole: public.other, public.referenced") == true)
            for table in ["same", "other", "referenced", "child"] {
                let (there, here) = try await rows(table, fixture)
                #expect(there == here)
            }
            #expect(try await fixture.value("select min(xmin::text) from public.same", fixture.target) == before)
        }
    }

    /// Else a cutover that is given up would apply behind the marker what the copy holds already.
    @Test func `What is copied again has its new watermark in the same transaction`() async throws {
        try await CutoverFixture.with(
            sql: Self.sql, sourceSQL: Self.changed, unfollowed: ["same", "other"], actions: [.gate, .recopyUnfollowed]
        ) { fixture in
            try await fixture.begin()
            try await fixture.run(.recopyUnfollowed)
            let sql = "select count(watermark) || ' ' || count(insert_lsn) from skein.task where number = "
            #expect(try await fixture.value(sql + "0", fixture.target) == "0 0")
            #expect(try await fixture.value(sql + "1", fixture.target) == "1 1")
        }
    }

    /// It is downtime: the two servers work at the same time.
    @Test func `Both sides are compared at once`() async throws {
        try await CutoverFixture.with(
            sql: """
                create type public.pair as (a int);
                create function public.slowly(public.pair) returns text language plpgsql as $$
                begin
                    perform pg_catalog.pg_sleep(4);
                    return $1.a::text;
                end $$;
                create cast (public.pair as text) with function public.slowly(public.pair);
                create table public.slow (v public.pair); insert into public.slow values (row(1));
                """, unfollowed: ["slow"], actions: [.gate, .recopyUnfollowed]
        ) { fixture in
            try await fixture.begin()
            let sleeping = """
                select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'
                    and query like '%from only%'
                """
            async let running = fixture.run(.recopyUnfollowed)
            var wereBoth = false
            for _ in 0..<400 where !wereBoth {
                let there = try await fixture.value(sleeping, fixture.source)
                let here = try await fixture.value(sleeping, fixture.target)
                wereBoth = there == "1" && here == "1"
                try await Task.sleep(for: .milliseconds(20))
            }
            _ = try await running
            #expect(wereBoth)
        }
    }

    @Test func `What has to end first is waited for without a lock that a withdrawal needs`() async throws {
        try await CutoverFixture.with(
            sql: Self.sql, unfollowed: ["same"], actions: [.gate, .recopyUnfollowed]
        ) { fixture in
            try await fixture.begin()
            let application = HeldSession(fixture.source)
            try await application.execute("begin; select pg_current_xact_id()")
            async let end: NotAdmissible? = #expect(throws: NotAdmissible.self) {
                try await fixture.run(.recopyUnfollowed)
            }
            try await Task.sleep(for: .seconds(2))
            try await fixture.execute("set lock_timeout = '1s'; select from skein.cutover for update", fixture.target)
            #expect(await end != nil)
            await application.close()
        }
    }

    @Test func `Withdrawn in between, nothing is copied`() async throws {
        try await CutoverFixture.with(
            sql: Self.sql, sourceSQL: Self.changed, unfollowed: ["other"], actions: [.gate, .recopyUnfollowed]
        ) { fixture in
            try await fixture.begin()
            try await fixture.execute("update skein.cutover set abandoned = true", fixture.target)
            await #expect(throws: NotYet.self) { try await fixture.run(.recopyUnfollowed) }
            let (there, here) = try await rows("other", fixture)
            #expect(there != here)
        }
    }
}

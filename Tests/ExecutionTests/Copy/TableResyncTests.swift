import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Copying a table again", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct TableResyncTests {
    private static let t = QualifiedName(schema: "public", name: "t")

    private func with(
        targetSQL: [String] = [], isHypertable: Bool = false, _ body: (LiveFixture) async throws -> Void,
    ) async throws {
        try await LiveFixture.with(
            sql: """
                create table public.t (id int, at timestamptz, v int, primary key (id, at));
                create table public.child (id int primary key, t int, at timestamptz)
                """, targetSQL: targetSQL, withTimescaleDB: isHypertable,
            rowsSQL: """
                insert into public.t select i, '2026-01-01'::timestamptz + i * interval '1 day', i
                from generate_series(1, 100) i
                """,
            tables: [
                LiveFixture.Table(
                    name: "t",
                    rows: [
                        .range(column: "id", type: "integer", lower: nil, upper: "51"),
                        .range(column: "id", type: "integer", lower: "51", upper: nil),
                    ], isHypertable: isHypertable),
                LiveFixture.Table(name: "child"),
            ]
        ) { live in
            for number in 0..<3 { try await live.run(number) }
            try await live.execute(
                """
                insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position)
                select id, 0, w, 2, 1, '0/1000' from skein.migration, generate_series(0, 1) w
                """, live.target)
            try await live.execute(
                "insert into skein.resync (migration, table_schema, table_name) select id, 'public', 't' from skein.migration",
                live.target)
            try await body(live)
        }
    }

    private func freeze(_ live: LiveFixture) async throws -> Lane? {
        try await TestServers.blocking {
            let source = try Connection(live.source, applicationName: "skein tests")
            let target = try Connection(live.target, applicationName: "skein tests")
            let resync = TableResync(live.context)
            return try resync.freeze(Self.t, leaves: resync.leaves(of: Self.t, source), target)
        }
    }

    private func copy(_ lane: Lane, _ live: LiveFixture) async throws {
        try await TestServers.blocking {
            try TableResync(live.context).copy(
                lane, source: Connection(live.source, applicationName: "skein tests"),
                target: Connection(live.target, applicationName: "skein tests"), meter: CopyMeter())
        }
    }

    private func join(_ live: LiveFixture) async throws -> Bool {
        try await TestServers.withConnection(to: live.target) { try TableResync(live.context).join(1, $0) }
    }

    private func state(_ live: LiveFixture) async throws -> ([Lane], [ResyncWish]) {
        try await TestServers.withConnection(to: live.target) {
            let store = LaneStore($0, migration: live.context.migration)
            return (try store.all(), try store.wishes())
        }
    }

    @Test func `From the wish to the join, every state tells what comes next`() async throws {
        try await with(targetSQL: [
            "alter table public.child add foreign key (t, at) references public.t (id, at) not valid"
        ]) { live in
            try await live.execute("update public.t set v = -v where id % 10 = 0", live.source)
            #expect(try await state(live) == ([], [ResyncWish(table: Self.t)]))
            let position = try #require(LSN("0/1000"))
            let frozen = Lane(number: 1, tables: [Self.t], position: position, isCopied: false)
            #expect(try await freeze(live) == frozen)
            #expect(try await state(live) == ([frozen], [ResyncWish(table: Self.t, lane: 1)]))
            // As after a kill.
            #expect(try await freeze(live) == frozen)
            #expect(try await join(live) == false)
            try await copy(frozen, live)
            #expect(try await live.areEqual("t"))
            var copied = frozen
            copied.isCopied = true
            #expect(try await state(live) == ([copied], []))
            let marks = try await TestServers.column(
                "select distinct watermark from skein.task where number in (0, 1)", on: live.target)
            #expect(marks.count == 1)
            // Done already.
            try await copy(frozen, live)
            try await live.execute("update skein.apply_progress set position = '0/2000' where lane = 0", live.target)
            #expect(try await join(live) == false)
            try await live.execute("update skein.apply_progress set position = '0/2000' where lane = 1", live.target)
            #expect(try await join(live) == true)
            #expect(try await state(live) == ([], []))
            #expect(try await live.value("select count(*) from skein.apply_progress", live.target) == "2")
        }
    }

    @Test func `Nothing is frozen while the workers stand at different positions`() async throws {
        try await with { live in
            try await live.execute("update skein.apply_progress set position = '0/1001' where worker = 1", live.target)
            #expect(try await freeze(live) == nil)
            #expect(try await state(live).0 == [])
        }
    }

    /// EXACTNESS.md, 15: decoded transactions can still be hidden from snapshots.
    @Test func `It waits for what ran when it was frozen, and says for whom`() async throws {
        try await with { live in
            let lane = try #require(try await freeze(live))
            let application = HeldSession(live.source)
            try await application.execute("begin; insert into public.t values (101, now(), 1)")
            let pid = try await application.value("select pg_backend_pid()")
            // In another database, nobody waits for it.
            let elsewhere = HeldSession(live.source.with(database: "postgres"))
            try await elsewhere.execute("begin; select pg_current_xact_id()")
            async let refused: NotAdmissible? = #expect(throws: NotAdmissible.self) { try await copy(lane, live) }
            try await Task.sleep(for: .seconds(1))
            // Meanwhile nobody waits for it on the target.
            try await live.execute(
                """
                set lock_timeout = '1s';
                select from skein.apply_progress for update; select from skein.resync for update
                """,
                live.target)
            let error = await refused
            #expect(error?.waitingFor.contains { $0.contains("pid \(pid)") } == true)
            let waiting = Task { try await copy(lane, live) }
            try await Task.sleep(for: .milliseconds(500))
            try await application.execute("commit")
            try await waiting.value
            await elsewhere.close()
            #expect(try await live.areEqual("t"))
            await application.close()
        }
    }

    @Test func `A hypertable keeps its keys and chunks`() async throws {
        try await with(
            targetSQL: ["select create_hypertable('public.t', 'at', chunk_time_interval => interval '30 days')"],
            isHypertable: true
        ) { live in
            let lane = try #require(try await freeze(live))
            try await live.execute("delete from public.t where id between 40 and 60", live.source)
            try await copy(lane, live)
            #expect(try await live.areEqual("t"))
            await #expect(throws: PostgresError.self) {
                try await live.execute("insert into public.t select * from public.t where id = 5", live.target)
            }
        }
    }

    @Test func `A partitioned table means its partitions, and an unknown one nothing`() async throws {
        try await LiveFixture.with(
            sql: """
                create table public.p (id int primary key) partition by range (id);
                create table public.p1 partition of public.p for values from (0) to (10);
                create table public.p2 partition of public.p for values from (10) to (20)
                """, tables: [LiveFixture.Table(name: "p1"), LiveFixture.Table(name: "p2")]
        ) { live in
            try await TestServers.withConnection(to: live.source) { source in
                let resync = TableResync(live.context)
                let names = try resync.leaves(of: QualifiedName(schema: "public", name: "p"), source)
                #expect(names.map(\.name) == ["p1", "p2"])
                let other = QualifiedName(schema: "public", name: "other")
                #expect(throws: NotFollowed(table: other)) { try resync.leaves(of: other, source) }
            }
        }
    }
}

import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("The end of a cutover", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(1)))
struct CompletionTests {
    private static let numbers = Action.setSequences([QualifiedName(schema: "public", name: "numbers")])
    private static let actions: [Action] = [.gate, .fence, .writeMarker, .drain, numbers, .completeCutover]
    private static let sql = """
        create sequence public.numbers; create table public.t (id int);
        create materialized view public.filled as select id from public.t;
        """

    /// Up to the completion; `late`: what the follower is said to have counted.
    private func proceed(_ fixture: CutoverFixture, fence: Plan.Cutover.Fence, late: Int) async throws {
        try await fixture.begin(fence: fence)
        for action in Self.actions.dropLast() { try await fixture.run(action) }
        // Answers the second marker as the follower does.
        try await fixture.execute(
            """
            create function public.count_late() returns trigger language plpgsql as
            'begin if new.end_marker is distinct from old.end_marker then new.late_changes := \(late); end if;
            return new; end';
            create trigger count_late before update on skein.cutover
            for each row execute function public.count_late()
            """, fixture.target)
    }

    private func report(_ fixture: CutoverFixture) async throws -> CutoverReport? {
        let migration = fixture.migration
        return try await fixture.onTarget { try CutoverLog($0, migration).report() }
    }

    @Test func `It is complete with its downtime in parts, and what lifts the fence`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture, fence: .readOnly, late: 0)
            try await fixture.run(.completeCutover)
            let report = try #require(try await report(fixture))
            #expect(report.parts.map(\.name) == ["fence", "marker", "drain", "sequences", "completion"])
            #expect(report.downtimeSeconds > 0 && report.downtimeSeconds < 30)
            let lift = try #require(report.liftFence)
            try await fixture.execute(lift, fixture.source)
            #expect(try await fixture.value("select completed is not null from skein.cutover", fixture.target) == "t")
        }
    }

    @Test func `Views that the source has filled and the target has not are left as statements`() async throws {
        try await CutoverFixture.with(sql: Self.sql, targetSQL: "", actions: Self.actions) { fixture in
            try await fixture.execute("refresh materialized view public.filled with no data", fixture.target)
            let migration = fixture.migration
            try await fixture.onTarget { target in
                let entry = DumpEntry(
                    sequence: 1, dumpID: 1, catalog: "pg_class", oid: 1, type: "MATERIALIZED VIEW", schema: "public",
                    name: "filled", sql: "select")
                try SchemaEntryStore(migration: migration)
                    .insert([StagedEntry(entry: entry, stage: .postData)], on: target)
            }
            try await proceed(fixture, fence: .none, late: 0)
            try await fixture.run(.completeCutover)
            let report = try #require(try await report(fixture))
            #expect(report.refreshes == [#"refresh materialized view "public"."filled";"#])
            #expect(report.liftFence == nil)
        }
    }

    /// A crash of the target takes back what was committed asynchronously a moment ago.
    @Test func `Progress that is older than the marker is no drain`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await fixture.begin()
            for action in Self.actions[0...2] { try await fixture.run(action) }
            for late in ["marker_floor - 1", "case w when 0 then marker_lsn else marker_floor end"] {
                try await fixture.execute(
                    """
                    delete from skein.apply_progress;
                    insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position)
                    select migration, 0, w, 2, 1, \(late) from skein.stream, generate_series(0, 1) w
                    """, fixture.target)
                await #expect(throws: NotYet.self) { try await fixture.run(.drain, isApplied: false) }
            }
            try await fixture.run(.drain)
            #expect(try await fixture.value("select drained is not null from skein.cutover", fixture.target) == "t")
        }
    }

    @Test func `A write past the fence: not complete`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture, fence: .readOnly, late: 2)
            await #expect(throws: LateWrites(count: 2)) { try await fixture.run(.completeCutover) }
            #expect(try await report(fixture) == nil)
        }
    }

    @Test func `Without a fence, late writes and sequences that went on are told`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture, fence: .none, late: 2)
            try await fixture.execute("select setval('public.numbers', 5000)", fixture.source)
            let warning = try #require(try await fixture.run(.completeCutover).warning)
            #expect(warning.hasPrefix("2 rows were changed on the source behind the marker"))
            #expect(warning.contains("set again: public.numbers"))
            #expect(try await fixture.value("select last_value from public.numbers", fixture.target) == "6000")
            #expect(try await report(fixture)?.lateChanges == 2)
        }
    }

    /// EXACTNESS.md, 18: a rewrite of the same type is in no stream, and may change every row.
    @Test func `A table that was rewritten is compared, whatever the plan says of verification`() async throws {
        try await CutoverFixture.with(
            sql: Self.sql, sourceSQL: "insert into public.t values (1)", targetSQL: "insert into public.t values (2)",
            unfollowed: ["t"], actions: Self.actions
        ) { fixture in
            var context = fixture.context
            context.verify = .none
            let fixture = CutoverFixture(context: context)
            let followed = (context.decisions.following?.tables ?? []).map(\.oid)
            let shape = try await TestServers.withConnection(to: fixture.source) {
                try SourceShape.read($0, following: followed)
            }
            let migration = fixture.migration
            try await fixture.onTarget { try StreamStore($0, migration: migration).setShape(shape) }
            try await fixture.execute("vacuum full public.t", fixture.source)
            try await proceed(fixture, fence: .none, late: 0)
            let error = await #expect(throws: CutoverOutdated.self) { try await fixture.run(.completeCutover) }
            #expect(error?.differences.map(\.kind) == [.rewritten])
            #expect(error?.cure?.contains("--resync public.t") == true)
            try await fixture.execute("update public.t set id = 1", fixture.target)
            try await fixture.run(.completeCutover)
            #expect(try await report(fixture) != nil)
        }
    }

    @Test func `Withdrawn a moment before, it is not complete`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture, fence: .none, late: 0)
            try await fixture.execute("update skein.cutover set abandoned = true", fixture.target)
            await #expect(throws: NotYet.self) { try await fixture.run(.completeCutover) }
        }
    }
}

import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("A cutover that is given up", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct CutoverUndoTests {
    private static let table = QualifiedName(schema: "public", name: "t")
    private static let helper = IndexBuild(
        sourceOID: nil, name: QualifiedName(schema: "public", name: "t_helper"), table: table,
        definition: "CREATE INDEX t_helper ON public.t USING btree (v)")
    private static let late = ConstraintBuild(
        sourceOID: 0, name: "t_late", table: table, definition: "UNIQUE (n) DEFERRABLE",
        indexName: QualifiedName(schema: "public", name: "t_late"), way: .directly(only: false), keyKind: "UNIQUE",
        deferrability: "DEFERRABLE")
    private static let actions: [Action] = [
        .buildIndex(helper), .catchUp, .gate, .fence, .writeMarker, .drain, .dropIndex(helper.name),
        .addConstraint(late), .restoreTriggers, .completeCutover,
    ]
    private static let sql = """
        create table public.t (id int primary key, v text, n int); insert into public.t values (1)
        """

    private func readOnly(_ fixture: CutoverFixture) async throws -> String? {
        try await fixture.value(
            """
            select string_agg(v, ' ') from pg_db_role_setting s, unnest(s.setconfig) v
            where s.setdatabase = (select oid from pg_database where datname = current_database())
            """, fixture.source)
    }

    private func states(_ fixture: CutoverFixture) async throws -> String? {
        try await fixture.value(
            "select string_agg(left(state, 1), '' order by number) from skein.task", fixture.target)
    }

    private func proceed(_ fixture: CutoverFixture) async throws {
        if try await fixture.value("select to_regclass('public.t_helper')", fixture.target) == nil {
            try await fixture.run(.buildIndex(Self.helper))
        }
        try await fixture.begin(fence: .readOnly)
        for action in Self.actions[2...8] { try await fixture.run(action) }
    }

    /// As before the gate: nothing of the cutover is left anywhere.
    private func expectFollowing(_ fixture: CutoverFixture) async throws {
        #expect(try await states(fixture) == "ddpppppppp")
        #expect(try await readOnly(fixture) == nil)
        #expect(try await fixture.value("select marker from skein.stream", fixture.target) == nil)
        #expect(try await fixture.value("select count(*) from skein.cutover", fixture.target) == "0")
        #expect(try await fixture.value("select to_regclass('public.t_helper')", fixture.target) != nil)
        #expect(try await fixture.value("select to_regclass('public.t_late')", fixture.target) == nil)
        try await fixture.execute("insert into public.t values (2)", fixture.source)
    }

    @Test func `Undone, the migration follows as before, and the next cutover does everything again`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture)
            #expect(try await states(fixture) == "dddddddddp")
            #expect(try await readOnly(fixture) == "default_transaction_read_only=on")
            let migration = fixture.migration
            #expect(try await fixture.onTarget { try CutoverLog($0, migration).abandon() })
            let reopened = try await CutoverUndo.run(fixture.context)
            #expect(reopened == Array(2...9))
            try await expectFollowing(fixture)
            _ = try await CutoverUndo.run(fixture.context)
            try await proceed(fixture)
            #expect(try await states(fixture) == "dddddddddp")
        }
    }

    @Test(arguments: 1...8)
    func `At whatever task it is given up, it is undone`(_ done: Int) async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await fixture.run(.buildIndex(Self.helper))
            try await fixture.begin(fence: .readOnly)
            for action in Self.actions[2..<(1 + done)] { try await fixture.run(action) }
            try await fixture.execute("update skein.cutover set abandoned = true", fixture.target)
            _ = try await CutoverUndo.run(fixture.context)
            try await expectFollowing(fixture)
        }
    }

    @Test func `The source is away in the middle: the undoing goes on later`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture)
            try await fixture.execute("update skein.cutover set abandoned = true", fixture.target)
            var away = fixture.context
            away.source = try ConnectionTarget("host=127.0.0.1 port=1 user=postgres")
            await #expect(throws: PostgresError.self) { try await CutoverUndo.run(away) }
            // Nothing of the cutover can go on meanwhile.
            await #expect(throws: (any Error).self) { try await fixture.run(.completeCutover) }
            _ = try await CutoverUndo.run(fixture.context)
            try await expectFollowing(fixture)
        }
    }

    @Test func `A task that was still running cannot commit afterwards`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await proceed(fixture)
            let migration = fixture.migration
            let claim = try await fixture.onTarget { target -> Int64 in
                let store = TaskStore(target, migration: migration)
                guard case .claimed(let claim, _, _) = try store.claim(9, holder: 999_999) else {
                    throw StateError.unexpected("not claimed")
                }
                return claim
            }
            try await fixture.execute("update skein.cutover set abandoned = true", fixture.target)
            _ = try await CutoverUndo.run(fixture.context)
            await #expect(throws: ClaimLost.self) {
                try await fixture.onTarget { target in
                    try TaskStore(target, migration: migration).finish(9, claim: claim, TaskOutcome())
                }
            }
        }
    }

    private static let partitions = """
        create table public.whole (id int, v text) partition by range (id);
        create table public.part partition of public.whole for values from (0) to (10);
        """
    private static let attach = """
        alter index public.whole_v attach partition public.part_v;
        alter index public.whole_k attach partition public.part_k;
        update skein.cutover set abandoned = true
        """
    private static let countIndexes = """
        select count(*) from pg_class where relkind in ('i', 'I') and relnamespace = 'public'::regnamespace
        """

    private static func key(_ table: String, only: Bool) -> Action {
        .addConstraint(
            ConstraintBuild(
                sourceOID: 0, name: table + "_k", table: QualifiedName(schema: "public", name: table),
                definition: "UNIQUE (id) DEFERRABLE", indexName: QualifiedName(schema: "public", name: table + "_k"),
                way: .directly(only: only), keyKind: "UNIQUE", deferrability: "DEFERRABLE"))
    }

    private static func index(_ table: String, only: Bool) -> Action {
        .buildIndex(
            IndexBuild(
                sourceOID: nil, name: QualifiedName(schema: "public", name: table + "_v"),
                table: QualifiedName(schema: "public", name: table),
                definition: "CREATE INDEX \(table)_v ON \(only ? "ONLY " : "")public.\(table) USING btree (v)"))
    }

    @Test func `Keys and indexes of partitions go with their parent's, whatever comes first`() async throws {
        let actions: [Action] = [
            .gate, Self.index("part", only: false), Self.index("whole", only: true), Self.key("part", only: false),
            Self.key("whole", only: true),
        ]
        try await CutoverFixture.with(sql: Self.partitions, actions: actions) { fixture in
            for _ in 1...2 {
                try await fixture.begin()
                for action in actions { try await fixture.run(action) }
                try await fixture.execute(Self.attach, fixture.target)
                _ = try await CutoverUndo.run(fixture.context)
                #expect(try await fixture.value(Self.countIndexes, fixture.target) == "0")
            }
        }
    }

    @Test func `A complete cutover stays complete`() async throws {
        try await CutoverFixture.with(sql: Self.sql, actions: Self.actions) { fixture in
            try await fixture.begin()
            let migration = fixture.migration
            try await fixture.execute("update skein.cutover set completed = now()", fixture.target)
            await #expect(throws: CutoverIsComplete.self) {
                try await fixture.onTarget { try CutoverLog($0, migration).abandon() }
            }
        }
    }
}

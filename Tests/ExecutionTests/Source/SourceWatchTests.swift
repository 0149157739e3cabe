import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("What changes on the source without a trace in the stream", .enabled(if: TestServers.areAvailable))
struct SourceWatchTests {
    /// A statement, and what is then said.
    struct Case: Sendable, CustomTestStringConvertible {
        var statement: String
        var expected: [String]
        var testDescription: String { statement }
    }

    static let cases = [
        Case(statement: "vacuum full public.keyed", expected: ["rewritten public.keyed"]),
        Case(statement: "truncate public.keyed", expected: ["rewritten public.keyed"]),
        Case(
            statement: "alter table public.keyed alter body type varchar(40)",
            expected: [
                "columns public.keyed has other columns: without body text, with body character varying(40)",
                "rewritten public.keyed",
            ]),
        Case(
            statement: "alter table public.keyed add extra integer",
            expected: ["columns public.keyed has other columns: with extra integer"]),
        Case(
            statement: "alter table public.keyed rename to locked",
            expected: ["renamed public.keyed is called public.locked now"]),
        Case(statement: "drop table public.keyed", expected: ["dropped public.keyed"]),
        Case(statement: "alter table public.keyed replica identity nothing", expected: ["identity public.keyed"]),
        Case(
            statement: "alter table public.keyed set unlogged",
            expected: ["persistence public.keyed", "rewritten public.keyed"]),
        Case(
            statement: "alter table public.parted detach partition public.parted_low",
            expected: ["detached public.parted_low was detached from public.parted on the source"]),
        Case(
            statement: "create table public.parted_more partition of public.parted for values from (200) to (300)",
            expected: ["attached public.parted_more was created as a part of public.parted on the source"]),
        Case(
            statement:
                """
                create table audit.filled (id integer primary key, body text);
                alter table public.parted attach partition audit.filled for values from (300) to (400)
                """,
            expected: ["attached audit.filled was created as a part of public.parted on the source"]),
        Case(statement: "create table public.fresh (id integer)", expected: ["created public.fresh"]),
        Case(
            statement: "drop table public.keyed; create table public.keyed (id integer primary key, body text)",
            expected: ["replaced public.keyed"]),
        Case(statement: "create table audit.fresh (id integer)", expected: []),
        Case(statement: "create index on public.keyed (body); update public.keyed set body = 'z'", expected: []),
    ]

    @Test(arguments: cases) func `It is named`(_ given: Case) async throws {
        try await SourceFixture.with { fixture in
            try fixture.source.execute("create schema audit")
            let followed = fixture.following.tables.map(\.oid)
            let before = try SourceShape.read(fixture.source, following: followed)
            #expect(try StateStore.decode(StateStore.encode(before)) as SourceShape == before)
            try fixture.source.execute(given.statement)
            let now = try SourceShape.read(fixture.source, following: followed)
            let found = SourceWatch.differences(from: before, to: now) { $0.schema == "public" }
            let lines = found.map { "\($0.kind.rawValue) \($0.table) \($0.what)" }.sorted()
            #expect(lines.count == given.expected.count, "\(lines)")
            for (line, expected) in zip(lines, given.expected.sorted()) {
                #expect(line.hasPrefix(expected), "\(line)")
            }
            #expect(found.allSatisfy { !$0.cure.isEmpty })
        }
    }

    /// Statements in one transaction, the last but for what follows in another; and whether the truncation is all that
    /// can have changed rows.
    static let truncations: [(statements: String, after: String?, isExplained: Bool)] = [
        ("truncate public.keyed; insert into public.keyed values (7, 'new')", nil, true),
        ("truncate public.keyed", "vacuum analyze public.keyed; create index on public.keyed (body)", true),
        ("alter table public.bare add extra integer; truncate public.keyed", nil, true),
        ("truncate public.keyed", "truncate public.keyed", false),
        ("truncate public.keyed", "vacuum full public.keyed", false),
        // What is inserted in between is in the stream as it was before.
        (
            "truncate public.keyed; insert into public.keyed values (7, 'new'); alter table public.keyed alter body "
                + "type text using body || '!'", nil, false
        ),
        (
            "truncate public.keyed; insert into public.keyed values (7, 'new'); alter table public.keyed alter body "
                + "type text using body || '!'", "alter table public.keyed alter body set statistics 50", false
        ),
        (
            "truncate public.keyed; insert into public.keyed values (7, 'new'); savepoint a; alter table public.keyed "
                + "alter body type text using body || '!'; release a; alter table public.keyed set (fillfactor = 90)",
            nil, false
        ), ("savepoint a; truncate public.keyed", nil, false),
    ]

    @Test(arguments: truncations.indices)
    func `A file that a truncation of the stream made is no difference`(_ index: Int) async throws {
        let given = Self.truncations[index]
        try await SourceFixture.with { fixture in
            let followed = fixture.following.tables.map(\.oid)
            var known = try SourceShape.read(fixture.source, following: followed)
            try fixture.source.execute("begin")
            let xid = try fixture.source.scalar("select pg_current_xact_id()::xid").flatMap { UInt32($0) }
            try fixture.source.execute(given.statements)
            try fixture.source.execute("commit")
            for statement in (given.after ?? "").split(separator: ";") { try fixture.source.execute(String(statement)) }
            let keyed = try #require(fixture.following.tables.first { $0.name.name == "keyed" }).oid
            let now = try SourceShape.read(fixture.source, following: followed)
            #expect(known.accept(truncations: [keyed: 1, 1: try #require(xid)], from: now) == false)
            #expect(known.accept(truncations: [keyed: try #require(xid)], from: now) == given.isExplained)
            let found = SourceWatch.differences(from: known, to: now) { _ in true }.filter { $0.kind == .rewritten }
            #expect(found.map(\.table.name) == (given.isExplained ? [] : ["keyed"]))
        }
    }

    @Test func `Updated and deleted rows of tables without identity are counted, and lost counters noticed`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let oid = try #require(fixture.following.tables.first { $0.name.name == "bare" }).oid
            let before = try RowCounters.read(fixture.source, tables: [oid])
            let shop = try fixture.application()
            try shop.execute("insert into public.bare values (2, 'b')")
            try shop.execute("select pg_stat_force_next_flush()")
            #expect(try RowCounters.read(fixture.source, tables: [oid]).changes(since: before) == [:])
            try shop.execute("update public.bare set body = 'c'; delete from public.bare where id = 1")
            try shop.execute("select pg_stat_force_next_flush()")
            #expect(
                try RowCounters.read(fixture.source, tables: [oid]).changes(since: before)
                    == [oid: .changed(updated: 2, deleted: 1)])
            try shop.execute("select pg_stat_reset()")
            #expect(try RowCounters.read(fixture.source, tables: [oid]).changes(since: before) == [oid: .unknown])
        }
    }
}

import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Block pieces", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct BlockCopyTests {
    static func with(
        source: ConnectionTarget? = nil, _ body: (LiveFixture) async throws -> Void,
    ) async throws {
        try await LiveFixture.with(
            source: source, sql: "create table public.b (id int, v text)",
            rowsSQL: "insert into public.b select i, repeat('x', 500) from generate_series(1, 100) i",
            tables: [
                LiveFixture.Table(
                    name: "b",
                    rows: [.blocks(first: 0, end: 3), .blocks(first: 3, end: 5), .blocks(first: 5, end: nil)],
                    identity: .full)
            ], body)
    }

    private static let holders = """
        select count(*) from pg_stat_activity
        where application_name = 'skein/live/block-snapshot' and datname = current_database()
        """
    static let endHolder = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'skein/live/block-snapshot' and datname = current_database()
        """
    /// A row of the first piece goes to the end of the table.
    private static let move = "update public.b set v = 'moved' where id = 1"

    @Test func `All pieces of a table are read under one snapshot, and its holder ends with the last`() async throws {
        try await Self.with { live in
            let before = try await live.rows("b", live.source)
            let first = try await live.run(0)
            #expect(try await live.value(Self.holders, live.source) == "1")
            try await live.execute(Self.move, live.source)
            let others = [try await live.run(2), try await live.run(1)]
            #expect(others.allSatisfy { $0.copied == first.copied && $0.copied != nil })
            #expect(try await live.rows("b", live.target) == before)
            try await live.wait("select (\(Self.holders)) = 0", live.source)
        }
    }

    @Test func `When the holder is lost, the table alone starts over`() async throws {
        try await Self.with { live in
            try await live.run(0)
            try await live.execute(Self.endHolder, live.source)
            try await live.execute(Self.move, live.source)
            // The run looks at the state again.
            await #expect(throws: ClaimLost.self) { try await live.run(2) }
            #expect(try await live.value("select count(*) from public.b", live.target) == "0")
            #expect(
                try await TestServers.column(
                    "select state || ' ' || redo from skein.task where number in (0, 1) order by number",
                    on: live.target) == ["pending true", "pending false"])
            for number in [2, 0, 1] { try await live.run(number) }
            #expect(try await live.areEqual("b"))
        }
    }

    @Test func `A copy under the generation before cannot be done`() async throws {
        try await Self.with { live in
            try await live.run(0)
            let blocker = HeldSession(live.target)
            try await blocker.execute("begin; lock table public.b in share mode")
            let copy = Task { try await live.run(1) }
            try await live.wait(LiveFixture.copyWaitsForLock, live.target)
            try await live.execute("update skein.block_snapshot set generation = generation + 1", live.target)
            try await blocker.execute("commit")
            await #expect(throws: ClaimLost.self) { try await copy.value }
            await blocker.close()
        }
    }

    @Test func `Workers that begin a table at the same time agree on one snapshot`() async throws {
        try await Self.with { live in
            let outcomes = try await withThrowingTaskGroup(of: TaskOutcome.self) { group in
                for number in 0..<3 { group.addTask { try await live.run(number) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(outcomes.map { $0.copied?.watermark }).count == 1)
            #expect(try await live.areEqual("b"))
            try await live.wait("select (\(Self.holders)) = 0", live.source)
        }
    }

    @Test func `A holder gives way to whoever waits for the table exclusively`() async throws {
        try await Self.with { live in
            try await live.run(0)
            let application = HeldSession(live.source)
            let locked = Task {
                try await application.execute("begin; lock table public.b in access exclusive mode; \(Self.move)")
            }
            try await live.wait(
                "select exists (select from pg_locks where not granted and relation = 'public.b'::regclass)",
                live.source)
            let error = await #expect(throws: PostgresError.self) { try await live.run(1) }
            #expect(error?.sqlState == "55P03" && error?.isTransient == true)
            try await locked.value
            try await application.execute("commit")
            await application.close()
            await #expect(throws: ClaimLost.self) { try await live.run(1) }
            for number in 0..<3 { try await live.run(number) }
            #expect(try await live.areEqual("b"))
        }
    }
}

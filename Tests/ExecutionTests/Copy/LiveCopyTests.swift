import ChangeStream
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Copying while the source is written to", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct LiveCopyTests {
    static let sql = "create table public.t (id int primary key, v int)"
    static let rowsSQL = "insert into public.t select i, i from generate_series(1, 100) i"
    static let halves: [Piece.Rows] = [
        .range(column: "id", type: "integer", lower: nil, upper: "51"),
        .range(column: "id", type: "integer", lower: "51", upper: nil),
    ]

    private func with(
        rows: [Piece.Rows] = [.all], mayFreeze: Bool = false, _ body: (LiveFixture) async throws -> Void,
    ) async throws {
        try await LiveFixture.with(
            sql: Self.sql, rowsSQL: Self.rowsSQL,
            tables: [LiveFixture.Table(name: "t", rows: rows, mayFreeze: mayFreeze)], body)
    }

    @Test func `The watermark shows exactly the transactions whose rows were copied`() async throws {
        try await with { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; insert into public.t values (101, 1)")
            let open = try #require(UInt64(try await application.value("select pg_current_xact_id()")))
            let before = try #require(
                UInt64(
                    try await live.value(
                        """
                        with i as (insert into public.t values (102, 1) returning 1)
                        select pg_current_xact_id() from i
                        """, live.source)))
            let outcome = try await live.run(0)
            try await application.execute("commit")
            await application.close()
            #expect(outcome.rows == 101)
            let copied = try #require(outcome.copied)
            #expect(copied.watermark.sees(full: before))
            #expect(!copied.watermark.sees(full: open))
            #expect(try await live.value("select count(*) from public.t where id = 101", live.target) == "0")
            let record = try await TestServers.withConnection(to: live.target) {
                try TaskStore($0, migration: live.context.migration).all()[0]
            }
            #expect(record.state == .done && record.copied == copied)
        }
    }

    /// EXACTNESS.md, 2, with a snapshot that is said to be the slot's. `OwnServerTests` makes such a slot.
    @Test func `A piece waits while its snapshot hides what the slot's shows`() async throws {
        try await with { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; insert into public.t values (101, 1)")
            let open = try #require(UInt64(try await application.value("select pg_current_xact_id()")))
            try await live.setSlot(snapshot: "\(open + 1):\(open + 1):")
            let copy = Task { try await live.run(0) }
            try await live.expectToWait()
            try await application.execute("commit")
            #expect(try await copy.value.rows == 101)
            await application.close()
        }
    }

    @Test func `What a piece waits for is named, and passes`() async throws {
        try await with { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; insert into public.t values (101, 1)")
            let open = try #require(UInt64(try await application.value("select pg_current_xact_id()")))
            let pid = try await application.value("select pg_backend_pid()")
            try await live.setSlot(snapshot: "\(open + 1):\(open + 1):")
            let error = await #expect(throws: NotAdmissible.self) { try await live.run(0) }
            // Among those of other databases of the server.
            #expect(error?.waitingFor.contains { $0.contains("of pid \(pid) (application)") } == true)
            #expect(error?.isTransient == true)
            await application.close()
        }
    }

    /// EXACTNESS.md, 3: an older snapshot would find the rewritten table empty, and rewrites are not in the stream.
    @Test func `A table that is rewritten just then is locked before it is looked at`() async throws {
        try await with { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; alter table public.t alter column v type int using v + 1000")
            let copy = Task { try await live.run(0) }
            try await live.wait(LiveFixture.copyWaitsForLock, live.source)
            try await application.execute("commit")
            #expect(try await copy.value.rows == 100)
            #expect(try await live.areEqual("t"))
            await application.close()
        }
    }

    @Test func `A lock that is not to be had is asked for again`() async throws {
        try await with { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; lock table public.t in access exclusive mode")
            let copy = Task { try await live.run(0) }
            try await live.wait(LiveFixture.copyWaitsForLock, live.source)
            // Longer than it waits at once.
            try await Task.sleep(for: .milliseconds(2700))
            try await application.execute("commit")
            #expect(try await copy.value.rows == 100)
            await application.close()
        }
    }

    @Test func `A column that was added is named; once the target has it, the same copy goes on`() async throws {
        try await with { live in
            try await live.execute("alter table public.t add column note text default 'new'", live.source)
            let error = await #expect(throws: TableShapeChanged.self) { try await live.run(0) }
            let failure = TaskFailure(task: "copy", try #require(error))
            #expect(failure.object == "public.t.note")
            #expect(
                failure.message == "column note of public.t (text) was added on the source since the migration began")
            #expect(failure.cure?.contains("`alter table \"public\".\"t\" add column \"note\" text`") == true)
            try await live.execute("alter table public.t add column note text", live.target)
            try await live.run(0)
            #expect(try await live.areEqual("t"))
        }
    }

    @Test func `A table that was made anew under the name is refused`() async throws {
        try await with { live in
            try await live.execute("drop table public.t; \(Self.sql)", live.source)
            await #expect(throws: TableReplaced.self) { try await live.run(0) }
        }
    }

    /// EXACTNESS.md, 13.
    @Test func `Only the one piece of a table empties it first`() async throws {
        try await with(rows: Self.halves) { live in
            try await live.run(1)
            try await live.run(0)
            #expect(try await live.areEqual("t"))
        }
        try await with(mayFreeze: true) { live in
            try await live.execute("insert into public.t values (7, 7)", live.target)
            try await live.run(0)
            #expect(try await live.areEqual("t"))
        }
    }

    /// EXACTNESS.md, 14.
    @Test func `A copy whose claim or slot is another's by now is rolled back`() async throws {
        try await with { live in
            let blocker = HeldSession(live.target)
            try await blocker.execute("begin; lock table public.t in share mode")
            let copy = Task { try await live.run(0) }
            try await live.wait(LiveFixture.copyWaitsForLock, live.target)
            try await live.setSlot(generation: 2)
            try await blocker.execute("commit")
            await #expect(throws: ClaimLost.self) { try await copy.value }
            #expect(try await live.value("select count(*) from public.t", live.target) == "0")
            await blocker.close()
            let link = Link(live.context)
            await #expect(throws: ClaimLost.self) {
                try await link.run("zombie") { ends in
                    _ = try LiveCopyTask.run(
                        #require({ if case .copy(let piece) = live.context.tasks[0].action { piece } else { nil } }()),
                        TaskScope(
                            context: live.context, number: 0, claim: 999, generation: 0, isRedo: false, ends: ends,
                            snapshot: nil, meter: CopyMeter()))
                }
            }
            await link.close()
            try await live.run(0)
            #expect(try await live.areEqual("t"))
        }
    }

    @Test func `Tables are followed once all their pieces have watermarks of the present slot`() async throws {
        try await with(rows: Self.halves) { live in
            @Sendable func read() async throws -> [FollowedTable] {
                try await TestServers.withConnection(to: live.target) {
                    try FollowedTables.read($0, live.context)
                }
            }
            try await live.run(0)
            await #expect(throws: NotCopied(task: "copy:public.t:0002", mayPass: true)) { try await read() }
            let second = try await live.run(1)
            let table = try #require(try await read().first)
            #expect(table.pieces.map(\.rows) == Self.halves && table.columns == ["id", "v"])
            #expect(table.newestInsertLSN == second.copied?.insertLSN)
            try await live.run(2)
            try await live.setSlot(generation: 2)
            await #expect(throws: NotCopied(task: "copy:public.t:0001", mayPass: false)) { try await read() }
        }
    }
}

import ChangeStream
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

@testable import Execution

@Suite("Repair after a lost slot", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct RepairTests {
    private func with(targetSQL: [String] = [], _ body: (LiveFixture) async throws -> Void) async throws {
        try await LiveFixture.with(
            sql: """
                create table public.t (id int primary key, v int);
                create table public.b (id int, v text)
                """, targetSQL: targetSQL,
            rowsSQL: """
                insert into public.t select i, i from generate_series(1, 100) i;
                insert into public.b select i, repeat('x', 500) from generate_series(1, 100) i
                """,
            tables: [
                LiveFixture.Table(name: "t", rows: LiveCopyTests.halves),
                LiveFixture.Table(
                    name: "b", rows: [.blocks(first: 0, end: 3), .blocks(first: 3, end: nil)], identity: .full),
            ]
        ) { live in
            for number in 0..<5 { try await live.run(number) }
            try await live.execute(
                """
                insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position)
                select id, 0, 0, 1, 1, '0/1000' from skein.migration
                """, live.target)
            try await live.setSlot(generation: 2)
            try await body(live)
        }
    }

    private func watermarks(_ live: LiveFixture) async throws -> [Watermark] {
        try await TestServers.column(
            "select watermark from skein.task where action ? 'copy' order by number", on: live.target
        ).map { try #require($0.flatMap { Watermark($0) }) }
    }

    @Test func `Only pieces that differ are copied again, all get a watermark of the new slot`() async throws {
        try await with { live in
            let before = try await watermarks(live)
            // What the lost slot would have brought.
            try await live.execute(
                "update public.t set v = -1 where id = 70; delete from public.t where id = 71", live.source)
            let kept = Mutex<[String]>([])
            let repair = Repair(live.context) { event in
                if case .rechecked(let id, true) = event { kept.withLock { $0.append(id) } }
            }
            #expect(try await repair.run() == ["copy:public.t:0002"])
            #expect(try await live.areEqual("t"))
            #expect(try await live.areEqual("b"))
            #expect(
                kept.withLock { $0.sorted() } == ["copy:public.b:0001", "copy:public.b:0002", "copy:public.t:0001"])
            #expect(try await live.value("select count(*) from skein.apply_progress", live.target) == "0")
            let after = try await watermarks(live)
            #expect(zip(before, after).allSatisfy { $0 != $1 })
            #expect(after[2] == after[3])
            let followed = try await TestServers.withConnection(to: live.target) {
                try FollowedTables.read($0, live.context)
            }
            #expect(followed.count == 2)
            // Run again, it finds nothing left, and leaves progress alone.
            try await live.execute(
                """
                insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position)
                select id, 0, 0, 1, 1, '0/2000' from skein.migration
                """, live.target)
            #expect(try await repair.run() == [])
            #expect(try await watermarks(live) == after)
            #expect(try await live.value("select count(*) from skein.apply_progress", live.target) == "1")
        }
    }

    @Test func `Ended in the middle, it goes on with what is left`() async throws {
        try await with { live in
            try await live.execute("update public.t set v = -1", live.source)
            let parts = try await TestServers.blocking {
                let source = try Connection(live.source, applicationName: "skein tests")
                let target = try Connection(live.target, applicationName: "skein tests")
                let parts = try Repair.parts(target, live.context)
                #expect(try Repair.mend(parts[1], source: source, target: target, live.context) == false)
                #expect(try Repair.mend(parts[1], source: source, target: target, live.context) == nil)
                return (parts, try Repair.parts(target, live.context))
            }
            #expect(parts.0.map(\.numbers) == [[2, 3], [0], [1]])
            #expect(parts.1.map(\.numbers) == [[2, 3], [1]])
            try await Repair(live.context) { _ in }.run()
            #expect(try await live.areEqual("t"))
        }
    }

    @Test func `A table with another unique key is compared as one`() async throws {
        try await with(targetSQL: ["create unique index on public.t (v)"]) { live in
            // Piece by piece, the value would be there twice in between.
            try await live.execute(
                "update public.t set v = 1000 where id = 1; update public.t set v = 1 where id = 100", live.source)
            #expect(try await Repair(live.context) { _ in }.run() == ["copy:public.t:0001", "copy:public.t:0002"])
            #expect(try await live.areEqual("t"))
        }
    }

    @Test func `A table of blocks that was not complete starts over`() async throws {
        try await LiveFixture.with(
            sql: "create table public.b (id int, v text)",
            rowsSQL: "insert into public.b select i, repeat('x', 500) from generate_series(1, 100) i",
            tables: [
                LiveFixture.Table(
                    name: "b", rows: [.blocks(first: 0, end: 3), .blocks(first: 3, end: nil)], identity: .full)
            ]
        ) { live in
            try await live.run(0)
            try await live.execute("update public.b set v = 'moved' where id = 1", live.source)
            try await live.setSlot(generation: 2)
            #expect(try await Repair(live.context) { _ in }.run() == [])
            #expect(
                try await live.value("select count(*) from skein.task where state = 'done'", live.target) == "0")
            #expect(try await live.value("select count(*) from public.b", live.target) == "0")
            for number in 0..<3 { try await live.run(number) }
            #expect(try await live.areEqual("b"))
        }
    }
}

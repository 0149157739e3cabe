import ChangeStream
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

@testable import Execution

@Suite("Watermarks under load", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct WatermarkUnderLoadTests {
    /// Rows name the transaction that wrote them, savepoints and rollbacks among them.
    private static let burst = """
        do $$ begin
            for i in 1..20 loop
                insert into public.t values (1 + (random() * 1000000)::int, pg_current_xact_id()::text)
                on conflict do nothing;
                begin
                    insert into public.t values (1 + (random() * 1000000)::int, pg_current_xact_id()::text);
                    if i % 3 = 0 then raise exception 'never mind'; end if;
                exception when others then null;
                end;
                if i % 10 = 0 then commit; end if;
            end loop;
        end $$
        """

    @Test func `A piece holds a transaction's rows if and only if its watermark shows the transaction`() async throws {
        let borders = [nil] + (1...7).map { String($0 * 125_000) } + [nil]
        let ranges = zip(borders, borders.dropFirst()).map { lower, upper in
            Piece.Rows.range(column: "id", type: "integer", lower: lower, upper: upper)
        }
        try await LiveFixture.with(
            sql: "create table public.t (id int primary key, xid text)",
            tables: [LiveFixture.Table(name: "t", rows: ranges)]
        ) { live in
            let isCopied = Sign()
            defer { isCopied.give() }
            let writers = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await TestServers.withConnection(to: live.source) { source in
                                // On a busy machine the copies come late.
                                for _ in 0..<60 { try source.execute(Self.burst) }
                                while !isCopied.isGiven { try source.execute(Self.burst) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in ranges.indices {
                    group.addTask { try await live.run(number) }
                    try await Task.sleep(for: .milliseconds(30))
                }
                try await group.waitForAll()
            }
            isCopied.give()
            try await writers.value
            let marks = try await TestServers.column(
                "select watermark from skein.task where action ? 'copy' order by number", on: live.target
            ).map { try #require($0.flatMap { Watermark($0) }) }
            let there = try await rows(live.source)
            let here = Set(try await rows(live.target))
            #expect(here.count > 0 && here.count < there.count)
            let wrong = there.filter { row in
                marks[min(row.id / 125_000, 7)].sees(full: row.xid) != here.contains(row)
            }
            #expect(wrong.isEmpty)
            #expect(here.isSubset(of: there))
        }
    }

    private struct Row: Hashable, Sendable {
        var id: Int
        var xid: UInt64
    }

    private func rows(_ server: ConnectionTarget) async throws -> [Row] {
        try await TestServers.withConnection(to: server) { connection in
            let rows = try connection.query("select id, xid from public.t")
            return try rows.indices.map { row in
                Row(id: try #require(rows.int(row, 0)), xid: try #require(UInt64(rows.text(row, 1))))
            }
        }
    }
}

/// Given once, seen from any thread.
private final class Sign: Sendable {
    private let value = Atomic(false)
    var isGiven: Bool { value.load(ordering: .acquiring) }
    func give() { value.store(true, ordering: .releasing) }
}

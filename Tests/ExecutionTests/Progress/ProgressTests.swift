import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("How far things are")
struct ProgressTests {
    private func copies(_ estimates: [Int64], rows: Int64 = 0) -> [MigrationTask] {
        estimates.enumerated().map { number, bytes in
            MigrationTask(
                id: "copy:public.t:\(number)",
                action: .copy(
                    Piece(
                        table: QualifiedName(schema: "public", name: "t"), tableOID: 1, number: number + 1,
                        count: estimates.count, rows: .all, columns: ["id"], isBinary: true, mayFreeze: false,
                        estimatedRows: rows, estimatedBytes: bytes)),
                needs: [], resource: .tableJob, weight: bytes)
        }
    }

    @Test
    func `what was copied corrects what is still to come`() {
        var totals = CopyTotals(copies([100 << 20, 100 << 20, 100 << 20]))
        #expect(totals.total(running: [:]) == 300 << 20)
        totals.completed(0, bytes: 50 << 20)
        #expect(totals.done == 50 << 20)
        // About half of what the tables' sizes said.
        #expect((149 << 20...153 << 20).contains(totals.total(running: [:])))
        totals.reopened(0)
        #expect(totals.done == 0 && totals.total(running: [:]) == 300 << 20)
    }

    @Test
    func `a copy under way comes to what its rows so far say`() {
        let totals = CopyTotals(copies([100 << 20], rows: 1_000_000))
        let server = TaskProgress(rows: 500_000, bytes: 20 << 20)
        #expect(totals.expected(0, bytes: 21 << 20, server) == 40 << 20)
        // More rows than estimated: never more than all of them.
        let more = TaskProgress(rows: 2_000_000, bytes: 80 << 20)
        #expect(totals.expected(0, bytes: 80 << 20, more) >= 80 << 20)
        #expect(totals.expected(0, bytes: 0, nil) == 100 << 20)
    }

    @Test
    func `done twice, or by another process, counts once`() {
        var totals = CopyTotals(copies([100, 100]))
        totals.completed(0, bytes: 90)
        totals.completed(0, bytes: 90)
        totals.completed(1, bytes: nil)
        #expect(totals.done == 90 && totals.total(running: [:]) == 90)
    }

    @Test(arguments: [
        ("initializing", 0.0, "begins"), ("building index: scanning table", 0.25, "scanning the table"),
        ("building index: sorting live tuples", 0.5, "sorting"),
        ("building index: loading tuples in tree", 0.8, "writing"),
    ])
    func `an index build has its server's phases`(_ phase: String, _ fraction: Double, _ step: String) {
        let progress = TaskProgress(indexPhase: phase, blocks: (50, 100), tuples: (500, 1_000))
        #expect(progress.step == step)
        #expect(abs((progress.fraction ?? -1) - fraction) < 0.001)
    }

    @Test(.enabled(if: TestServers.areAvailable))
    func `the servers have what they are asked for`() async throws {
        for server in [try TestServers.requireSource(), try TestServers.requireTarget()] {
            try await TestServers.withConnection(to: server) { connection in
                let found = try ServerProgress.read(connection, planName: "nobody")
                #expect(found.isEmpty)
            }
        }
    }
}

import Foundation
import PlanFile

@testable import Execution

/// Reports made by hand: what is rendered is a function of them.
enum SampleReport {
    static let began = 1_795_000_000.0

    /// A finished live migration with everything that a report can have.
    static func finished(tables: Int = 3, piecesOfEach: Int = 2) -> MigrationReport {
        var report = empty
        var time = began
        var spans: [MigrationReport.Span] = [
            span("dump-schema", "dump-schema", "other 1", time, 2),
            span(
                "pre-data", "pre-data",
                "other "
                    + "1", time + 2, 1),
        ]
        time += 3
        for number in 0..<tables {
            let name = "public.table_\(number)"
            var table = MigrationReport.Table(table: name, isHypertable: number == 0, comparison: .equal)
            for piece in 1...piecesOfEach {
                let worker = "table-jobs \((number + piece) % 4 + 1)"
                var copy = span("copy:\(name):000\(piece)", "copy", worker, time, 10, table: name)
                copy.bytes = Int64(50_000_000)
                spans.append(copy)
                time += 3
            }
            spans.append(span("index:\(name)_idx", "index", "index-jobs 1", time, 5, table: name))
            table.pieces = piecesOfEach
            table.piecesDone = piecesOfEach
            table.rows = Int64(1_000_000 - number)
            table.bytes = 50_000_000 * Int64(piecesOfEach)
            table.copySeconds = 10
            table.indexSeconds = 5
            table.indexes = 1
            report.tables.append(table)
        }
        spans[2].outcome = .failed
        spans[3].outcome = .lost
        let cutover = time + 200_000
        spans += [
            span("fence", "fence", "other 1", cutover, 0.2), span("drain", "drain", "other 1", cutover + 0.2, 0.4),
            span("verify:public.table_0:0001", "verify", "table-jobs 1", cutover + 0.6, 2),
        ]
        report.spans = spans
        report.samples = (0..<400).map { number in
            var sample = RunSample(
                time: began + Double(number) * 500, run: 1, copiedBytes: Int64(number) * 1_000_000, tasksDone: number,
                running: 2)
            sample.lagSeconds = Double(number % 30)
            sample.changesPerSecond = Double(number % 50) * 100
            sample.spoolBytes = 5_000_000
            return sample
        }
        report.tasks = spans.count
        report.tasksDone = spans.count
        report.rows = report.tables.reduce(0) { $0 + $1.rows }
        report.bytes = report.tables.reduce(0) { $0 + $1.bytes }
        report.totalBytes = report.bytes
        report.copySeconds = 60
        report.finished = cutover + 3
        report.read = cutover + 10
        report.phases = [
            .init(kind: "copy", tasks: 6, done: 6, seconds: 60, workSeconds: 200),
            .init(kind: "verify", tasks: 1, done: 1, seconds: 2, workSeconds: 2),
        ]
        return report
    }

    static func span(
        _ task: String, _ kind: String, _ worker: String, _ began: Double, _ seconds: Double, table: String? = nil,
    ) -> MigrationReport.Span {
        .init(task: task, kind: kind, table: table, run: 1, worker: worker, began: began, ended: began + seconds)
    }

    static let cutover = LiveReport.Cutover(
        requested: "2026-11-21 09:41:52.83+00", isAbandoned: false, fence: "read-only",
        completed: "2026-11-21 "
            + "09:42:00+00",
        lateChanges: 0,
        report: CutoverReport(
            fence: "read-only", requested: "2026-11-21 09:41:52.83+00", downtimeSeconds: 2.6,
            parts: [
                .init(name: "fence", seconds: 0.2), .init(name: "drain", seconds: 0.4),
                .init(name: "verify", seconds: 2),
            ],
            lateChanges: 0, refreshes: ["refresh materialized view public.daily;"],
            invalidKeys: ["alter table public.a validate constraint f;"],
            liftFence: "alter database iot reset default_transaction_read_only;"))

    static var empty: MigrationReport {
        MigrationReport(
            name: "iot-production", mode: .live, standing: .complete, phase: .finished, isRunning: false, read: began,
            began: began, finished: nil, tasks: 0, tasksDone: 0, rows: 0, bytes: 0, totalBytes: 0, copySeconds: 0,
            tables: [], phases: [], spans: [], samples: [],
            runs: [
                RunRecord(
                    run: 1, host: "mover-1", pid: 4_711, skeinVersion: "0.1.0", began: began, seen: began + 100,
                    ended: nil,
                    outcome: nil)
            ],
            verification: .init(
                kind: .checksums, pieces: 1, piecesDone: 1, rows: 2_999_997, seconds: 2, differences: []),
            live: LiveReport(
                isFollowed: false, stream: nil, isReady: false, cutover: cutover, resyncs: [],
                insertsOnly: [.init(table: "public.log_lines", copySeconds: 3)]),
            todo: [
                Todo(task: "owners", sql: "alter table public.a owner to app", why: "the role may not"),
                Todo(task: "roles", sql: "\\password app", why: "passwords do not come along"),
            ],
            errors: [], warnings: [.init(task: "validate:public.a:f", text: "stays NOT VALID")],
            failedAttempts: [.init(task: "copy:public.table_0:0001", text: "the connection was lost", time: began + 5)],
            findings: [
                Diagnostic(
                    .warning, "SK710", "public.log_lines has no replica identity",
                    cure: "Say so in "
                        + "`replication`."),
                Diagnostic(.note, "SK300", "a note"),
            ],
            source: .init(database: "iot", version: "15.20 (Debian)", timescaleDB: nil),
            target: .init(database: "tsdb", version: "17.11", timescaleDB: "2.19.3"), skeinVersion: "0.1.0",
            planHash: String(repeating: "a", count: 64),
            settings: [.init(key: "cutover.verify", value: "checksums")])
    }
}

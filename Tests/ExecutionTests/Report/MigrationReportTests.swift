import PlanFile
import Planning
import Testing

@testable import Execution

@Suite("What a report follows from")
struct MigrationReportTests {
    private static func copy(_ name: String, _ number: Int) -> Action {
        .copy(
            Piece(
                table: QualifiedName(schema: "public", name: name), tableOID: 1, number: number, count: 2, rows: .all,
                columns: ["a"], isBinary: true, mayFreeze: false, estimatedRows: 10, estimatedBytes: 1_000))
    }

    private static func record(
        _ number: Int, _ id: String, _ action: Action, _ state: TaskState = .done, attempts: Int = 1,
        error: String? = nil, sqlState: String? = nil,
    ) -> TaskRecord {
        TaskRecord(
            number: number, task: MigrationTask(id: id, action: action, needs: []), state: state, attempts: attempts,
            generation: nil, isRedo: false, rows: state == .done ? 10 : nil, bytes: state == .done ? 1_000 : nil,
            seconds: 1, error: error, sqlState: sqlState)
    }

    private static func report(_ tasks: [TaskRecord], _ change: (inout ReportFacts) -> Void = { _ in })
        -> MigrationReport
    {
        let server = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_020)
        let jobs = JobDecision(
            tableJobs: 1, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
            maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
        let record = MigrationRecord(
            id: 1, uid: "", name: "m", planHash: "", settings: ["cutover.verify": "checksums"], source: server,
            target: server, decisions: Decisions(tables: [], jobs: jobs, exclusions: Exclusions()), generation: 0,
            started: "", skeinVersion: "0")
        var facts = ReportFacts(
            record: record, tasks: tasks, status: StatusReport(record, tasks, live: [:], isRunning: false),
            times: tasks.map { TaskTimes(number: $0.number, run: 1, worker: "table-jobs 1", began: 100, ended: 110) },
            runs: [], attempts: [], samples: [], target: .init(database: "d", version: "17.11"), now: 200, began: 90)
        change(&facts)
        return MigrationReport(facts)
    }

    @Test func `Numbers of tasks are no positions: failed attempts go with their tasks where others are gone`() {
        let report = Self.report([
            Self.record(0, "copy:public.a:0001", Self.copy("a", 1)),
            Self.record(7, "copy:public.a:0002", Self.copy("a", 2), attempts: 2),
        ]) { facts in
            facts.attempts = [
                AttemptRecord(number: 7, run: 1, worker: "table-jobs 1", began: 95, ended: 99, error: "gone"),
                AttemptRecord(
                    number: 3, run: 1, worker: "table-jobs 1", began: 95, ended: 99, error: "of a task that is gone"),
            ]
        }
        #expect(report.failedAttempts.map(\.task) == ["copy:public.a:0002"])
        #expect(report.spans.filter { $0.outcome == .failed }.map(\.task) == ["copy:public.a:0002"])
        #expect(report.tables.map(\.retries) == [1])
        #expect(report.tables[0].rows == 20 && report.tables[0].pieces == 2 && report.tables[0].copySeconds == 14)
    }

    @Test func `An attempt that was cut off ends when its process was last seen`() {
        let report = Self.report([Self.record(0, "copy:public.a:0001", Self.copy("a", 1), .running)]) { facts in
            facts.runs = [
                RunRecord(run: 1, host: "h", pid: 1, skeinVersion: "0", began: 90, seen: 150)
            ]
        }
        #expect(report.spans.map(\.ended) == [150])
        #expect(report.spans.map(\.outcome) == [.lost])
        #expect(report.standing == .stopped)
    }

    @Test func `Rows that differ are told before anything else`() {
        guard case .copy(let piece) = Self.copy("a", 1) else { return }
        let report = Self.report([
            Self.record(0, "copy:public.a:0001", .copy(piece)),
            Self.record(
                1, "verify:public.a:0001", .verify(piece), .pending, error: "public.a: 1 row differs", sqlState: "SKDIF"
            ),
        ])
        #expect(report.standing == .differs)
        #expect(report.verification.differences == ["public.a: 1 row differs"])
        #expect(report.tables.map(\.comparison) == [.differs])
    }
}

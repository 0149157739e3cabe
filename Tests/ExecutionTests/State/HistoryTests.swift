import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

@testable import Execution

@Suite("What the state keeps for the report", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(1)))
struct HistoryTests {
    private func withMigration(
        _ body: @escaping @Sendable (_ connection: Connection, _ migration: Int64) throws -> Void
    ) async throws {
        try await TestServers.withScratchDatabase(on: TestServers.requireTarget(), prefix: "report_state") { database in
            try await TestServers.blocking {
                let connection = try Connection(database, applicationName: "skein tests")
                let tasks = (0..<2).map { number in
                    MigrationTask(
                        id: "extension:\(number)", action: .createExtension(name: "\(number)", schema: "public"),
                        needs: [])
                }
                let identity = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_000)
                let jobs = JobDecision(
                    tableJobs: 1, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
                    maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
                let migration = try connection.transaction {
                    try StateStore(connection).prepare()
                    return try StateStore(connection).create(
                        name: "report", planHash: "", settings: [:], source: identity, target: identity,
                        fingerprint: StateStore.decode(#"{"digest": "", "objects": {}}"#),
                        graph: MigrationGraph(tasks: tasks, tables: [], jobs: jobs, exclusions: Exclusions()),
                        skeinVersion: "0")
                }
                try body(connection, migration)
            }
        }
    }

    @Test func `Two that begin at once get two numbers`() async throws {
        try await withMigration { connection, migration in
            let database = try connection.scalar("select current_database()") ?? ""
            let target = try TestServers.requireTarget().with(database: database)
            let first = try Connection(target, applicationName: "skein tests")
            try first.execute("begin")
            try first.query("select from skein.migration where id = $1 for no key update", [String(migration)])
            try first.query(
                "insert into skein.run (migration, run, host, pid, skein_version) values ($1, 1, 'a', 1, '0')",
                [String(migration)])
            let observer = try Connection(target, applicationName: "skein tests")
            let end = CommitLater(first, observer, waiter: .backend(connection.backendPID))
            end.start()
            #expect(try HistoryStore(connection, migration: migration).begin(host: "b", pid: 2, skeinVersion: "0") == 2)
            let wasWaitedFor = end.wasWaitedFor.load(ordering: .relaxed)
            #expect(wasWaitedFor)
        }
    }

    @Test func `Runs are numbered, and attempts that failed or were cut off are kept with their workers`() async throws
    {
        try await withMigration { connection, migration in
            let history = HistoryStore(connection, migration: migration)
            #expect(try history.begin(host: "a", pid: 1, skeinVersion: "0") == 1)
            #expect(try history.begin(host: "b", pid: 2, skeinVersion: "0") == 2)
            let store = TaskStore(connection, migration: migration)
            let holder = try store.registerHolder()
            let worker = TaskWorker(run: 1, name: "table-jobs 1")
            guard case .claimed(let claim, _, _) = try store.claim(0, holder: holder, worker: worker) else {
                throw StateError.unexpected("not claimed")
            }
            try store.release(0, claim: claim, error: "no room", sqlState: "53100")
            #expect(try history.attempts().map(\.error) == ["no room"])
            // Not given back: another process takes it over.
            guard case .claimed = try store.claim(0, holder: 999_999, worker: worker) else {
                throw StateError.unexpected("not claimed")
            }
            let second = TaskWorker(run: 2, name: "other 1")
            guard case .claimed(let last, _, _) = try store.claim(0, holder: holder, worker: second, elapsed: 60) else {
                throw StateError.unexpected("not claimed")
            }
            try store.finish(0, claim: last, TaskOutcome())
            let attempts = try history.attempts()
            #expect(attempts.map(\.worker) == ["table-jobs 1", "table-jobs 1"])
            #expect(attempts.map { $0.ended == nil } == [false, true])
            let times = try history.taskTimes()
            #expect(times[0].worker == "other 1" && times[0].run == 2 && times[1].worker == nil)
            #expect((times[0].ended ?? 0) - (times[0].began ?? 0) >= 60)
            // What is given back without an error is no attempt that failed.
            guard case .claimed(let other, _, _) = try store.claim(1, holder: holder) else { return }
            try store.release(1, claim: other, error: nil, sqlState: nil)
            #expect(try history.attempts().count == 2)
        }
    }

    @Test func `Samples are thinned out, and cover the whole time all the same`() async throws {
        try await withMigration { connection, migration in
            let history = HistoryStore(connection, migration: migration)
            let run = try history.begin(host: "a", pid: 1, skeinVersion: "0")
            try connection.query(
                """
                insert into skein.sample (migration, run, time, copied_bytes, tasks_done, running)
                select $1, 1, now() - (4000 - i) * interval '1 min', i, i, 1 from generate_series(1, 4000) i
                """, [String(migration)])
            let age = try history.add(RunSample(run: run, copiedBytes: 5, tasksDone: 1, running: 0))
            #expect(age > 230_000 && HistoryStore.interval(age: age) > 300)
            try history.thin()
            #expect(try history.samples().count == 2_001)
            try history.thin()
            try history.thin()
            let samples = try history.samples()
            #expect(samples.count <= HistoryStore.mostSamples && samples.count > 700)
            #expect((samples.last?.time ?? 0) - (samples.first?.time ?? 0) > 230_000)
        }
    }

    @Test func `A state without these tables gets them, and one that has them keeps what is in them`() async throws {
        try await withMigration { connection, migration in
            let history = HistoryStore(connection, migration: migration)
            try connection.execute(
                """
                drop table skein.run, skein.attempt, skein.sample, skein.origin;
                alter table skein.task drop column run, drop column worker
                """)
            #expect(try !history.exists())
            #expect(try history.taskTimes().count == 2)
            try connection.transaction { try history.prepare() }
            #expect(try history.begin(host: "a", pid: 1, skeinVersion: "0") == 1)
            try connection.transaction { try history.prepare() }
            #expect(try history.runs().count == 1)
        }
    }
}

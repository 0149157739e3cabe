import Testing

@testable import PlanFile
@testable import Planning

@Suite("How long the rest takes")
struct WorkForecastTests {
    /// Copies of so many MB each, an index of so many MB behind the first, a comparison behind all.
    private func tasks(copies: [Int64], index: Int64 = 0) -> [MigrationTask] {
        var tasks = copies.enumerated().map { number, megabytes in
            MigrationTask(
                id: "copy:public.t:\(number)", action: .copy(piece(number + 1)), needs: [], resource: .tableJob,
                weight: megabytes * 1_000_000)
        }
        if index > 0 {
            tasks.append(
                MigrationTask(
                    id: "index:public.i",
                    action: .buildIndex(
                        IndexBuild(
                            sourceOID: 1, name: QualifiedName(schema: "public", name: "i"),
                            table: QualifiedName(schema: "public", name: "t"), definition: "")),
                    needs: [0], resource: .indexJob, weight: index * 1_000_000))
        }
        return tasks
    }

    private func piece(_ number: Int) -> Piece {
        Piece(
            table: QualifiedName(schema: "public", name: "t"), tableOID: 1, number: number, count: 9, rows: .all,
            columns: ["id"], isBinary: true, mayFreeze: false, estimatedRows: 0, estimatedBytes: 0)
    }

    private func forecast(_ tasks: [MigrationTask], jobs: Int = 2) -> WorkForecast {
        WorkForecast(tasks, [], limits: [.tableJob: jobs, .indexJob: jobs, .none: 2])
    }

    private func open(_ tasks: [MigrationTask]) -> [Bool] { tasks.map { _ in false } }

    @Test("before anything is measured it is cautious, and says so")
    func unmeasured() throws {
        let tasks = tasks(copies: [600, 600, 600, 600])
        let outlook = try #require(forecast(tasks).outlook(isDone: open(tasks), running: [:]))
        #expect(outlook.isRough)
        #expect(abs(outlook.secondsLeft - 20) < 1, "\(outlook)")
        #expect(outlook.share == 0)
    }

    @Test("one task that is larger than all others is as long as it is, however many workers there are")
    func criticalPath() throws {
        let tasks = tasks(copies: [6_000, 60, 60, 60, 60])
        for jobs in [2, 4] {
            let outlook = try #require(forecast(tasks, jobs: jobs).outlook(isDone: open(tasks), running: [:]))
            #expect(abs(outlook.secondsLeft - 100) < 2, "\(outlook)")
        }
    }

    @Test("an index waits for its table, and lengthens the whole")
    func chain() throws {
        let tasks = tasks(copies: [600, 600], index: 400)
        let outlook = try #require(forecast(tasks).outlook(isDone: open(tasks), running: [:]))
        #expect(abs(outlook.secondsLeft - 20) < 1, "\(outlook)")
    }

    @Test("what was measured corrects it, and what is assumed of other kinds with it")
    func measured() throws {
        let tasks = tasks(copies: [600, 600, 600], index: 400)
        var forecast = forecast(tasks)
        // Three times as fast as assumed.
        forecast.completed(0, seconds: 3.33)
        let isDone = [true, false, false, false]
        let outlook = try #require(forecast.outlook(isDone: isDone, running: [:]))
        #expect(outlook.secondsLeft > 5 && outlook.secondsLeft < 9, "\(outlook)")
        #expect(outlook.share > 0.15 && outlook.share < 0.4, "\(outlook)")
    }

    @Test("a task under way counts by its own speed")
    func underWay() throws {
        let tasks = tasks(copies: [6_000])
        let half = WorkForecast.Running(seconds: 100, fraction: 0.5)
        let outlook = try #require(forecast(tasks).outlook(isDone: [false], running: [0: half]))
        #expect(abs(outlook.secondsLeft - 100) < 5, "\(outlook)")
        #expect(!outlook.isRough)
        #expect(abs(outlook.share - 0.5) < 0.05)
    }

    @Test("a task that takes longer than expected is not always about to end")
    func overdue() throws {
        let tasks = tasks(copies: [60])
        let late = WorkForecast.Running(seconds: 100)
        let outlook = try #require(forecast(tasks).outlook(isDone: [false], running: [0: late]))
        #expect(outlook.secondsLeft >= 9, "\(outlook)")
    }

    @Test("what is behind the gate does not count, and what is known better counts as known")
    func gated() throws {
        let tasks = tasks(copies: [600, 600], index: 4_000)
        let forecast = forecast(tasks)
        let outlook = try #require(
            forecast.outlook(isDone: open(tasks), running: [:], excluding: [2], known: [1: 77]))
        #expect(abs(outlook.secondsLeft - 77) < 1, "\(outlook)")
        #expect(forecast.outlook(isDone: [true, true, false], running: [:], excluding: [2]) == nil)
    }

    @Test("many small tasks take what a small one takes")
    func small() throws {
        let tasks = tasks(copies: Array(repeating: 0, count: 1_000))
        var forecast = forecast(tasks)
        for number in 0..<100 { forecast.completed(number, seconds: 0.1) }
        let isDone = tasks.indices.map { $0 < 100 }
        let outlook = try #require(forecast.outlook(isDone: isDone, running: [:]))
        #expect(abs(outlook.secondsLeft - 45) < 3, "\(outlook)")
    }

    @Test("seventy thousand tasks are gone through in no time", .timeLimit(.minutes(1)))
    func large() throws {
        let tasks = tasks(copies: Array(repeating: 1, count: 70_000))
        let forecast = forecast(tasks)
        for _ in 0..<3 { _ = forecast.outlook(isDone: open(tasks), running: [:]) }
    }
}

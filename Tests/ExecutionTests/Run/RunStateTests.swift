import Planning
import Testing

@testable import Execution

@Suite("Where a run stands")
struct RunStateTests {
    /// Tasks that need nothing to be run: extensions, or copies where something reads under the snapshot.
    private static func tasks(
        _ needs: [[Int]], resource: MigrationTask.Resource = .none, weights: [Int64] = [],
    ) -> [MigrationTask] {
        needs.enumerated().map { number, needs in
            MigrationTask(
                id: "task:\(number)", action: .createExtension(name: "e\(number)", schema: "public"), needs: needs,
                resource: resource, weight: weights.isEmpty ? 0 : weights[number])
        }
    }

    private static func state(
        _ tasks: [MigrationTask], done: Set<Int> = [], limit: Int = 10, retryFor: Double = 60,
    ) -> RunState {
        RunState(
            tasks: tasks, done: done, limits: [.none: limit, .tableJob: limit, .indexJob: limit], retryFor: retryFor,
            now: 0)
    }

    @Test func `A task starts once all that it needs is done`() {
        var state = Self.state(Self.tasks([[], [], [0, 1], [2]]))
        #expect(state.start(now: 0) == [0, 1])
        state.completed(0, now: 1)
        #expect(state.start(now: 1) == [])
        state.completed(1, now: 2)
        #expect(state.start(now: 2) == [2])
        state.completed(2, now: 3)
        #expect(state.start(now: 3) == [3])
        #expect(!state.isFinished)
        state.completed(3, now: 4)
        #expect(state.isFinished)
        #expect(state.runningCount == 0)
    }

    @Test func `Bigger tasks start first, equal ones in the graph's order`() {
        var state = Self.state(Self.tasks([[], [], [], []], weights: [1, 9, 9, 5]))
        #expect(state.start(now: 0) == [1, 2, 3, 0])
    }

    @Test func `No more run at once than a resource has`() {
        var state = Self.state(Self.tasks([[], [], []], weights: [3, 2, 1]), limit: 2)
        #expect(state.start(now: 0) == [0, 1])
        #expect(state.start(now: 0) == [])
        state.completed(1, now: 1)
        #expect(state.start(now: 1) == [2])
    }

    @Test func `What is done already is neither started nor waited for`() {
        var state = Self.state(Self.tasks([[], [0], [1], []]), done: [0, 1])
        #expect(state.doneCount == 2)
        #expect(state.start(now: 0) == [2, 3])
    }

    @Test func `A transient failure is tried again after a pause that grows to 15 seconds`() {
        var state = Self.state(Self.tasks([[]]), retryFor: 1000)
        var (now, pauses): (Double, [Double]) = (0, [])
        for _ in 0..<8 {
            #expect(state.start(now: now) == [0])
            guard case .retry(let pause) = state.failed(0, isTransient: true, now: now) else {
                Issue.record("not retried")
                return
            }
            #expect(state.start(now: now + pause - 0.01) == [])
            #expect(state.nextWake == now + pause)
            pauses.append(pause)
            now += pause
        }
        #expect(pauses == [0.5, 1, 2, 4, 8, 15, 15, 15])
    }

    @Test func `Failures are given up once nothing has succeeded for as long as retries are allowed`() {
        var state = Self.state(Self.tasks([[], []]), retryFor: 60)
        #expect(state.start(now: 0) == [0, 1])
        #expect(state.failed(0, isTransient: true, now: 59) == .retry(after: 0.5))
        state.completed(1, now: 60)
        #expect(state.start(now: 60) == [0])
        #expect(state.failed(0, isTransient: true, now: 119) == .retry(after: 1))
        #expect(state.start(now: 120) == [0])
        #expect(state.failed(0, isTransient: true, now: 120) == .giveUp)
        #expect(state.isStopping)
        #expect(state.start(now: 500) == [])
    }

    @Test func `Any other failure stops the run, and what runs may end`() {
        var state = Self.state(Self.tasks([[], [], [0], [2], [1]]), limit: 2)
        #expect(state.start(now: 0) == [0, 1])
        #expect(state.failed(0, isTransient: false, now: 1) == .stop)
        #expect(state.runningCount == 1)
        state.completed(1, now: 2)
        #expect(state.start(now: 2) == [])
        #expect(!state.isFinished)
        #expect(state.blocked(by: 0) == 2)
        #expect(state.blocked(by: 1) == 1)
        #expect(state.blocked(by: 4) == 0)
    }

    @Test func `Failures outside of tasks are retried as long as theirs`() {
        var state = Self.state(Self.tasks([[]]), retryFor: 10)
        #expect(state.failedOutsideTasks(isTransient: true, now: 9) == .retry(after: 0.5))
        #expect(state.failedOutsideTasks(isTransient: true, now: 10) == .giveUp)
        var other = Self.state(Self.tasks([[]]), retryFor: 10)
        #expect(other.failedOutsideTasks(isTransient: false, now: 0) == .stop)
    }

    @Test func `What another process has is looked at again a second later and counts as progress`() {
        var state = Self.state(Self.tasks([[], [0]]), retryFor: 10)
        #expect(state.start(now: 0) == [0])
        state.takenElsewhere(0, now: 9)
        #expect(state.start(now: 9.9) == [])
        #expect(state.start(now: 10) == [0])
        #expect(state.failed(0, isTransient: true, now: 18) == .retry(after: 0.5))
    }

    @Test func `What another process has done is not done again`() {
        var state = Self.state(Self.tasks([[], [], [0], [1]], weights: [4, 3, 2, 1]), limit: 1)
        #expect(state.start(now: 0) == [0])
        // 1 is ready, 3 waits for it; 0 runs here and is for its own attempt to say.
        state.observed(done: [0, 1, 3], now: 1)
        #expect(state.doneCount == 2)
        #expect(state.start(now: 1) == [])
        state.completed(0, now: 2)
        #expect(state.start(now: 2) == [2])
        state.completed(2, now: 3)
        #expect(state.isFinished)
        #expect(state.start(now: 4) == [])
    }

    @Test func `A task that is delayed while another process does it is not started`() {
        var state = Self.state(Self.tasks([[], [0]]))
        #expect(state.start(now: 0) == [0])
        state.takenElsewhere(0, now: 0)
        state.observed(done: [0], now: 0.5)
        #expect(state.nextWake == nil)
        #expect(state.start(now: 5) == [1])
    }

    @Test func `A task that is left aside blocks only what needs it`() {
        var state = Self.state(Self.tasks([[], [0], []]))
        #expect(state.start(now: 0) == [0, 2])
        state.setAside(0, now: 1)
        state.completed(2, now: 1)
        #expect(state.start(now: 9) == [])
        #expect(state.runningCount == 0)
        #expect(state.nextWake == nil)
    }

    @Test func `Without a snapshot what reads under it waits, and the rest goes on`() {
        var tasks = Self.tasks([[], [], [0]], weights: [5, 1, 0])
        tasks[0].action = .copyLargeObjects(first: 0, end: nil)
        var state = Self.state(tasks)
        tasks[0].resource = .tableJob
        state = Self.state(tasks)
        #expect(state.start(now: 0, mayStart: { !$0.action.waitsForSnapshot }) == [1])
        #expect(state.start(now: 1, mayStart: { _ in true }) == [0])
        state.postponed(0, until: 1)
        #expect(state.start(now: 1, mayStart: { !$0.action.waitsForSnapshot }) == [])
        #expect(state.start(now: 1, mayStart: { _ in true }) == [0])
    }

    @Test func `A reopened task is done again before what has not begun`() {
        // 0 and 1 are copies, 2 an index on both, 3 behind it.
        var state = Self.state(Self.tasks([[], [], [0, 1], [2]]), limit: 2)
        #expect(state.start(now: 0) == [0, 1])
        state.completed(0, now: 1)
        state.completed(1, now: 1)
        state.reopened([0])
        #expect(state.doneCount == 1)
        #expect(state.start(now: 2) == [0])
        state.completed(0, now: 3)
        #expect(state.start(now: 3) == [2])
    }

    @Test func `Tasks that are reopened together keep their order`() {
        var state = Self.state(Self.tasks([[], [0], [1], [2]]), done: [0, 1, 2])
        state.reopened([2, 0, 1])
        for number in 0..<4 {
            #expect(state.start(now: Double(number)) == [number])
            state.completed(number, now: Double(number))
        }
        #expect(state.isFinished)
    }

    @Test func `A task whose need is reopened while it runs waits for it when it fails`() {
        var state = Self.state(Self.tasks([[], [0]]), done: [0])
        #expect(state.start(now: 0) == [1])
        state.reopened([0])
        #expect(state.start(now: 0) == [0])
        #expect(state.failed(1, isTransient: true, now: 0) == .retry(after: 0.5))
        #expect(state.start(now: 10) == [])
        state.completed(0, now: 11)
        #expect(state.start(now: 11) == [1])
    }

    @Test func `Reopening what is not done changes nothing`() {
        var state = Self.state(Self.tasks([[], [0]]))
        #expect(state.start(now: 0) == [0])
        state.reopened([0, 1])
        #expect(state.doneCount == 0)
        #expect(state.runningCount == 1)
        state.completed(0, now: 1)
        #expect(state.start(now: 1) == [1])
    }

    @Test func `After a stop nothing starts, not even what was delayed`() {
        var state = Self.state(Self.tasks([[], []]), limit: 1)
        #expect(state.start(now: 0) == [0])
        state.stop()
        state.abandoned(0)
        #expect(state.runningCount == 0)
        #expect(state.start(now: 99) == [])
        #expect(!state.isFinished)
    }
}

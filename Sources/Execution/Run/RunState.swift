package import Planning
private import HeapModule

/// Where a run stands: which tasks may start, which run, which wait to be tried again. A value with no clock, no
/// server and no suspension in it; the engine feeds it events and does what it answers.
package struct RunState: Sendable {
    /// What a failure leads to.
    package enum Consequence: Sendable, Equatable {
        /// Tried again after so many seconds.
        case retry(after: Double)
        /// Not to be mended by waiting: start nothing more.
        case stop
        /// Nothing has succeeded for as long as retries are allowed.
        case giveUp
    }

    private enum Phase: Sendable, Equatable {
        case waiting, ready, running, done
        /// Not before this time.
        case delayed(until: Double)
    }

    /// Started first: the bigger one, then the one that comes first in the graph.
    private struct Ready: Comparable, Sendable {
        var number: Int
        var weight: Int64
        static func < (left: Self, right: Self) -> Bool {
            left.weight != right.weight ? left.weight < right.weight : left.number > right.number
        }
    }

    private let tasks: [MigrationTask]
    private let limits: [MigrationTask.Resource: Int]
    private let retryFor: Double
    private var dependents: [[Int]]
    private var unmet: [Int]
    private var phases: [Phase]
    private var failures: [Int: Int] = [:]
    private var ready: [MigrationTask.Resource: Heap<Ready>] = [:]
    private var running: [MigrationTask.Resource: Int] = [:]
    private var delayed: Set<Int> = []
    /// When something last succeeded, seconds.
    private var lastSuccess: Double
    package private(set) var doneCount = 0
    package private(set) var isStopping = false

    /// - Parameters:
    ///   - done: numbers of the tasks that are done already.
    ///   - retryFor: how long transient failures are retried without any success between, seconds.
    ///   - now: seconds on any steady clock, here and below.
    package init(
        tasks: [MigrationTask], done: Set<Int>, limits: [MigrationTask.Resource: Int], retryFor: Double, now: Double,
    ) {
        self.tasks = tasks
        self.limits = limits
        self.retryFor = retryFor
        lastSuccess = now
        dependents = Array(repeating: [], count: tasks.count)
        unmet = Array(repeating: 0, count: tasks.count)
        phases = Array(repeating: .waiting, count: tasks.count)
        for (number, task) in tasks.enumerated() {
            for need in task.needs where !done.contains(need) {
                dependents[need].append(number)
                unmet[number] += 1
            }
        }
        for number in tasks.indices {
            if done.contains(number) {
                phases[number] = .done
                doneCount += 1
            } else if unmet[number] == 0 {
                makeReady(number)
            }
        }
    }

    package var isFinished: Bool { doneCount == tasks.count }
    package var runningCount: Int { running.values.reduce(0, +) }

    /// The earliest time at which a delayed task may start; nil where none is delayed.
    package var nextWake: Double? {
        delayed.compactMap { if case .delayed(let until) = phases[$0] { until } else { nil } }.min()
    }

    /// The tasks to start now; they count as running from here on.
    /// - Parameter mayStart: what it says no to stays ready, and others come first.
    package mutating func start(now: Double, mayStart: (MigrationTask) -> Bool = { _ in true }) -> [Int] {
        guard !isStopping else { return [] }
        for number in delayed.sorted() {
            guard case .delayed(let until) = phases[number], until <= now else { continue }
            delayed.remove(number)
            makeReady(number)
        }
        var started: [Int] = []
        for resource in MigrationTask.Resource.allCases {
            var held: [Ready] = []
            while running[resource, default: 0] < limits[resource, default: 1], let next = ready[resource]?.popMax() {
                // Done elsewhere or reopened since it came in here.
                guard phases[next.number] == .ready else { continue }
                guard mayStart(tasks[next.number]) else {
                    held.append(next)
                    continue
                }
                phases[next.number] = .running
                running[resource, default: 0] += 1
                started.append(next.number)
            }
            for one in held { ready[resource]?.insert(one) }
        }
        return started
    }

    /// A task that was running is done, here or elsewhere.
    package mutating func completed(_ number: Int, now: Double) {
        stopRunning(number)
        lastSuccess = now
        failures[number] = nil
        markDone(number)
    }

    /// Another process has done these.
    package mutating func observed(done numbers: some Sequence<Int>, now: Double) {
        for number in numbers where phases[number] != .done && phases[number] != .running {
            delayed.remove(number)
            lastSuccess = now
            markDone(number)
        }
    }

    /// Another process has it: look again later.
    package mutating func takenElsewhere(_ number: Int, now: Double) {
        stopRunning(number)
        // Somebody works on it, which is as good as a success of our own.
        lastSuccess = now
        delay(number, until: now + 1)
    }

    /// A running task ended without success and without a reason to stop the others: it is left for another run.
    package mutating func setAside(_ number: Int, now: Double) {
        stopRunning(number)
        lastSuccess = now
        phases[number] = .waiting
    }

    /// A running task could not go on for want of something that is being made: soon again, and no failure.
    package mutating func postponed(_ number: Int, until time: Double) {
        stopRunning(number)
        delay(number, until: time)
    }

    /// A running task was given up because the run ends.
    package mutating func abandoned(_ number: Int) {
        stopRunning(number)
        phases[number] = .waiting
    }

    /// A running task failed.
    package mutating func failed(_ number: Int, isTransient: Bool, now: Double) -> Consequence {
        stopRunning(number)
        guard isTransient else {
            isStopping = true
            return .stop
        }
        guard now - lastSuccess < retryFor else {
            isStopping = true
            return .giveUp
        }
        let count = failures[number, default: 0]
        failures[number] = count + 1
        let pause = min(0.5 * Double(1 << min(count, 6)), 15)
        delay(number, until: now + pause)
        return .retry(after: pause)
    }

    /// Something that is no task of the graph failed.
    package mutating func failedOutsideTasks(isTransient: Bool, now: Double) -> Consequence {
        guard isTransient, now - lastSuccess < retryFor else {
            isStopping = true
            return isTransient ? .giveUp : .stop
        }
        return .retry(after: 0.5)
    }

    /// Done tasks are to be done again: what needs them and has not begun waits for them again.
    package mutating func reopened(_ numbers: some Sequence<Int>) {
        let reopened = numbers.filter { phases[$0] == .done }
        guard !reopened.isEmpty else { return }
        doneCount -= reopened.count
        for number in reopened { phases[number] = .waiting }
        for number in tasks.indices {
            dependents[number] = []
            unmet[number] = 0
        }
        for (number, task) in tasks.enumerated() {
            for need in task.needs where phases[need] != .done {
                dependents[need].append(number)
                unmet[number] += 1
            }
        }
        for number in tasks.indices where unmet[number] > 0 {
            switch phases[number] {
            case .ready, .delayed:
                phases[number] = .waiting
                delayed.remove(number)
            case .waiting, .running, .done: break
            }
        }
        for number in reopened where unmet[number] == 0 { makeReady(number) }
    }

    /// Whether everything that the task needs is done, and it is not.
    package func isNext(_ number: Int) -> Bool { phases[number] != .done && unmet[number] == 0 }

    package func isRunning(_ number: Int) -> Bool { phases[number] == .running }

    package func isDone(_ number: Int) -> Bool { phases[number] == .done }

    /// The tasks that count as done.
    package var doneNumbers: Set<Int> { Set(tasks.indices.filter { phases[$0] == .done }) }

    /// Whether it is done, for each task.
    package var doneByNumber: [Bool] { phases.map { $0 == .done } }

    /// Starts nothing more.
    package mutating func stop() { isStopping = true }

    /// What `number` and those behind it would have done: the tasks that cannot run because it failed.
    package func blocked(by number: Int) -> Int {
        var blocked: Set<Int> = [number]
        for candidate in tasks.indices where candidate > number {
            if tasks[candidate].needs.contains(where: blocked.contains) { blocked.insert(candidate) }
        }
        return blocked.count - 1
    }

    private mutating func markDone(_ number: Int) {
        phases[number] = .done
        doneCount += 1
        for dependent in dependents[number] {
            unmet[dependent] -= 1
            if unmet[dependent] == 0, phases[dependent] == .waiting { makeReady(dependent) }
        }
        dependents[number] = []
    }

    private mutating func makeReady(_ number: Int) {
        phases[number] = .ready
        ready[tasks[number].resource, default: Heap()].insert(Ready(number: number, weight: tasks[number].weight))
    }

    private mutating func delay(_ number: Int, until time: Double) {
        // What it needs was reopened while it ran.
        guard unmet[number] == 0 else {
            phases[number] = .waiting
            return
        }
        phases[number] = .delayed(until: time)
        delayed.insert(number)
    }

    private mutating func stopRunning(_ number: Int) {
        guard phases[number] == .running else { return }
        running[tasks[number].resource, default: 0] -= 1
    }
}

private import HeapModule
internal import PlanFile

/// How long the rest of a migration takes: its open tasks are gone through as they would be started, by as many workers
/// as there are, each as long as its kind takes for its bytes. So a table that is larger than all others together, or an
/// index that everything waits for, is as long as it is, however many workers there are.
///
/// A value: no clock, no server.
package struct WorkForecast: Sendable {
    /// A task under way.
    package struct Running: Sendable, Equatable {
        /// Since it began, seconds.
        package var seconds: Double
        /// How much of it is done, 0 to 1, where that can be told.
        package var fraction: Double?

        package init(seconds: Double, fraction: Double? = nil) {
            self.seconds = seconds
            self.fraction = fraction
        }
    }

    /// What is left, and how much is done.
    package struct Outlook: Sendable, Equatable {
        package var secondsLeft: Double
        /// More than half of it rests on assumptions.
        package var isRough: Bool
        /// Of all work, weighed by the time it takes: 0 to 1.
        package var share: Double
    }

    package var rates = WorkRates()
    package let kinds: [WorkKind]
    private let weights: [Int64]
    private let needs: [[Int]]
    private let resources: [MigrationTask.Resource]
    private let successors: [[Int]]
    private let limits: [MigrationTask.Resource: Int]

    /// More streams than this meet a disk or a network that is busy.
    private static let streams = 4.0

    /// - Parameter limits: how many tasks run at once, of each resource.
    package init(_ tasks: [MigrationTask], _ tables: [TableDecision], limits: [MigrationTask.Resource: Int]) {
        let hypertables = Set(tables.filter(\.isHypertable).map(\.table))
        kinds = tasks.map { WorkKind($0.action, isHypertable: hypertables.contains) }
        let sizes = Dictionary(tables.map { ($0.table, $0.bytes) }) { first, _ in first }
        weights = tasks.map { task in
            // An index is as much work as its table's rows to read and sort, besides its own bytes.
            let table: QualifiedName? =
                switch task.action {
                case .buildIndex(let build): build.table
                case .addConstraint(let build) where task.weight > 0: build.table
                default: nil
                }
            return task.weight + (table.flatMap { sizes[$0] } ?? 0) / 4
        }
        needs = tasks.map(\.needs)
        resources = tasks.map(\.resource)
        var successors = Array(repeating: [Int](), count: tasks.count)
        for (number, task) in tasks.enumerated() {
            for need in task.needs { successors[need].append(number) }
        }
        self.successors = successors
        self.limits = limits
    }

    /// How many tasks a run starts at once, as it was planned.
    package static func limits(_ jobs: JobDecision) -> [MigrationTask.Resource: Int] {
        [.tableJob: jobs.tableJobs, .indexJob: jobs.indexJobs, .none: 2]
    }

    /// A task was done in so many seconds.
    package mutating func completed(_ number: Int, seconds: Double) {
        guard kinds[number] != .waiting else { return }
        rates.add(kinds[number], weight: weights[number], seconds: seconds)
    }

    /// - Parameters:
    ///   - isDone: of each task.
    ///   - running: the tasks under way, by number.
    ///   - excluded: tasks that do not belong to it, with all that need them.
    ///   - known: what is known better, seconds: until the stream has caught up.
    /// - Returns: nil where nothing is left.
    package func outlook(
        isDone: [Bool], running: [Int: Running], excluding excluded: Set<Int> = [], known: [Int: Double] = [:],
    ) -> Outlook? {
        var rates = rates
        for (number, task) in running {
            guard let fraction = task.fraction, fraction > 0 else { continue }
            let weight = Int64(Double(weights[number]) * fraction)
            // Of what has only begun nothing can be told yet.
            if weight >= 1 << 20, task.seconds >= 0.5 {
                rates.add(kinds[number], weight: weight, seconds: task.seconds)
            }
        }
        var (work, left, assumed) = (0.0, 0.0, 0.0)
        var durations = Array(repeating: 0.0, count: kinds.count)
        var isOpen = Array(repeating: false, count: kinds.count)
        for number in kinds.indices where !excluded.contains(number) {
            let whole = duration(number, rates)
            work += whole
            guard !isDone[number] else { continue }
            isOpen[number] = true
            var rest = known[number] ?? whole
            if let task = running[number], known[number] == nil { rest = self.rest(number, task, whole, rates) }
            durations[number] = rest
            left += rest
            if !rates.isMeasured(kinds[number]), known[number] == nil { assumed += rest }
        }
        guard isOpen.contains(true) else { return nil }
        let share = work > 0 ? min(1, max(0, 1 - left / max(work, left))) : 0
        return Outlook(
            secondsLeft: makespan(durations, isOpen, running), isRough: assumed > left / 2, share: share)
    }

    private func duration(_ number: Int, _ rates: WorkRates) -> Double {
        let seconds = rates.seconds(kinds[number], weight: weights[number])
        let limit = Double(limits[resources[number], default: 1])
        return rates.isMeasured(kinds[number]) ? seconds : seconds * max(1, limit / Self.streams)
    }

    /// What is left of a task: by its own speed as soon as that is known; else by what its kind takes.
    private func rest(_ number: Int, _ task: Running, _ whole: Double, _ rates: WorkRates) -> Double {
        // The longer it takes beyond what was expected, the less is known: a tenth of its time is as good as any.
        guard let fraction = task.fraction else { return max(whole - task.seconds, 0.1 * task.seconds, 0.01) }
        let left = 1 - min(1, max(0, fraction))
        let own = (fraction * whole + 1) / (task.seconds + 1)
        return max(0.01, left * whole / max(own, 0.001))
    }

    private struct Ready: Comparable {
        var number: Int
        var weight: Int64
        static func < (left: Self, right: Self) -> Bool {
            left.weight != right.weight ? left.weight < right.weight : left.number > right.number
        }
    }

    private struct Ending: Comparable {
        var time: Double
        var number: Int
        static func < (left: Self, right: Self) -> Bool {
            left.time != right.time ? left.time < right.time : left.number < right.number
        }
    }

    /// Goes through the open tasks as a run starts them: of those that are ready, the heaviest first.
    private func makespan(_ durations: [Double], _ isOpen: [Bool], _ running: [Int: Running]) -> Double {
        var unmet = Array(repeating: 0, count: kinds.count)
        var ready: [MigrationTask.Resource: Heap<Ready>] = [:]
        var busy: [MigrationTask.Resource: Int] = [:]
        var endings = Heap<Ending>()
        for number in kinds.indices where isOpen[number] {
            unmet[number] = needs[number].count { isOpen[$0] }
            if running[number] != nil {
                busy[resources[number], default: 0] += 1
                endings.insert(Ending(time: durations[number], number: number))
            } else if unmet[number] == 0 {
                ready[resources[number], default: Heap()].insert(Ready(number: number, weight: weights[number]))
            }
        }
        var now = 0.0
        while true {
            for resource in MigrationTask.Resource.allCases {
                while busy[resource, default: 0] < limits[resource, default: 1],
                    let next = ready[resource]?.popMax()
                {
                    busy[resource, default: 0] += 1
                    endings.insert(Ending(time: now + durations[next.number], number: next.number))
                }
            }
            guard let ending = endings.popMin() else { return now }
            now = max(now, ending.time)
            busy[resources[ending.number], default: 1] -= 1
            for next in successors[ending.number] where isOpen[next] {
                unmet[next] -= 1
                guard unmet[next] == 0, running[next] == nil else { continue }
                ready[resources[next], default: Heap()].insert(Ready(number: next, weight: weights[next]))
            }
        }
    }
}

internal import Planning

/// How far a run is, how fast it goes, and how long it takes still: a value fed by the engine.
package struct ProgressMeter: Sendable {
    /// A task under way.
    struct Running: Sendable {
        /// Since it began, seconds.
        var seconds: Double
        /// Handed to the target so far, of a copy.
        var bytes: Int64
        var server: TaskProgress?
    }

    /// What the run is on the way to.
    struct Goal: Sendable {
        var isReady = false
        /// Tasks that come behind it.
        var excluded: Set<Int> = []
        /// What is known of tasks better than by their kind, seconds.
        var known: [Int: Double] = [:]
    }

    private let ids: [String]
    private let readers: Set<Int>
    private var unfinished: Set<Int>
    private var totals: CopyTotals
    private var forecast: WorkForecast
    private var samples: [(time: Double, bytes: Int64)] = []
    private var lastReport = -1.0
    /// How long the next report waits, seconds: a forecast of very many tasks takes its time.
    private let interval: Double
    private var lastMovement = (time: 0.0, done: -1, bytes: Int64(-1))
    private var lastStall = 0.0

    /// How long nothing may move before it is said, and said again; seconds.
    private static let patience = 30.0

    init(
        _ tasks: [MigrationTask], _ records: [TaskRecord], _ tables: [TableDecision],
        limits: [MigrationTask.Resource: Int],
    ) {
        ids = tasks.map(\.id)
        readers = Set(tasks.indices.filter { tasks[$0].action.readsUnderSnapshot })
        totals = CopyTotals(tasks)
        forecast = WorkForecast(tasks, tables, limits: limits)
        interval = max(1, Double(tasks.count) / 10_000)
        let done = records.filter { $0.state == .done }
        unfinished = readers.subtracting(done.map(\.number))
        for record in done {
            totals.completed(record.number, bytes: record.bytes)
            // A comparison claims its task when it is done, so that its row does not say what it took.
            if case .verify = record.task.action { continue }
            if let seconds = record.seconds { forecast.completed(record.number, seconds: seconds) }
        }
    }

    /// Tasks that still have to read under the snapshot.
    package var unfinishedReaders: Int { unfinished.count }

    /// - Parameters:
    ///   - outcome: without bytes where another process has done it.
    ///   - seconds: nil then.
    mutating func completed(_ number: Int, _ outcome: TaskOutcome, seconds: Double? = nil) {
        unfinished.remove(number)
        totals.completed(number, bytes: outcome.bytes)
        if let seconds { forecast.completed(number, seconds: seconds) }
    }

    mutating func reopened(_ number: Int) {
        if readers.contains(number) { unfinished.insert(number) }
        totals.reopened(number)
    }

    /// For how long nothing has moved, once that is worth saying.
    mutating func stall(_ state: RunState, copied: Int64, now: Double) -> Double? {
        if lastMovement.done != state.doneCount || lastMovement.bytes != copied || state.runningCount == 0 {
            lastMovement = (now, state.doneCount, copied)
            lastStall = now
        }
        guard now - lastStall >= Self.patience else { return nil }
        lastStall = now
        return now - lastMovement.time
    }

    /// A report each second, nil between.
    mutating func report(
        _ state: RunState, running: [Int: Running], goal: Goal, now: Double,
    ) -> RunEvent.Progress? {
        guard now - lastReport >= interval else { return nil }
        lastReport = now
        var expected: [Int: Int64] = [:]
        var work: [RunEvent.Work] = []
        var underWay: [Int: WorkForecast.Running] = [:]
        for number in running.keys.sorted() {
            guard let task = running[number] else { continue }
            var shown = RunEvent.Work(id: ids[number], seconds: task.seconds)
            shown.step = task.server?.step
            shown.fraction = task.server?.fraction
            if totals.isCopy(number) {
                let all = totals.expected(number, bytes: task.bytes, task.server)
                expected[number] = all
                (shown.bytes, shown.totalBytes) = (task.bytes, all)
                // It is done when the server says so.
                shown.fraction = all > 0 ? min(0.99, Double(task.bytes) / Double(all)) : nil
            } else if task.bytes > 0 {
                shown.bytes = task.bytes
            }
            underWay[number] = WorkForecast.Running(seconds: task.seconds, fraction: shown.fraction)
            work.append(shown)
        }
        let copied = totals.done + running.values.reduce(0) { $0 + $1.bytes }
        samples.append((now, copied))
        if samples.count > 10 { samples.removeFirst() }
        let (first, span) = (samples[0], now - samples[0].time)
        let outlook = forecast.outlook(
            isDone: state.doneByNumber, running: underWay, excluding: goal.excluded, known: goal.known)
        var progress = RunEvent.Progress(
            done: state.doneCount, tasks: ids.count, running: state.runningCount, copiedBytes: copied,
            totalBytes: totals.total(running: expected),
            bytesPerSecond: span > 0 ? max(0, Double(copied - first.bytes) / span) : 0, elapsedSeconds: now)
        progress.work = work
        progress.share = outlook?.share
        progress.left = outlook.map {
            TimeLeft(seconds: $0.secondsLeft, isRough: $0.isRough, until: goal.isReady ? .ready : .end)
        }
        return progress
    }
}

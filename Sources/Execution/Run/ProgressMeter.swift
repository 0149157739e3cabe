package import Planning

/// How far a run is, and how fast it goes: a value fed by the engine.
package struct ProgressMeter: Sendable {
    private let estimates: [Int64]
    /// What is copied counts as it was, what is not as it was estimated.
    private var totalBytes: Int64
    private let readers: Set<Int>
    private var unfinished: Set<Int>
    private let copiedBefore: Int64
    private var samples: [(time: Double, bytes: Int64)] = []
    private var lastReport = -1.0
    private var lastMovement = (time: 0.0, done: -1, bytes: Int64(-1))
    private var lastStall = 0.0

    /// How long nothing may move before it is said, and said again; seconds.
    private static let patience = 30.0

    package init(_ tasks: [MigrationTask], _ records: [TaskRecord]) {
        estimates = tasks.map { if case .copy(let piece) = $0.action { piece.estimatedBytes } else { 0 } }
        readers = Set(tasks.indices.filter { tasks[$0].action.readsUnderSnapshot })
        let done = records.filter { $0.state == .done }
        unfinished = readers.subtracting(done.map(\.number))
        copiedBefore = done.reduce(0) { $0 + ($1.bytes ?? 0) }
        totalBytes = estimates.reduce(0, +) + copiedBefore
        for record in done { totalBytes -= estimates[record.number] }
    }

    /// Tasks that still have to read under the snapshot.
    package var unfinishedReaders: Int { unfinished.count }

    /// - Parameter outcome: without bytes where another process has done it.
    package mutating func completed(_ number: Int, _ outcome: TaskOutcome) {
        unfinished.remove(number)
        if estimates[number] > 0 { totalBytes += (outcome.bytes ?? 0) - estimates[number] }
    }

    package mutating func reopened(_ number: Int) {
        if readers.contains(number) { unfinished.insert(number) }
        totalBytes += estimates[number]
    }

    /// For how long nothing has moved, once that is worth saying.
    package mutating func stall(_ state: RunState, copied: Int64, now: Double) -> Double? {
        if lastMovement.done != state.doneCount || lastMovement.bytes != copied || state.runningCount == 0 {
            lastMovement = (now, state.doneCount, copied)
            lastStall = now
        }
        guard now - lastStall >= Self.patience else { return nil }
        lastStall = now
        return now - lastMovement.time
    }

    /// A report each second, nil between.
    package mutating func report(_ state: RunState, copied: Int64, now: Double) -> RunEvent.Progress? {
        guard now - lastReport >= 1 else { return nil }
        lastReport = now
        samples.append((now, copied))
        if samples.count > 10 { samples.removeFirst() }
        let (first, span) = (samples[0], now - samples[0].time)
        return RunEvent.Progress(
            done: state.doneCount, tasks: estimates.count, running: state.runningCount,
            copiedBytes: copiedBefore + copied, totalBytes: totalBytes,
            bytesPerSecond: span > 0 ? Double(copied - first.bytes) / span : 0, elapsedSeconds: now)
    }
}

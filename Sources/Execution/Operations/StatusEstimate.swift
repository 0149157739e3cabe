internal import Planning

extension StatusReport {
    /// How long it takes still, by the same forecast as the run's own: from what its tasks have taken so far, this run's
    /// and those before.
    mutating func estimate(_ record: MigrationRecord, _ tasks: [TaskRecord]) {
        guard phase != .finished, phase != .broken else { return }
        // It was finished between two questions: what was not needed is gone.
        guard let last = tasks.last, last.number == tasks.count - 1 else { return }
        let jobs = record.decisions.jobs
        var forecast = WorkForecast(
            tasks.map(\.task), record.decisions.tables, limits: WorkForecast.limits(jobs))
        var seconds = 0.0
        for task in tasks {
            guard let took = task.seconds, task.state == .done else { continue }
            // A comparison claims its task when it is done, so that its row does not say what it took.
            if case .verify = task.task.action { continue }
            forecast.completed(task.number, seconds: took)
            if case .copy = task.task.action { seconds += took }
        }
        let shown = Dictionary(running.map { ($0.id, $0) }) { first, _ in first }
        var underWay: [Int: WorkForecast.Running] = [:]
        var copying = 0
        for task in tasks {
            guard let running = shown[task.task.id] else { continue }
            underWay[task.number] = WorkForecast.Running(seconds: running.seconds, fraction: running.fraction)
            if case .copy = task.task.action {
                copying += 1
                seconds += running.seconds
            }
        }
        // Copies run side by side, so that their times are counted several times over.
        if phase == .copying, copying > 0, seconds > 0, copiedBytes > 0 {
            bytesPerSecond = Double(copiedBytes) / seconds * Double(copying)
        }
        let (excluded, known) = gated(tasks)
        let outlook = forecast.outlook(
            isDone: tasks.map { $0.state == .done || isLeftOut($0, record) }, running: underWay, excluding: excluded,
            known: known)
        share = outlook?.share
        guard isRunning, let outlook else { return }
        secondsLeft = outlook.secondsLeft
        left = TimeLeft(
            seconds: outlook.secondsLeft, isRough: outlook.isRough, until: excluded.isEmpty ? .end : .ready)
    }

    /// Comparisons that the plan does not ask for.
    private func isLeftOut(_ task: TaskRecord, _ record: MigrationRecord) -> Bool {
        if case .verify = task.task.action { record.settings["cutover.verify"] == "none" } else { false }
    }

    /// A live migration is on the way to its gate until that is open.
    private func gated(_ tasks: [TaskRecord]) -> (excluded: Set<Int>, known: [Int: Double]) {
        guard let gate = tasks.first(where: { $0.task.action == .gate }), gate.state != .done else { return ([], [:]) }
        var known: [Int: Double] = [:]
        if let catchUp = tasks.first(where: { $0.task.action == .catchUp }), let stream = live?.stream {
            known[catchUp.number] = stream.secondsToCatchUp ?? Double(max(0, stream.lagBytes)) / 20e6
        }
        return (LiveRun.behind(gate.number, tasks.map(\.task)), known)
    }
}

import Execution
import FoundationEssentials

/// Words of Prometheus for the numbers of a run. Names follow its conventions: base units, `_total` for what only grows.
struct MetricsText {
    private enum Kind: String { case gauge, counter }
    private typealias Labels = [(name: String, value: String)]

    private(set) var text = ""

    static func render(
        _ state: MetricsBoard.State, _ subject: MetricsBoard.Subject, began: Double, memory: Int64?,
    ) -> String {
        var text = MetricsText()
        text.addRun(state, subject)
        text.addTasks(state)
        text.addCopy(state)
        if let following = state.following { text.addStream(following) }
        if subject.mode == "live" { text.addCutover(state) }
        text.add("process_start_time_seconds", .gauge, "When this process began, Unix time.", began)
        if let memory {
            text.add("process_resident_memory_bytes", .gauge, "What of this process is in memory.", Double(memory))
        }
        return text.text
    }

    private mutating func addRun(_ state: MetricsBoard.State, _ subject: MetricsBoard.Subject) {
        add(
            "skein_build_info", .gauge, "Always 1; which Skein this is.",
            [([("version", Version.text), ("commit", Version.commit ?? "")], 1)])
        add(
            "skein_migration_info", .gauge, "Always 1; which migration runs.",
            [([("migration", subject.migration), ("mode", subject.mode)], 1)])
        add(
            "skein_up", .gauge, "Whether the run goes on: 0 right before the process ends.",
            state.exitCode == nil ? 1 : 0)
        let now = state.phaseName
        add(
            "skein_phase", .gauge, "What the run is at: 1 for one phase, 0 for the others.",
            MetricsBoard.State.phaseNames.map { ([("phase", $0)], $0 == now ? 1 : 0) })
        add(
            "skein_last_event_timestamp_seconds", .gauge, "When something happened last, Unix time.",
            state.lastEvent.timeIntervalSince1970)
        add("skein_stalled_seconds", .gauge, "For how long nothing has moved; 0 while it does.", state.stalledSeconds)
        add("skein_warnings_total", .counter, "Warnings and notices of this process.", Double(state.warnings))
    }

    private mutating func addTasks(_ state: MetricsBoard.State) {
        let (running, retrying, failed) = (state.running.count, state.retrying.count, state.failed.count)
        let counts = [
            ("done", state.done), ("running", running), ("retrying", retrying), ("failed", failed),
            ("waiting", max(0, state.tasks - state.done - running - retrying - failed)),
        ]
        add("skein_tasks", .gauge, "Tasks by state.", counts.map { ([("state", $0.0)], Double($0.1)) })
        add(
            "skein_task_retries_total", .counter, "Failures of this process that were, or will be, tried again.",
            Double(state.retries))
    }

    private mutating func addCopy(_ state: MetricsBoard.State) {
        add(
            "skein_copied_rows_total", .counter, "Rows of the pieces that this process has copied.",
            Double(state.copiedRows))
        guard let progress = state.progress else { return }
        add(
            "skein_copied_bytes", .gauge, "Row data on the target, copied by this run and those before.",
            Double(progress.copiedBytes))
        add(
            "skein_copy_expected_bytes", .gauge, "What is to be copied in all, as estimated.",
            Double(progress.totalBytes))
    }

    private mutating func addStream(_ status: FollowStatus) {
        add("skein_lag_bytes", .gauge, "WAL of the source that is not applied.", Double(status.lagBytes))
        add("skein_lag_seconds", .gauge, "How old the oldest change is that is not applied.", status.lagSeconds)
        add("skein_spool_bytes", .gauge, "Changes that wait on this machine's disk.", Double(status.spoolBytes))
        if let retained = status.retainedBytes {
            add("skein_source_wal_retained_bytes", .gauge, "WAL that the source keeps for the slot.", Double(retained))
        }
        add(
            "skein_source_wal_bytes_per_second", .gauge, "WAL written on the source, lately.",
            status.sourceBytesPerSecond)
        add(
            "skein_applied_changes_total", .counter, "Row changes applied, by earlier runs too.",
            Double(status.appliedChanges))
        add(
            "skein_applied_transactions_total", .counter, "Transactions applied, by earlier runs too.",
            Double(status.appliedTransactions))
        add(
            "skein_receiving_paused", .gauge, "Whether receiving pauses, because the spool is full.",
            status.paused == nil ? 0 : 1)
    }

    private mutating func addCutover(_ state: MetricsBoard.State) {
        add(
            "skein_cutover_ready", .gauge, "Whether everything is done that can be done before the cutover.",
            state.isReady ? 1 : 0)
        if let downtime = state.downtimeSeconds {
            add("skein_cutover_downtime_seconds", .gauge, "Of the completed cutover.", downtime)
        }
    }

    // MARK: The format

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        add(name, kind, help, [([], value)])
    }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(Labels, Double)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in samples {
            let shown = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += name + (shown.isEmpty ? "" : "{\(shown)}") + " \(Self.number(value))\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a fraction, so that bytes stay exact.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard let whole = Int64(exactly: value) else { return value.isInfinite ? "+Inf" : String(value) }
        return String(whole)
    }
}

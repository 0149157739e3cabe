@testable import Execution
import Foundation
import Testing

@testable import Skein

/// The text format of Prometheus, read again: names with their labels, and values.
struct Scrape {
    var values: [String: Double] = [:]
    var types: [String: String] = [:]
    var problems: [String] = []

    init(_ text: String) {
        var helped: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let help = line.wholeMatch(of: /# HELP ([a-z_]+) \S.*\./) {
                if !helped.insert(String(help.1)).inserted { problems.append("\(help.1) is described twice") }
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (gauge|counter)/) {
                types[String(type.1)] = String(type.2)
            } else if let sample = line.wholeMatch(
                of: /([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[0-9.e+-]+)/)
            {
                let name = String(sample.1)
                if types[name] == nil || !helped.contains(name) { problems.append("\(name) is not described") }
                if (types[name] == "counter") != name.hasSuffix("_total") { problems.append("\(name) is no counter") }
                if values.updateValue(Double(sample.4) ?? .nan, forKey: name + (sample.2 ?? "")) != nil {
                    problems.append("\(line) is told twice")
                }
            } else {
                problems.append(String(line))
            }
        }
        if !text.hasSuffix("\n") { problems.append("no line feed at the end") }
    }
}

@Suite("The numbers of a run")
struct MetricsBoardTests {
    private static let progress = RunEvent.Progress(
        done: 3, tasks: 10, running: 1, copiedBytes: 5_000_000_000, totalBytes: 9_000_000_000, bytesPerSecond: 1.5,
        elapsedSeconds: 1)
    private static let following = FollowStatus(
        phase: .following, sourceEnd: "0/2", received: "0/2", durable: "0/2", applied: "0/1", lagBytes: 4_096,
        lagSeconds: 0.25, sourceBytesPerSecond: 100, appliedBytesPerSecond: 1, changesPerSecond: 1,
        appliedTransactions: 7, appliedChanges: 70, spoolBytes: 8_192, retainedBytes: 1 << 20)

    /// After these every number is told but for a downtime.
    static let everything: [RunEvent] = [
        .begun(tasks: 10, done: 2, isResumed: true), .started(id: "copy:public.a:0001", attempt: 1),
        .started(id: "copy:public.a:0002", attempt: 1), .started(id: "index:public.b", attempt: 1),
        .started(id: "index:public.c", attempt: 1),
        .finished(id: "copy:public.a:0001", rows: 500, bytes: 10, seconds: 1),
        .retrying(id: "copy:public.a:0002", reason: "why", after: 1), .failed(id: "index:public.b", reason: "why"),
        .progress(progress), .following(following), .warning(id: "a", text: "b"), .streamNotice("c"),
        .stalled(seconds: 31, waitingFor: "lock"), .cutover(.ready),
    ]

    private func scrape(_ events: [RunEvent], mode: String = "live") -> Scrape {
        let board = MetricsBoard(MetricsBoard.Subject(migration: "a\"b\\c", mode: mode))
        events.forEach { board.note($0) }
        return Scrape(board.text().replacing(#"a\"b\\c"#, with: "escaped"))
    }

    @Test("begin with nothing, and are well formed")
    func empty() {
        let found = scrape([])
        #expect(found.problems == [])
        #expect(found.values[#"skein_migration_info{migration="escaped",mode="live"}"#] == 1)
        #expect(found.values[#"skein_phase{phase="starting"}"#] == 1)
        #expect(found.values["skein_up"] == 1 && found.values["skein_cutover_ready"] == 0)
        #expect(found.values["skein_lag_bytes"] == nil)
        #expect((found.values["process_resident_memory_bytes"] ?? 0) > 1_000_000)
    }

    @Test("tell tasks by state, rows, bytes, retries, lag, spool and retained WAL")
    func counts() {
        let found = scrape(Self.everything)
        #expect(found.problems == [])
        for (name, value) in [
            #"skein_tasks{state="done"}"#: 3, #"skein_tasks{state="running"}"#: 1,
            #"skein_tasks{state="retrying"}"#: 1, #"skein_tasks{state="failed"}"#: 1,
            #"skein_tasks{state="waiting"}"#: 4, "skein_task_retries_total": 1, "skein_copied_rows_total": 500,
            "skein_copied_bytes": 5_000_000_000, "skein_copy_expected_bytes": 9_000_000_000, "skein_lag_bytes": 4_096,
            "skein_lag_seconds": 0.25, "skein_spool_bytes": 8_192, "skein_source_wal_retained_bytes": 1_048_576,
            "skein_applied_changes_total": 70, "skein_receiving_paused": 0, "skein_warnings_total": 2,
            "skein_stalled_seconds": 31, "skein_cutover_ready": 1, #"skein_phase{phase="following"}"#: 1,
        ] { #expect(found.values[name] == value, "\(name)") }
        #expect(found.values.filter { $0.key.hasPrefix("skein_phase{") }.values.reduce(0, +) == 1)
    }

    @Test("stop being stalled once something moves, and know the cutover")
    func moving() {
        let found = scrape([
            .stalled(seconds: 31, waitingFor: "lock"), .finished(id: "gate", rows: nil, bytes: nil, seconds: 1),
            .cutover(.begun), .cutover(.completed(downtimeSeconds: 1.5)),
        ])
        #expect(found.values["skein_stalled_seconds"] == 0)
        #expect(found.values["skein_cutover_downtime_seconds"] == 1.5)
        #expect(found.values[#"skein_phase{phase="finishing"}"#] == 1)
    }

    @Test("offline know nothing of a stream")
    func offline() {
        let names = scrape([.begun(tasks: 1, done: 0, isResumed: false)], mode: "offline").values.keys
        #expect(!names.contains { $0.contains("lag") || $0.contains("cutover_ready") })
    }
}

import Execution
import PlanFile

/// What a finished migration came to, from its state: all its runs together.
struct RunSummary: Encodable {
    struct Warning: Encodable {
        var task: String
        var text: String
    }

    var tables: Int
    var rows: Int64
    var bytes: Int64
    /// Timestamps as text, UTC.
    var started: String?
    var finished: String?
    var verify: Plan.Cutover.Verify
    /// Of all runs.
    var warnings: [Warning]
    /// Of a live migration: changes applied since they were copied, and what the cutover came to.
    var appliedChanges: Int64?
    var cutover: CutoverReport?

    init(_ status: StatusReport, verify: Plan.Cutover.Verify) {
        tables = status.tables.count
        rows = status.copiedRows
        bytes = status.copiedBytes
        started = status.started
        finished = status.finished
        self.verify = verify
        warnings = status.warnings.map { Warning(task: $0.id, text: $0.text) }
        appliedChanges = status.live?.stream?.appliedChanges
        cutover = status.live?.cutover?.report
    }

    /// `migrated 4 tables, 202,100 rows, 6.5 MB in 6.4 s; source and target compared by checksums: equal`
    func text(_ name: String, seconds: Double, wasResumed: Bool) -> String {
        let compared =
            switch verify {
            case .none: "not compared (the plan says `verify: none`; `skein verify` does it)"
            case .counts: "source and target have equally many rows"
            case .checksums: "source and target compared by checksums: equal"
            }
        let applied = appliedChanges.map { ", \(Words.count($0, "change")) applied" } ?? ""
        let begun = wasResumed ? started.map { " (begun \(Words.time($0)))" } ?? "" : ""
        return "\(name): migrated \(Words.count(Int64(tables), "table")), \(Words.count(rows, "row")), "
            + "\(Words.bytes(bytes))\(applied) in \(Words.duration(seconds))\(begun); \(compared)"
            + (warnings.isEmpty ? "" : "; \(Words.count(Int64(warnings.count), "warning"))")
            + (cutover.map { "\n" + CutoverText.render($0, verify: verify) } ?? "")
    }

    /// The warnings gathered, for people; nil where there are none.
    var warningText: String? {
        guard !warnings.isEmpty else { return nil }
        return
            ([Words.count(Int64(warnings.count), "warning") + ":"]
            + warnings.map { "  " + Words.line("\($0.task): \($0.text)") })
            .joined(separator: "\n")
    }
}

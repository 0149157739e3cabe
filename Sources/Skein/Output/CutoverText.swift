import Execution
import PlanFile

/// What a completed cutover came to, for people.
enum CutoverText {
    /// `cutover complete, downtime 2.3 s`, its parts `fence 300 ms, marker 12 ms, drain 400 ms, verify 1.4 s`, then what
    /// is left to do.
    static func render(_ report: CutoverReport, verify: Plan.Cutover.Verify) -> String {
        let parts = report.parts.map { "\($0.name) \(Words.duration($0.seconds))" }
        var lines = ["cutover complete, downtime \(Words.duration(report.downtimeSeconds))"]
        lines += Words.listed(parts, 110).map { "  " + $0 }
        lines.append(late(report))
        if verify == .none {
            lines.append("source and target were not compared (the plan says `verify: none`); `skein verify` does it")
        }
        if !report.leftToDo.isEmpty { lines += ["left to do"] + report.leftToDo.map { "  " + Words.line($0) } }
        return lines.joined(separator: "\n")
    }

    private static func late(_ report: CutoverReport) -> String {
        guard report.lateChanges > 0 else { return "no row was changed on the source after the marker" }
        return
            "WARNING: \(Words.count(report.lateChanges, "row")) \(report.lateChanges == 1 ? "was" : "were") changed on the source after the marker, and these changes "
            + "are not on the target: something was still writing"
    }
}

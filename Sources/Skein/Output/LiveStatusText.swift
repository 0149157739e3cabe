import Execution
import LogicalDecoding

/// The part of `skein status` that is about following the source.
enum LiveStatusText {
    /// `migrate` and `cutover` in it are completed by `planArgument`.
    static func lines(_ status: StatusReport, planArgument: String) -> [String] {
        guard let live = status.live, status.phase != .finished else {
            return finished(status) + (status.fallback.map { WayBackText.lines($0, planArgument) } ?? [])
        }
        var lines: [String] = []
        if let stream = live.stream {
            lines.append("stream   " + FollowText.line(stream) + age(live))
            if !live.isFollowed, let now = lagNow(stream, status.source) {
                lines.append("         by now the source is \(Words.bytes(now)) of WAL ahead")
            }
            lines.append("applied  " + applied(stream))
        }
        if let source = status.source { lines.append("source   " + describe(source, hasStream: live.stream != nil)) }
        if !live.resyncs.isEmpty {
            lines.append("resync   waiting to be copied again: " + Words.line(live.resyncs.joined(separator: ", ")))
        }
        if let cutover = live.cutover, cutover.completed == nil { lines.append("cutover  " + describe(cutover)) }
        if let next = next(status, live, planArgument) { lines.append("next     " + next) }
        return lines
    }

    private static func finished(_ status: StatusReport) -> [String] {
        guard let completed = status.live?.cutover?.completed else { return [] }
        return ["cutover  complete \(Words.time(completed))"]
    }

    private static func age(_ live: LiveReport) -> String {
        if live.isFollowed, let age = live.streamAge, age < 5 { return "" }
        return live.streamTime.map { " (as of \(Words.time($0)))" } ?? ""
    }

    private static func applied(_ stream: FollowStatus) -> String {
        "\(Words.count(stream.appliedChanges)) changes in \(Words.count(stream.appliedTransactions, "transaction")), "
            + "up to \(stream.applied)"
    }

    /// How far the source is by now, which nobody follows.
    private static func lagNow(_ stream: FollowStatus, _ source: SourceReport?) -> Int64? {
        guard let applied = LSN(stream.applied), let end = source?.end.flatMap({ LSN($0) }), end > applied else {
            return nil
        }
        return Int64(clamping: end.rawValue - applied.rawValue)
    }

    private static func describe(_ source: SourceReport, hasStream: Bool) -> String {
        if let problem = source.problem { return "not asked: \(problem)" }
        guard let slot = source.slot else { return hasStream ? "reached; the slot is gone" : "reached; no slot yet" }
        var text = "slot \(slot.name) " + (slot.isActive ? "in use" : "not in use")
        if let kept = slot.retainedBytes { text += ", keeps \(Words.bytes(max(0, kept))) of WAL" }
        if let safe = slot.safeBytes { text += ", lost after \(Words.bytes(max(0, safe))) more" }
        if slot.lostBecause != nil { text += ", LOST" }
        return text
    }

    private static func describe(_ cutover: LiveReport.Cutover) -> String {
        let steps = [
            ("asked for", Optional(cutover.requested)), ("fenced", cutover.fenced), ("marker written", cutover.marked),
            ("drained", cutover.drained),
        ]
        let done = steps.compactMap { step in step.1.map { "\(step.0) \(Words.time($0))" } }
        return done.joined(separator: ", ") + (cutover.isAbandoned ? "; withdrawn" : "")
    }

    private static func next(_ status: StatusReport, _ live: LiveReport, _ plan: String) -> String? {
        switch status.phase {
        case .broken: "skein migrate \(plan) --repair"
        case .ready where live.cutover == nil:
            "skein cutover \(plan)" + (live.isFollowed ? "" : "   (or first: skein migrate \(plan))")
        default: status.isRunning ? nil : "skein migrate \(plan)"
        }
    }
}

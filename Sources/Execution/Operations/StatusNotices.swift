package import PlanFile
private import Planning

/// What a person should know of a live migration before it becomes a trouble: from both servers' words, no effects.
package enum StatusNotices {
    /// A status that is this old was not written by a process that lives, seconds.
    private static let stale = 15.0
    /// Of what the source may still write until the slot is lost, a part that is too little.
    private static let narrow: Int64 = 1 << 30

    package static func find(_ status: StatusReport, _ plan: Plan) -> [String] {
        var notices = leftovers(status)
        guard let live = status.live, status.phase != .finished, status.phase != .notStarted else { return notices }
        let name = plan.name.value
        if let broken = live.broken {
            notices.append("the change stream is broken: \(broken); `skein migrate --repair` mends it")
        }
        notices += slot(status, live, SourceNames(plan: name.identifier).slot)
        notices += insertsOnly(status)
        if live.stream != nil, !live.isFollowed {
            let since = live.streamTime.map { " since \($0.prefix(19)) UTC" } ?? ""
            notices.append(
                "no process follows the source\(since), so the source keeps its WAL: run `skein migrate` again")
        } else if let age = live.streamAge, live.isFollowed, age > stale {
            notices.append(
                "the process that follows has not written its status for \(Int(age)) s: it may hang, or not reach this "
                    + "server")
        }
        if let paused = live.stream?.paused, live.isFollowed { notices.append("receiving pauses: \(paused)") }
        if let cutover = live.cutover, cutover.isAbandoned {
            notices.append("a cutover was withdrawn and is not undone yet: `skein migrate` does it, and follows again")
        }
        if let late = live.cutover?.lateChanges, late > 0 {
            notices.append(
                "\(late) row changes were made on the source after the cutover's marker: they are not on the target")
        }
        return notices
    }

    private static func slot(_ status: StatusReport, _ live: LiveReport, _ name: String) -> [String] {
        guard live.broken == nil, live.stream != nil, let source = status.source, source.problem == nil else {
            return []
        }
        let cure = "`skein migrate --repair` makes a new one and compares"
        guard let slot = source.slot else { return ["the slot \(name) on the source is gone: \(cure)"] }
        if let reason = slot.lostBecause { return ["the slot \(name) on the source is lost, \(reason): \(cure)"] }
        if let safe = slot.safeBytes, safe < narrow {
            return [
                "the source may write \(safe / 1_048_576) MB more, then the slot \(name) is lost: raise "
                    + "max_slot_wal_keep_size there"
            ]
        }
        return []
    }

    /// Tables without identity that were changed in other ways than by inserts.
    private static func insertsOnly(_ status: StatusReport) -> [String] {
        (status.source?.changed ?? []).map { table in
            let what =
                if let updated = table.updated, let deleted = table.deleted {
                    "\(updated) rows were updated and \(deleted) deleted on the source"
                } else {
                    "the source's counters were reset, so nobody knows whether rows were updated or deleted"
                }
            let seconds =
                status.live?.insertsOnly.first { $0.table == table.table }?.copySeconds.map {
                    ", in about \(max(1, Int($0.rounded()))) s"
                } ?? ""
            return
                "\(table.table) is followed for inserts only, and \(what): the cutover compares it and copies it again"
                + "\(seconds), which adds to the downtime; replication.identity `full` avoids it"
        }
    }

    private static func leftovers(_ status: StatusReport) -> [String] {
        (status.source?.leftovers ?? []).map { leftover in
            let kept = leftover.retainedBytes.map { ", which keeps \($0 / 1_048_576) MB of WAL" } ?? ""
            return "left on the source by another migration: \(leftover)\(kept)\(leftover.isActive ? ", in use" : ""); "
                + "where it is abandoned: \(leftover.statement)"
        }
    }
}

package import PlanFile
private import Planning

/// What a person should know of a live migration before it becomes a trouble: from both servers' words, no effects.
package enum StatusNotices {
    /// A status that is this old was not written by a process that lives, seconds.
    private static let stale = 15.0
    /// Of what the source may still write until the slot is lost, a part that is too little.
    private static let narrow: Int64 = 1 << 30

    package static func find(_ status: StatusReport, _ plan: Plan) -> [String] {
        guard let live = status.live, status.phase != .finished, status.phase != .notStarted else { return [] }
        let name = plan.name.value
        var notices: [String] = []
        if let broken = live.broken {
            notices.append("the change stream is broken: \(broken); `skein migrate --repair` mends it")
        }
        notices += slot(status, live, SourceNames(plan: name.identifier).slot)
        if live.stream != nil, !live.isFollowed {
            let since = live.streamTime.map { " since \($0)" } ?? ""
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
            notices.append("\(late) row changes were made on the source behind the cutover's marker: they are lost")
        }
        return notices
    }

    private static func slot(_ status: StatusReport, _ live: LiveReport, _ name: String) -> [String] {
        guard live.broken == nil, live.stream != nil, let source = status.source else { return [] }
        if source.hasLostSlot {
            let what = source.slot == nil ? "is gone" : "is lost (max_slot_wal_keep_size)"
            return ["the slot \(name) on the source \(what): `skein migrate --repair` makes a new one and compares"]
        }
        if let safe = source.slot?.safeBytes, safe < narrow {
            return [
                "the source may write \(safe / 1_048_576) MB more, then the slot \(name) is lost: raise "
                    + "max_slot_wal_keep_size there"
            ]
        }
        return []
    }
}

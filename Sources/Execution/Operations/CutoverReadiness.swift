package import PlanFile

/// Whether a cutover may be asked for, told from what `status` tells.
package enum CutoverReadiness: Sendable, Equatable {
    case ready
    /// Somebody asked for it already, and it goes on.
    case begun
    /// What a withdrawn one did is still being undone.
    case beingUndone
    case complete
    case notBegun
    /// What comes before it.
    case tooEarly(String)
    /// Behind the source by so much: bytes, seconds.
    case lagging(Int64, Double)
    /// Nobody has followed for a while, so nobody knows how far the source is ahead.
    case unfollowed
    case broken(String)

    /// How old the status of a follower that lives may be, seconds.
    private static let fresh = 10.0

    package init(_ status: StatusReport, maxLag: PlanDuration) {
        switch status.phase {
        case .notStarted: self = .notBegun
        case .finished: self = .complete
        case .broken: self = .broken(status.live?.broken ?? "the slot or the spool is lost")
        case .cutover: self = .begun
        case .schema, .indexing, .finishing, .verifying:
            self = .tooEarly("\(status.done) of \(status.tasks) tasks are done")
        case .copying:
            let (pieces, done) = status.tables.reduce((0, 0)) { ($0.0 + $1.pieces, $0.1 + $1.piecesDone) }
            self = .tooEarly("rows are still being copied, \(done) of \(pieces) pieces are done")
        case .catchingUp: self = .tooEarly("the target is catching up with the source")
        case .following: self = .tooEarly("keys, indexes or statistics that come before it are not done")
        case .ready: self = Self.ofReady(status, maxLag)
        }
    }

    private static func ofReady(_ status: StatusReport, _ maxLag: PlanDuration) -> CutoverReadiness {
        guard let live = status.live else { return .unfollowed }
        if let cutover = live.cutover { return cutover.isAbandoned ? .beingUndone : .begun }
        guard live.isFollowed, let stream = live.stream, let age = live.streamAge, age < fresh else {
            return .unfollowed
        }
        let isClose = stream.phase == .following && stream.lagSeconds <= maxLag.approximateSeconds
        return isClose ? .ready : .lagging(stream.lagBytes, stream.lagSeconds)
    }
}

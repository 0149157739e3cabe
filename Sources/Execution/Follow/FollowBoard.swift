internal import Synchronization

/// Why following ended.
package struct FollowFailure: Sendable {
    package var failure: TaskFailure
    /// Whether the same command goes on, once what it says is done.
    package var isResumable: Bool

    package init(_ failure: TaskFailure, isResumable: Bool) {
        self.failure = failure
        self.isResumable = isResumable
    }
}

/// What the follower tells its engine: read at any time, from any thread.
package final class FollowBoard: Sendable {
    private struct State: Sendable {
        var status: FollowStatus?
        var hasPassedNewestWatermark = false
        var isDrained = false
        var failure: FollowFailure?
    }
    private let state = Mutex(State())

    package init() {}

    package var status: FollowStatus? { state.withLock { $0.status } }
    /// Nothing is tested against watermarks any more.
    package var hasPassedNewestWatermark: Bool { state.withLock { $0.hasPassedNewestWatermark } }
    /// Everything up to the marker is applied and committed, and nothing behind it will be.
    package var isDrained: Bool { state.withLock { $0.isDrained } }

    package func takeFailure() -> FollowFailure? {
        state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
    }

    func show(_ status: FollowStatus, hasPassedNewestWatermark: Bool) {
        state.withLock { state in
            state.status = status
            state.hasPassedNewestWatermark = hasPassedNewestWatermark
        }
    }

    func setDrained(_ isDrained: Bool) { state.withLock { $0.isDrained = isDrained } }
    func fail(_ failure: FollowFailure) { state.withLock { $0.failure = failure } }
}

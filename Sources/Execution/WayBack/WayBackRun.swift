package import PlanFile
private import Planning
private import Postgres

/// `skein migrate` behind a completed cutover with a way back: carries the target's changes to the source until somebody
/// rolls back, cleans, or stops it.
package struct WayBackRun: Sendable {
    package enum End: Sendable, Equatable {
        /// Somebody's `skein rollback` is complete.
        case rolledBack
        /// Somebody's `skein clean` has ended it.
        case cleaned
        /// `isResumable`: the same command goes on once what it says is done; else the way back is lost.
        case failed(TaskFailure, isResumable: Bool)
    }

    private let plan: Plan
    private let retryFor: Double

    package init(_ plan: Plan, retryFor: Double) {
        self.plan = plan
        self.retryFor = retryFor
    }

    /// Until it ends or the task is cancelled.
    /// - Throws: `CancellationError`; as `ServerAccess.run` where the source cannot be reached for too long.
    package func run(tell: @escaping @Sendable (RunEvent) -> Void) async throws -> End {
        let patience = Patience(seconds: retryFor, tell: tell)
        guard let record = try await patience.retrying("back", { try await WayBack.record(plan) }) else {
            return .cleaned
        }
        let context = try RunContext(back: record, of: plan, retryFor: retryFor)
        let follower = Follower(context, tell: BackWords.telling(tell))
        follower.order(Follower.Orders(mayApply: true))
        return try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask {
                await follower.run()
                return nil
            }
            group.addTask { try await watch(context, follower, patience) }
            defer { group.cancelAll() }
            while let end = try await group.next() {
                if let end { return end }
                try Task.checkCancellation()
                if let failed = follower.board.takeFailure() {
                    return .failed(BackWords.failure(failed), isResumable: failed.isResumable)
                }
            }
            throw CancellationError()
        }
    }

    /// Looks at what others want of it.
    private func watch(_ context: RunContext, _ follower: Follower, _ patience: Patience) async throws -> End {
        let control = Session(context.target, applicationName: context.applicationName("watch"))
        let migration = context.migration
        var nextLook = ContinuousClock.now
        while true {
            if nextLook < .now {
                nextLook = .now + .seconds(5)
                if try await patience.retrying("back", { try await dropForthSlot(control) }) {
                    nextLook = .now + .seconds(3600)
                }
            }
            let look = try await patience.retrying("back") { () -> LiveWatch? in
                let isThere = try await control.run { source in
                    try source.scalar("select pg_catalog.to_regclass('skein.stream')") != nil
                        && source.scalar("select true from skein.migration where id = $1", [String(migration)]) != nil
                }
                return isThere ? try await LiveWatch.look(control, migration: migration) : nil
            }
            guard let look, look.gate != .completed else {
                await control.close()
                return look == nil ? .cleaned : .rolledBack
            }
            follower.order(
                Follower.Orders(mayApply: true, marker: look.gate == .open ? look.marker : nil))
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// The source is written to again, and nobody reads from the migration's own slot any more, which would keep all of
    /// that WAL; unless another process of ours has not noticed yet that the cutover is complete.
    /// - Returns: whether it is gone.
    private func dropForthSlot(_ control: Session) async throws -> Bool {
        let slot = SourceNames(plan: plan.name.value.identifier).slot
        return try await control.run { source in
            guard let status = try SlotStatus.read(source, slot: slot) else { return true }
            guard status.activePID == nil else { return false }
            return try SlotRemoval.drop(source, slot: slot, endingSessionsOf: nil)
        }
    }
}

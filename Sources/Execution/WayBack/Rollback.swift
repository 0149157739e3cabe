private import Faults
package import PlanFile
private import Planning
private import Postgres

/// `skein rollback`: the cutover of the way back. Fences the target, writes the end into its stream, waits until
/// everything before it is on the source, sets sequences, and lets the application write to the source again.
///
/// Each step is remembered in the source's state before it takes effect, or finds out what there is to do, so that the
/// same command goes on wherever it was killed. The moment of truth is one transaction on the source: before it the
/// application belongs to the target, behind it to the source.
package struct Rollback: Sendable {
    private let plan: Plan
    /// For transactions that are open on the target.
    private let waitSeconds: Double
    private let retryFor: Double

    package init(_ plan: Plan, waitSeconds: Double, retryFor: Double) {
        self.plan = plan
        self.waitSeconds = waitSeconds
        self.retryFor = retryFor
    }

    /// - Returns: once the application may go back to the source.
    /// - Throws: `RollbackRefused`, `RollbackFailed`, `SourceError`, `CancellationError`.
    package func run(tell: @escaping @Sendable (RunEvent) -> Void) async throws -> RollbackReport {
        let patience = Patience(seconds: retryFor, tell: tell)
        let record = try await patience.retrying("rollback") { try await WayBack.record(plan) }
        guard let record else { throw RollbackRefused(reason: "the source holds no state of the way back any more") }
        let back = try RunContext(back: record, of: plan, retryFor: retryFor)
        let forth = try await patience.retrying("rollback") { try await ForthContext.read(plan, retryFor: retryFor) }
        let follower = Follower(back, tell: BackWords.telling(tell))
        follower.order(Follower.Orders(mayApply: true))
        let steps = RollbackSteps(forth: forth, back: back, waitSeconds: waitSeconds, tell: tell)
        return try await withThrowingTaskGroup(of: RollbackReport?.self) { group in
            group.addTask {
                // Once complete there is nothing to follow, and the slot may be gone.
                if try await steps.isComplete(patience) { return nil }
                await follower.run()
                return nil
            }
            group.addTask { try await steps.run(follower, patience) }
            defer { group.cancelAll() }
            while let end = try await group.next() {
                if let end { return end }
                try Task.checkCancellation()
                if let failed = follower.board.takeFailure() {
                    throw RollbackFailed(failure: BackWords.failure(failed), isResumable: failed.isResumable)
                }
            }
            throw CancellationError()
        }
    }

    /// Withdraws a rollback that is not complete: the target's fence is lifted, and its changes are carried back on.
    /// - Returns: whether there was one.
    /// - Throws: `CutoverIsComplete`.
    @discardableResult
    package func withdraw() async throws -> Bool {
        guard let record = try await WayBack.record(plan) else { return false }
        let back = try RunContext(back: record, of: plan, retryFor: retryFor)
        let migration = record.id
        let abandoned = try await ServerAccess(plan, .source, purpose: "rollback").run { source in
            let isOpen = try source.durably { try CutoverLog(source, migration).abandon() }
            return isOpen ? try CutoverStore(source, migration: migration).record() : nil
        }
        guard let abandoned else { return false }
        try await Self.undo(abandoned, back, plan)
        return true
    }

    /// Lifts the target's fence, then forgets the rollback: twice is harmless.
    static func undo(_ cutover: CutoverRecord, _ back: RunContext, _ plan: Plan) async throws {
        if let before = cutover.fenceBefore {
            try await ServerAccess(plan, .target, purpose: "rollback").run { target in
                try Fence(target).lift(before, wasSet: cutover.fenced != nil)
            }
        }
        let migration = back.migration
        try await ServerAccess(plan, .source, purpose: "rollback").run { source in
            try source.durably {
                try StreamStore(source, migration: migration).clearMarker()
                try CutoverLog(source, migration).remove()
            }
        }
    }
}

/// The migration as it went forth, which its rollback asks for sequences, tables and the source's fence.
enum ForthContext {
    static func read(_ plan: Plan, retryFor: Double) async throws -> RunContext {
        let name = plan.name.value.text
        return try await ServerAccess(plan, .target, purpose: "rollback").run { target in
            guard let record = try StateStore(target).migration(named: name) else {
                throw RollbackRefused(reason: "the target holds no state of migration \(name)")
            }
            var context = RunContext(
                planName: name, migration: record.id, source: try ConnectionTarget(plan.source.uri.value),
                target: try ConnectionTarget(plan.target.uri.value), sourceVersion: record.source.version,
                targetVersion: record.target.version, sourceIsStandby: false, decisions: record.decisions,
                tasks: try TaskStore(target, migration: record.id).all().map(\.task), tableJobs: 1, indexJobs: 1,
                retryFor: retryFor, verify: .none, plan: plan)
            context.uid = record.uid
            return context
        }
    }
}

/// A rollback cannot begin, or not as the target stands; nothing has changed.
package struct RollbackRefused: Error, Sendable, Equatable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// Carrying the target's changes back has failed while a rollback waited for it.
package struct RollbackFailed: Error, Sendable {
    package var failure: TaskFailure
    /// The same command goes on, once what it says is done.
    package var isResumable: Bool
}

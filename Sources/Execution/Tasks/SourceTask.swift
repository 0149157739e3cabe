private import Faults
private import PlanFile
package import Planning
internal import Postgres

/// What a live migration makes on the source. The effect is there and "done" on the target, so each is harmless when it
/// is repeated.
enum SourceTask {
    private static func following(_ scope: TaskScope) throws -> FollowingDecision {
        guard let following = scope.context.decisions.following else {
            throw StateError.unexpected("\(scope.task.id) in a migration that follows nothing")
        }
        return following
    }

    static func prepare(_ scope: TaskScope) throws -> TaskOutcome {
        let (context, ends, following) = (scope.context, scope.ends, try following(scope))
        return try scope.outsideTransaction { target in
            try prepare(ends, target, context, following)
            return TaskOutcome()
        }
    }

    static func createSlot(_ scope: TaskScope) throws -> TaskOutcome {
        let (context, ends, following) = (scope.context, scope.ends, try following(scope))
        return try scope.outsideTransaction { target in
            try createSlot(ends, target, context, following)
            // One that is there before the slot may hold rows that the stream never tells of.
            try LaterParts.refuse(ends.source(), context)
            return TaskOutcome()
        }
    }

    /// Also what a repair does.
    /// - Throws: `SourceError`.
    static func prepare(
        _ ends: Ends, _ target: Connection, _ context: RunContext, _ following: FollowingDecision,
    ) throws {
        try SourcePreparation(
            source: ends.source(), target: target, migration: context.migration, names: context.sourceNames
        ).run(following)
    }

    static func createSlot(
        _ ends: Ends, _ target: Connection, _ context: RunContext, _ following: FollowingDecision,
    ) throws {
        try SlotCreation(
            source: ends.source(), target: target, migration: context.migration, names: context.sourceNames,
            planName: context.planName
        ).run(following) { try ends.replication() }
    }

    /// Checks, waits, and keeps writers out as the cutover's row says. Where the source refuses as it stands, the cutover
    /// is withdrawn, and the migration goes on following.
    static func fence(_ scope: TaskScope) throws -> TaskOutcome {
        let (migration, opensFallback) = (scope.context.migration, scope.context.opensFallback)
        let source = try scope.ends.source()
        return try scope.outsideTransaction { target in
            let store = CutoverStore(target, migration: migration)
            do {
                if opensFallback, let cutover = try store.record(), !cutover.isAbandoned {
                    try SlotObstacles(target).wait(seconds: cutover.waitSeconds)
                }
                return try raiseFence(source, target, store)
            } catch let error as SourceError where error.isRefusal {
                try target.durably { try store.refuse(error.description) }
                throw error
            }
        }
    }

    static func raiseFence(
        _ source: Connection, _ target: Connection, _ store: CutoverStore,
    ) throws -> TaskOutcome {
        guard let cutover = try store.record(), !cutover.isAbandoned else { throw SourceError.gateClosed }
        let isReadOnly = cutover.fence == .readOnly
        try Fence.check(source, isReadOnly: isReadOnly)
        let open = try Fence.waitForTransactions(source, seconds: cutover.waitSeconds)
        // Withdrawn while this waited.
        guard try store.record()?.isAbandoned == false else { throw SourceError.gateClosed }
        if isReadOnly {
            let fence = Fence(source)
            let before = try cutover.fenceBefore ?? fence.before()
            try target.durably { try store.setFenceBefore(before) }
            FaultPoint.fenceRecorded.pass()
            try fence.set()
            // Withdrawn while it was set: who undid it may have looked before there was anything to lift.
            if try store.record()?.isAbandoned != false {
                try fence.lift(before, wasSet: true)
                throw SourceError.gateClosed
            }
            // Prepared meanwhile: its sessions are gone now.
            try Fence.check(source, isReadOnly: true)
        } else {
            // Readers harm nobody.
            let writing = try Fence.openTransactions(source, isWriting: true).map(\.pid)
            let left = open.filter { writing.contains($0.pid) }
            guard left.isEmpty else { throw SourceError.stillOpen(left, seconds: cutover.waitSeconds) }
        }
        try target.durably { try store.setFenced() }
        guard isReadOnly, !open.isEmpty else { return TaskOutcome() }
        return TaskOutcome(
            warning: "the fence ended sessions with open transactions: "
                + open.prefix(10).map(\.description).joined(separator: ", "))
    }

    static func writeMarker(_ scope: TaskScope) throws -> TaskOutcome {
        let context = scope.context
        let following = try following(scope)
        let source = try scope.ends.source()
        return try scope.outsideTransaction { target in
            try Marker(source, context.sourceNames, hasMessages: following.hasMessages)
                .writeOnce(target, migration: context.migration)
            return TaskOutcome()
        }
    }
}

extension RunContext {
    /// What we make on the source is called so.
    package var sourceNames: SourceNames {
        SourceNames(plan: plan.name.value.identifier, isBack: direction == .back)
    }
}

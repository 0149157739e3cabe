private import Faults
package import Planning
package import Postgres
package import Synchronization

/// Bytes that a run has moved, added to by all its copies.
package final class CopyMeter: Sendable {
    package let bytes = Atomic<Int64>(0)
    package init() {}
}

/// One attempt at one claimed task: its ends, its claim, and the transactions that tie its effect to its "done".
package struct TaskScope {
    package let context: RunContext
    package let number: Int
    package let claim: Int64
    /// The snapshot's when the task was claimed.
    package let generation: Int
    /// A copy whose rows were deleted because they no longer agreed: keys and foreign keys may exist already.
    package let isRedo: Bool
    package let ends: Ends
    /// Of tasks that read the source's rows.
    package let snapshot: SnapshotReference?
    package let meter: CopyMeter
    /// Of a comparison that found no difference.
    package var comparedRows: Int64?
    /// Of a comparison whose differences are no failure (`fence: none`): what is to know.
    package var comparedWarning: String?

    package var task: MigrationTask { context.tasks[number] }

    /// Runs a task's effect and its "done" in one transaction on the target.
    /// - Throws: `ClaimLost` when another process has taken over; nothing is committed then.
    package func inTransaction(
        generation: Int? = nil, _ effect: (Connection) throws -> TaskOutcome,
    ) throws -> TaskOutcome {
        let target = try ends.target()
        let outcome = try target.transaction {
            let store = TaskStore(target, migration: context.migration)
            try store.hold(number, claim: claim)
            FaultPoint.taskBegun.pass()
            let outcome = try effect(target)
            try store.finish(number, claim: claim, generation: generation, outcome)
            FaultPoint.taskDone.pass()
            return outcome
        }
        FaultPoint.taskCommitted.pass()
        return outcome
    }

    /// Runs a task in steps, each a transaction that remembers by itself how far it came; the last one is "done".
    /// - Parameter step: returns nil while there is more to do.
    package func inSteps(_ step: (Connection) throws -> TaskOutcome?) throws -> TaskOutcome {
        let target = try ends.target()
        let store = TaskStore(target, migration: context.migration)
        while true {
            try Task.checkCancellation()
            let outcome = try target.transaction {
                try store.hold(number, claim: claim)
                let outcome = try step(target)
                if let outcome { try store.finish(number, claim: claim, outcome) }
                return outcome
            }
            FaultPoint.schemaBatch.pass()
            if let outcome { return outcome }
        }
    }

    /// For what PostgreSQL refuses inside a transaction: the effect must be harmless when done twice.
    package func outsideTransaction(_ effect: (Connection) throws -> TaskOutcome) throws -> TaskOutcome {
        let outcome = try effect(try ends.target())
        FaultPoint.outsideTransaction.pass()
        return try inTransaction { _ in outcome }
    }
}

extension Connection {
    /// Runs `body` under a savepoint of the open transaction; undoes it alone when it throws.
    package func savepoint<R>(_ body: () throws -> R) throws -> R {
        try execute("savepoint skein")
        do {
            let value = try body()
            try execute("release savepoint skein")
            return value
        } catch {
            if isUp { try execute("rollback to savepoint skein; release savepoint skein") }
            throw error
        }
    }
}

package import PlanFile
package import Postgres

/// What a person wants of the gate: opened, or closed again. Whoever follows the migration sees it in the state.
package enum CutoverWish {
    /// Opens the gate. Harmless when it is open.
    package static func request(_ target: Connection, name: String, fence: Plan.Cutover.Fence, waitSeconds: Double)
        throws
    {
        try target.transaction {
            // The application stands still from here on because of it: it must outlive a crash.
            try target.execute("set local synchronous_commit = on")
            guard let record = try StateStore(target).migration(named: name), record.finished == nil else { return }
            try CutoverStore(target, migration: record.id).request(fence: fence, waitSeconds: waitSeconds)
        }
    }

    package enum Withdrawal: Sendable, Equatable {
        /// What was done of it is to be undone by a process that follows.
        case withdrawn
        case nothingToWithdraw
        /// It is complete: the application may write to the target by now.
        case tooLate
    }

    package static func withdraw(_ target: Connection, name: String) throws -> Withdrawal {
        guard let record = try StateStore(target).migration(named: name) else { return .nothingToWithdraw }
        if record.finished != nil { return .tooLate }
        do {
            return try CutoverLog(target, record.id).abandon() ? .withdrawn : .nothingToWithdraw
        } catch is CutoverIsComplete {
            return .tooLate
        }
    }
}

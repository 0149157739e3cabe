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
            try target.query(
                """
                insert into skein.cutover (migration, fence)
                select id, $2 from skein.migration where name = $1 and finished is null
                on conflict (migration) do nothing
                """, [name, fence.rawValue])
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
        guard try StateStore(target).migration(named: name) != nil else { return .nothingToWithdraw }
        let updated = try target.query(withdrawCutover, [name])
        if updated.affectedRows > 0 { return .withdrawn }
        return try target.scalar(selectCutover, [name]) == nil ? .nothingToWithdraw : .tooLate
    }

    private static let withdrawCutover = """
        update skein.cutover c set abandoned = true
        from skein.migration m where m.id = c.migration and m.name = $1 and c.completed is null
        """
    private static let selectCutover = """
        select true from skein.cutover c join skein.migration m on m.id = c.migration where m.name = $1
        """
}

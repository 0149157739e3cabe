private import Faults
internal import PlanFile
private import Planning
internal import Postgres

/// Tasks of a live migration that do no work of their own: each says, in one transaction on the target, that the stream
/// or a person got so far. The engine starts them when it is time; what they check holds also where another process did
/// something in between.
enum MilestoneTask {
    /// - Throws: `NotYet` where something was copied again meanwhile that the stream has not passed.
    static func catchUp(_ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            guard try target.scalar(selectIsCaughtUp, [String(scope.context.migration)]) == "t" else { throw NotYet() }
            return TaskOutcome()
        }
    }

    /// Pieces, and rows that were read again one by one, which are pieces inside pieces. Progress that was never written
    /// says nothing: then no change has come yet, and the engine knows how far the stream was read.
    private static let selectIsCaughtUp = """
        select not exists (
            select from skein.task t where t.migration = $1 and t.redo and t.state <> 'done')
        """

    /// - Throws: `NotYet` where the cutover was withdrawn.
    static func openGate(_ scope: TaskScope) throws -> TaskOutcome {
        let outcome = try scope.inTransaction { target in
            try holdCutover(scope, target)
            return TaskOutcome()
        }
        FaultPoint.gateOpened.pass()
        return outcome
    }

    /// The engine starts it once the applier has committed everything up to the marker.
    /// - Throws: `NotYet` where the cutover was withdrawn, or the marker is not the one that was applied up to.
    static func drain(_ scope: TaskScope) throws -> TaskOutcome {
        let outcome = try scope.inTransaction { target in
            try holdCutover(scope, target)
            let migration = String(scope.context.migration)
            guard try target.scalar(selectIsDrained, [migration]) == "t" else { throw NotYet() }
            try target.query(
                "update skein.cutover set drained = clock_timestamp() where migration = $1", [migration])
            // The plan asks for no comparison, and what comes behind them waits for nothing else.
            if scope.context.verify == .none { try target.query(passComparisons, [migration]) }
            return TaskOutcome()
        }
        FaultPoint.drainDone.pass()
        return outcome
    }

    /// A crash of the target may have taken back what the applier has committed a moment ago; then its progress is older
    /// than the marker again. All workers of the main lane stand at one position there, and no other lane is left.
    static let selectIsDrained = """
        select s.marker_lsn is not null
            and (
                select count(distinct p.position) = 1 and min(p.position) >= s.marker_floor
                from skein.apply_progress p where p.migration = s.migration and p.lane = 0)
            and not exists (select from skein.lane_table l where l.migration = s.migration)
        from skein.stream s where s.migration = $1
        """

    private static let passComparisons = """
        update skein.task set state = 'done' where migration = $1 and action ? 'verify' and state = 'pending'
        """

    /// An index of ours that only served the applier.
    static func dropIndex(_ index: QualifiedName, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute("drop index if exists \(index.sql)")
            return TaskOutcome()
        }
    }

    /// Sees that the cutover is wanted, and stays so until the transaction ends.
    /// - Throws: `NotYet` where it was withdrawn.
    static func holdCutover(_ scope: TaskScope, _ target: Connection) throws {
        let rows = try target.query(
            "select from skein.cutover where migration = $1 and not abandoned for share",
            [String(scope.context.migration)])
        guard rows.count == 1 else { throw NotYet() }
    }
}

/// A task was started too early, or something has changed since: it is tried again a little later, and that is no
/// failure.
package struct NotYet: Error, Sendable {}

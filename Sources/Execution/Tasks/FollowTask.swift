private import Postgres

/// The barrier before changes are applied: no change to a table is applied or thrown away before all of its pieces have
/// watermarks (EXACTNESS.md, 10).
enum FollowTask {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        let context = scope.context
        let source = try scope.ends.source()
        let outcome = try scope.inTransaction { target in
            _ = try FollowedTables.read(target, context)
            try target.query("delete from skein.block_snapshot where migration = $1", [String(context.migration)])
            return TaskOutcome()
        }
        // What a killed process did not come to.
        BlockHolders.process.releaseAll(context)
        try? BlockHolders.end(pid: nil, source, context)
        return outcome
    }
}

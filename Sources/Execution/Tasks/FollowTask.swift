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
            // Whatever is applied from here on goes with this slot; a repair that finds another one deletes it.
            try target.query(
                """
                update skein.stream set progress_generation = slot_generation
                where migration = $1 and progress_generation is null
                """, [String(context.migration)])
            return TaskOutcome()
        }
        // What a killed process did not come to.
        BlockHolders.process.releaseAll(context)
        try? BlockHolders.end(pid: nil, source, context)
        return outcome
    }
}

internal import PlanFile

/// How many connections a migration opens at most on either side.
enum Sessions {
    /// Changes are applied by so many sessions where the plan says nothing.
    static let defaultApplyJobs = 2

    /// Each job that works there has one; others read catalogs or hold the snapshot, claim tasks and do short work.
    /// Following takes the stream's and a watcher's on both sides; on the source each table job may need a second one,
    /// which holds the snapshot of its table's block pieces, and on the target changes are applied.
    static func needed(_ side: Side, _ plan: Plan, _ jobs: JobDecision) -> Int {
        others(side, plan) + jobs.tableJobs * perTableJob(side, plan) + (side == .target ? jobs.indexJobs : 0)
    }

    /// Beside the jobs'.
    static func others(_ side: Side, _ plan: Plan) -> Int {
        // Its own on the target: who asks how far statements under way are.
        let control = JobPlanner.controlSessions + (side == .target ? 1 : 0)
        guard plan.mode.value == .live else { return control }
        let applying = side == .target ? plan.replication.applyJobs?.value ?? defaultApplyJobs : 0
        return control + 2 + applying
    }

    static func perTableJob(_ side: Side, _ plan: Plan) -> Int {
        plan.mode.value == .live && side == .source ? 2 : 1
    }
}

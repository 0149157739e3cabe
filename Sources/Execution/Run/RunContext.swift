package import PlanFile
package import Planning
package import Postgres

/// What a run is about: fixed while it lasts.
package struct RunContext: Sendable {
    /// The plan's name as written.
    package var planName: String
    package var migration: Int64
    package var source: ConnectionTarget
    package var target: ConnectionTarget
    /// `server_version_num`.
    package var sourceVersion: Int
    package var targetVersion: Int
    package var sourceIsStandby: Bool
    package var decisions: Decisions
    /// The graph's tasks, by number.
    package var tasks: [MigrationTask]
    package var tableJobs: Int
    package var indexJobs: Int
    /// How long transient failures are retried without any success between, seconds.
    package var retryFor: Double
    /// How closely the last tasks compare.
    package var verify: Plan.Cutover.Verify
    package var plan: Plan
    /// The command is `cutover`: the gate is opened when it is time, and the run ends where it is not.
    package var opensGate = false
    /// How long that waits for transactions that are open on the source, seconds.
    package var cutoverWait = 10.0
    /// Which server the source is, and which history of it.
    package var sourceIdentity: ServerIdentity?
    /// Where the spool and what else is kept on this machine belongs to: the migration's own id, which no other has.
    package var uid = ""
    /// Of this program.
    package var skeinVersion = ""
    /// Which way changes flow. `source` is always where they come from, and `target` where they are applied and where the
    /// progress is: on the way back, the plan's target and the plan's source.
    package var direction = Direction.forth

    package init(
        planName: String, migration: Int64, source: ConnectionTarget, target: ConnectionTarget, sourceVersion: Int,
        targetVersion: Int, sourceIsStandby: Bool, decisions: Decisions, tasks: [MigrationTask], tableJobs: Int,
        indexJobs: Int, retryFor: Double, verify: Plan.Cutover.Verify, plan: Plan,
    ) {
        self.planName = planName
        self.migration = migration
        self.source = source
        self.target = target
        self.sourceVersion = sourceVersion
        self.targetVersion = targetVersion
        self.sourceIsStandby = sourceIsStandby
        self.decisions = decisions
        self.tasks = tasks
        self.tableJobs = tableJobs
        self.indexJobs = indexJobs
        self.retryFor = retryFor
        self.verify = verify
        self.plan = plan
    }

    /// Whether the cutover opens a way back.
    package var opensFallback: Bool { tasks.contains { $0.action == .openFallback } }

    /// The source is written to while it is copied, and followed until the cutover.
    package var isLive: Bool { decisions.following != nil }

    /// How many tasks run at once.
    package var limits: [MigrationTask.Resource: Int] { [.tableJob: tableJobs, .indexJob: indexJobs, .none: 2] }

    /// `skein/iot-production/copy:public.readings:0017`
    package func applicationName(_ what: String) -> String { "skein/\(planName)/\(what)" }

    /// Connects to the target, runs `body`, disconnects.
    /// - Parameter purpose: what the session is called there, behind `skein/PLAN/`.
    package func onTarget<R: Sendable>(
        as purpose: String, _ body: @Sendable (Connection) throws -> R,
    ) async throws -> R {
        let session = Session(target, applicationName: applicationName(purpose), settings: targetSettings)
        let value = try await session.run(body)
        await session.close()
        return value
    }

    /// What sessions on the target have beyond what all sessions pin.
    package var targetSettings: [String: String] {
        [
            // State and data share their transactions, so a crash of the target loses both or neither; the last
            // commit of the run waits for its flush and so for all.
            "synchronous_commit": "off",
            "maintenance_work_mem": "\(decisions.jobs.maintenanceWorkMemKB)kB",
        ]
    }

    package var hypertables: [HypertableDefinition] {
        tasks.compactMap { if case .createHypertable(let definition) = $0.action { definition } else { nil } }
    }
}

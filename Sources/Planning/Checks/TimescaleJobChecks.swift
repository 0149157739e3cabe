import Catalog
import PlanFile

/// TimescaleDB's jobs on the source, which work on while it is copied.
enum TimescaleJobChecks {
    static let all = [retention, compression]

    private static func jobs(_ procedures: Set<String>, _ context: CheckContext) -> [Catalog.Job] {
        let selected = Set(context.relations.map(\.name))
        return context.source.jobs.filter { job in
            job.isScheduled && procedures.contains(job.procedure.name)
                && job.procedure.schema.hasPrefix("_timescaledb_")
                && job.subject.map { selected.contains($0) } ?? false
        }
    }

    /// The statements that let jobs rest, and run again.
    private static func pausing(_ jobs: [Catalog.Job], scheduled: Bool) -> String {
        jobs.map { "select alter_job(\($0.id), scheduled => \(scheduled));" }.joined(separator: "\n")
    }

    private static func subjects(_ jobs: [Catalog.Job]) -> String {
        Wording.list(jobs.compactMap { $0.subject?.description })
    }

    private static let retention = Check(
        "SK567", "A retention policy drops chunks of the source while it is copied",
        """
        A retention policy that runs during the migration drops chunks. Offline, it waits for the copy to end, and every \
        query of such a chunk waits behind it. Live, rows that were copied vanish from the source without a DELETE in \
        the stream: the cutover drops the same ranges on the target, within the downtime. Let the policies rest until \
        the migration is over.
        """
    ) { context, findings in
        let jobs = jobs(["policy_retention"], context)
        guard let first = jobs.first else { return }
        findings.add(
            .warning, "retention is active on the source while it is copied: \(subjects(jobs))",
            why: context.plan.mode.value == .live
                ? "Chunks that it drops are dropped on the target at the cutover. Afterwards, on the source, resume with "
                    + "`\(pausing(jobs, scheduled: true))`."
                : "It waits for the copy, and other queries wait behind it. Afterwards resume with "
                    + "`\(pausing(jobs, scheduled: true))`.",
            cure: "let it rest: run on the source", statement: pausing(jobs, scheduled: false),
            object: first.subject?.description, at: Side.source.location(context))
    }

    private static let compression = Check(
        "SK568", "Jobs of the source wait for the copy",
        """
        Compression and reordering of a chunk wait while the chunk is read: offline for as long as the copy takes, and \
        queries of that chunk wait behind them. Let these policies rest until the copy is done.
        """
    ) { context, findings in
        guard context.plan.mode.value == .offline else { return }
        let jobs = jobs(["policy_compression", "policy_recompression", "policy_reorder"], context)
        guard let first = jobs.first else { return }
        findings.add(
            .warning, "jobs of the source would wait for the copy to end: \(subjects(jobs))",
            why: "Afterwards resume with `\(pausing(jobs, scheduled: true))`.",
            cure: "let them rest: run on the source", statement: pausing(jobs, scheduled: false),
            object: first.subject?.description, at: Side.source.location(context))
    }
}

import Catalog
import PlanFile

/// Whether the servers' settings carry what the migration asks of them.
enum CapacityChecks {
    static let all = [locks, indexMemory, workers]

    private static let locks = Check(
        "SK112", "The source's lock table may be too small",
        """
        pg_dump locks every table that it writes the definition of, all at once, and so does the session that holds \
        the snapshot of an offline migration. The server's lock table has `max_locks_per_transaction` × \
        (`max_connections` + `max_prepared_transactions`) places, which the application's sessions use, too; when it \
        is full, whoever needs one more gets "out of shared memory". The target is filled in batches and needs no more.
        """
    ) { context, findings in
        let server = context.source.server
        guard let perTransaction = server.number("max_locks_per_transaction"),
            let connections = server.number("max_connections")
        else { return }
        let places = perTransaction * (connections + (server.number("max_prepared_transactions") ?? 0))
        let needed = context.relations.count
        guard needed > places / 2 else { return }
        // Enough for twice the need.
        let enough = (needed * 2 / max(1, connections) / 64 + 1) * 64
        let change = context.change("max_locks_per_transaction", to: String(enough), .restart, on: .source)
        findings.add(
            needed > places ? .warning : .note,
            "the source's lock table has \(places) places; \(Wording.count(needed, "table")) are locked at once",
            why: "max_locks_per_transaction is \(perTransaction). The application's transactions need places, too.",
            cure: change.cure, statement: change.statement,
            object: "max_locks_per_transaction", at: Side.source.location(context))
    }

    private static let indexMemory = Check(
        "SK220", "Index builds may take more memory than the target has",
        """
        Each index build takes up to `maintenance_work_mem`, and `index-jobs` of them run at once. Their product \
        should leave room below what `effective_cache_size` says the machine has for PostgreSQL; else the operating \
        system may end a server process ("out of memory"), which restarts the whole server.
        """
    ) { context, findings in
        // effective_cache_size is in units of 8 kB.
        guard let cacheBlocks = context.target.server.number("effective_cache_size") else { return }
        let builds = context.jobs.indexJobs * context.jobs.maintenanceWorkMemKB
        guard builds > cacheBlocks * 8 else { return }
        let memory = Wording.size(kilobytes: context.jobs.maintenanceWorkMemKB)
        findings.add(
            .warning,
            "\(Wording.count(context.jobs.indexJobs, "index build")) of \(memory) each are more than the target's "
                + "effective_cache_size of \(Wording.size(kilobytes: cacheBlocks * 8))",
            why: "A server that runs out of memory restarts in the middle of the run.",
            cure: "say `copy: {index-jobs: 1}` in the plan, or set effective_cache_size to what the machine has",
            object: "maintenance_work_mem", at: context.plan.copy.indexJobs?.location ?? Side.target.location(context))
    }

    private static let workers = Check(
        "SK221", "The target has too few worker processes for parallel index builds",
        """
        Index builds use parallel workers (`max_parallel_maintenance_workers` each) out of `max_worker_processes`, of \
        which TimescaleDB keeps some for its own jobs. With too few, builds silently run with fewer workers: slower, \
        never wrong.
        """
    ) { context, findings in
        let server = context.target.server
        guard let workers = server.number("max_worker_processes"),
            let each = server.number("max_parallel_maintenance_workers"), each > 0
        else { return }
        let timescale = server.number("timescaledb.max_background_workers") ?? 0
        let needed = context.jobs.indexJobs * each
        // TimescaleDB's share is a limit, not a need: its launcher and one worker for this database are.
        guard workers - min(2, timescale) < needed else { return }
        let change = context.change(
            "max_worker_processes", to: String(needed + timescale + 4), .restart, on: .target)
        findings.add(
            .note,
            "max_worker_processes of the target is \(workers); index builds could use \(needed)",
            why: "Index builds run with fewer parallel workers than max_parallel_maintenance_workers allows.",
            cure: "to build indexes faster, \(change.cure)", statement: change.statement,
            object: "max_worker_processes", at: Side.target.location(context))
    }
}

internal import Catalog
internal import PlanFile

/// Works out how many tables are copied and how many indexes are built at once, with how much memory, and from what
/// size on a table is split: what the plan says, else what the servers suggest.
struct JobPlanner {
    let plan: Plan.CopySettings
    let source: Catalog.Server
    let target: Catalog.Server

    /// Sessions beside the jobs': for the snapshot or the catalogs, for claims, for short work.
    static let controlSessions = 3

    /// - Parameter totalBytes: heap and TOAST of all tables that are copied.
    func decide(totalBytes: Int64) -> JobDecision {
        let (indexJobs, indexJobsWhy) = indexJobs()
        let (tableJobs, tableJobsWhy) = tableJobs(besides: indexJobs)
        let (memory, memoryWhy) = maintenanceMemory(indexJobs)
        let (split, splitWhy) = splitSize(totalBytes, tableJobs)
        return JobDecision(
            tableJobs: tableJobs, tableJobsWhy: tableJobsWhy, indexJobs: indexJobs, indexJobsWhy: indexJobsWhy,
            maintenanceWorkMemKB: memory, maintenanceWorkMemWhy: memoryWhy, splitLargerThan: split, splitWhy: splitWhy,
        )
    }

    /// No catalog says how many cores a server has. Whoever sizes a server sets its worker processes to them; the
    /// default is 8, whatever the machine, so that half of it is taken.
    private func tableJobs(besides indexJobs: Int) -> (Int, String) {
        if let jobs = plan.tableJobs { return (jobs.value, "the plan says so") }
        let workers = min(source.workers, target.workers)
        var jobs = min(max(workers / 2, 1), 16)
        var why = "half of \(workers) parallel workers, the smaller of both servers' settings"
        // Half of the room is left to others.
        let sourceRoom = (source.freeConnections ?? .max) / 2 - Self.controlSessions
        let targetRoom = (target.freeConnections ?? .max) / 2 - Self.controlSessions - indexJobs
        if min(sourceRoom, targetRoom) < jobs {
            jobs = max(min(sourceRoom, targetRoom), 1)
            why = "the \(sourceRoom < targetRoom ? "source" : "target") has few connections left"
        }
        return (jobs, why)
    }

    private func indexJobs() -> (Int, String) {
        if let jobs = plan.indexJobs { return (jobs.value, "the plan says so") }
        let helpers = target.number("max_parallel_maintenance_workers") ?? 2
        var jobs = min(max(target.workers / (1 + helpers), 2), 4)
        var why = "the target has \(target.workers) parallel workers and lets one index build use \(helpers)"
        if let room = target.bytes("effective_cache_size"), let memory = target.bytes("maintenance_work_mem") {
            let most = Int(max(room / 4 / max(memory, 1), 1))
            if most < jobs {
                jobs = most
                why =
                    "each may take the target's maintenance_work_mem of \(Measure.bytes(memory)), together a quarter "
                    + "of its effective_cache_size"
            }
        }
        return (jobs, why)
    }

    /// A sort that fits is much faster than one that spills; but never more than the server seems to have room for, and
    /// never less than its owner set.
    private func maintenanceMemory(_ indexJobs: Int) -> (Int, String) {
        let own = target.bytes("maintenance_work_mem") ?? 64 << 20
        let ownKB = Int(own / 1024)
        guard let cache = target.bytes("effective_cache_size") else {
            return (ownKB, "the target's own setting, as its cache size is not known")
        }
        let share = cache / 4 / Int64(max(indexJobs, 1))
        let raised = min(share, 1 << 30) / (1 << 20) * (1 << 20)
        guard raised > own else { return (ownKB, "the target's own setting") }
        let why =
            raised == 1 << 30
            ? "1 GB is enough for most; with \(Measure.count(indexJobs, "index job")) it is below a quarter of the "
                + "target's effective_cache_size"
            : "a quarter of the target's effective_cache_size, shared by \(Measure.count(indexJobs, "index job"))"
        return (Int(raised / 1024), why)
    }

    private func splitSize(_ totalBytes: Int64, _ tableJobs: Int) -> (Int64, String) {
        if let size = plan.splitTablesLargerThan { return (size.value.bytes, "the plan says so") }
        let share = totalBytes / Int64(4 * max(tableJobs, 1)) / (1 << 30) * (1 << 30)
        let size = min(max(share, 2 << 30), 10 << 30)
        let why =
            switch size {
            case 2 << 30: "smaller pieces gain nothing"
            case 10 << 30: "larger pieces lose too much where a copy is interrupted"
            default: "a quarter of what each table job has to copy"
            }
        return (size, why)
    }
}

extension Catalog.Server {
    /// A setting that is a size, in bytes. Its unit is one of those that `pg_settings.unit` has for memory.
    func bytes(_ name: String) -> Int64? {
        guard let setting = settings[name], let value = Int64(setting.value) else { return nil }
        let units: [String: Int64] = [
            "B": 1, "kB": 1 << 10, "8kB": 8 << 10, "16kB": 16 << 10, "32kB": 32 << 10, "MB": 1 << 20, "GB": 1 << 30,
        ]
        return units[setting.unit ?? "B"].map { value * $0 }
    }

    /// Stands in for the number of cores.
    fileprivate var workers: Int {
        max(min(number("max_worker_processes") ?? 8, number("max_parallel_workers") ?? 8), 1)
    }

    /// Connections that are neither used nor reserved, nil where the limit is not known.
    fileprivate var freeConnections: Int? {
        number("max_connections").map { most in
            let reserved = (number("superuser_reserved_connections") ?? 3) + (number("reserved_connections") ?? 0)
            return max(most - reserved - usedConnections, 0)
        }
    }
}

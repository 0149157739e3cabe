import Catalog
import PlanFile
import Testing

@testable import Planning

@Suite("Jobs")
struct JobPlannerTests {
    func decide(
        _ settings: [String: String] = [:], source: [String: String] = [:], used: Int = 1, bytes: Int64 = 0,
        _ change: (inout Plan) -> Void = { _ in },
    ) -> JobDecision {
        var target = CatalogBuilder.server(versionNumber: 170_011, settings: settings)
        target.usedConnections = used
        return JobPlanner(
            plan: Plan.sample(change).copy,
            source: CatalogBuilder.server(versionNumber: 150_020, settings: source), target: target
        ).decide(totalBytes: bytes)
    }

    @Test("are four for tables and two for indexes where both servers have PostgreSQL's defaults")
    func defaults() {
        let jobs = decide()
        #expect(jobs.tableJobs == 4)
        #expect(jobs.indexJobs == 2)
        #expect(jobs.maintenanceWorkMemKB == 512 << 10)
        #expect(jobs.splitLargerThan == 2 << 30)
    }

    @Test("follow the plan where it says how many")
    func plan() {
        let jobs = decide { plan in
            plan.copy.tableJobs = Located(11)
            plan.copy.indexJobs = Located(7)
            plan.copy.splitTablesLargerThan = Located(ByteCount(bytes: 5_000_000))
        }
        #expect(jobs.tableJobs == 11)
        #expect(jobs.indexJobs == 7)
        #expect(jobs.splitLargerThan == 5_000_000)
        #expect(jobs.tableJobsWhy == "the plan says so")
    }

    @Test(
        "of tables follow the smaller server",
        arguments: [("32", "32", 16), ("32", "6", 3), ("2", "32", 1), ("64", "64", 16), ("0", "8", 1)]
    )
    func workers(source: String, target: String, jobs: Int) {
        let names = ["max_worker_processes", "max_parallel_workers"]
        let decision = decide(
            Dictionary(uniqueKeysWithValues: names.map { ($0, target) }),
            source: Dictionary(uniqueKeysWithValues: names.map { ($0, source) }))
        #expect(decision.tableJobs == jobs)
    }

    @Test("leave half of the free connections to others")
    func connections() {
        let jobs = decide(["max_connections": "25"], used: 6)
        // 25 - 3 reserved - 6 used = 16; half of it, less 3 for ourselves and 2 for indexes.
        #expect(jobs.tableJobs == 3)
        #expect(jobs.tableJobsWhy == "the target has few connections left")
        #expect(decide(["max_connections": "5"], used: 4).tableJobs == 1)
    }

    @Test(
        "of indexes and their memory stay within a quarter of the target's cache",
        arguments: [
            // maintenance_work_mem in kB, effective_cache_size in 8 kB blocks, index jobs, memory in MB
            ("65536", "524288", 2, 512), ("65536", "8388608", 2, 1024), ("65536", "16384", 1, 64),
            ("2097152", "8388608", 2, 2048), ("65536", "32768", 1, 64),
        ]
    )
    func memory(own: String, cache: String, jobs: Int, megabytes: Int) {
        let decision = decide(["maintenance_work_mem": own, "effective_cache_size": cache])
        #expect(decision.indexJobs == jobs)
        #expect(decision.maintenanceWorkMemKB == megabytes << 10)
    }

    @Test("of indexes are more where one build uses one process", arguments: [("0", 4), ("2", 2), ("7", 2), ("1", 4)])
    func helpers(perIndex: String, jobs: Int) {
        let decision = decide(["max_parallel_maintenance_workers": perIndex, "effective_cache_size": "8388608"])
        #expect(decision.indexJobs == jobs)
    }

    @Test(
        "split tables from 2 to 10 GB on, as there is much to copy",
        arguments: [(0, 2), (16 << 30, 2), (80 << 30, 5), (1 << 40, 10)] as [(Int64, Int64)]
    )
    func split(bytes: Int64, gigabytes: Int64) {
        #expect(decide(bytes: bytes).splitLargerThan == gigabytes << 30)
    }
}

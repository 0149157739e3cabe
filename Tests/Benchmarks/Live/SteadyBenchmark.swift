import Foundation
import Postgres

/// A steady load while skein follows: how far behind it is, and what memory it needs.
struct SteadyBenchmark {
    let stage: LiveStage
    /// Row changes a second.
    let rate: Double
    var seconds = 40.0

    struct Result {
        /// Seconds from the commit on the source to when it is seen on the target, sorted.
        var lags: [Double] = []
        /// Resident bytes over time.
        var memory: [Int] = []
        var highestMemory = 0
        /// Row changes a second that the source really committed.
        var rate = 0.0

        func lag(_ quantile: Double) -> Double {
            lags.isEmpty ? .nan : lags[min(lags.count - 1, Int(Double(lags.count) * quantile))]
        }

        /// The highest of the last third as a part of the highest of the first.
        var growth: Double {
            let third = memory.count / 3
            guard third > 0, let first = memory.prefix(third).max(), let last = memory.suffix(third).max() else {
                return .nan
            }
            return Double(last) / Double(first)
        }
    }

    func run() throws -> Result {
        let (database, target) = ("steady_source", "steady_target")
        try stage.create(.source, database)
        try stage.psql(database, file: "Tests/Benchmarks/Live/changes.sql")
        try stage.create(.target, target)
        let plan = try stage.plan(
            "steady", source: database, target: target, "replication: {spool: {directory: ./spool}}")
        let process = try stage.migrate(plan)
        let (source, mirror) = (try stage.connect(.source, database), try stage.connect(.target, target))
        try stage.waitUntilFollowing(mirror, source, process)

        let transactions = Int(rate * seconds / 16)
        let call = "call work(0, \(transactions), \(rate / 16))"
        let load = try BackgroundProcess(
            [
                "psql", "-Xq", "--dbname=\(stage.uri(.source, database))", "--command=set synchronous_commit = off",
                "--command=\(call)",
            ], log: "\(stage.folder)/load.log")
        var result = Result()
        let begun = ContinuousClock.now
        var lastMemory = begun
        while load.poll() == nil {
            let sent = try source.query("update heartbeat set n = n + 1, at = clock_timestamp() returning n")
            let committed = ContinuousClock.now
            try stage.wait(mirror, until: "select n >= \(sent.text(0, 0)) from public.heartbeat", while: process)
            result.lags.append((ContinuousClock.now - committed) / .seconds(1))
            if ContinuousClock.now - lastMemory > .milliseconds(500) {
                lastMemory = .now
                result.memory.append(process.memory.now)
            }
            usleep(20_000)
        }
        result.rate = Double(transactions) * 16 / ((ContinuousClock.now - begun) / .seconds(1))
        result.highestMemory = process.memory.highest
        result.lags.sort()
        process.end()
        guard load.wait() == 0 else { throw BenchmarkFailure("the load ended: \(load.said)") }
        try stage.drop(.target, target)
        try stage.drop(.source, database)
        return result
    }
}

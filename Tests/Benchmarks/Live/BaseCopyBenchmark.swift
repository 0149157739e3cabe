import Foundation
import Postgres

/// The base copy in live mode and offline, in turn: to where everything that comes before the gate is done.
struct BaseCopyBenchmark {
    let stage: LiveStage
    var readings = 8_000_000
    var rounds = 2

    struct Result {
        var live: [Double] = []
        var offline: [Double] = []
    }

    func run() throws -> Result {
        let (database, target) = ("copy_source", "copy_target")
        try stage.create(.source, database)
        try stage.psql(database, file: "Tests/Benchmarks/iot.sql", ["readings": "\(readings)"])
        let source = try stage.connect(.source, database)
        try source.execute(
            "create table heartbeat (id int primary key, n bigint not null, at timestamptz not null); "
                + "insert into heartbeat values (1, 0, now())")
        var result = Result()
        for round in 0...rounds {
            for mode in ["offline", "live"] {
                try stage.create(.target, target)
                let plan = try stage.plan(
                    "copy-\(mode)", source: database, target: target, mode: mode,
                    """
                    copy: {table-jobs: 2, index-jobs: 2}
                    replication: {spool: {directory: ./spool}}
                    cutover: {verify: none}
                    """)
                try stage.checkpoint()
                let begun = ContinuousClock.now
                let process = try stage.migrate(plan)
                if mode == "offline" {
                    guard process.wait() == 0 else { throw BenchmarkFailure(process.said) }
                } else {
                    try stage.waitUntilFollowing(stage.connect(.target, target), source, process)
                }
                let seconds = (ContinuousClock.now - begun) / .seconds(1)
                stage.say(String(format: "base copy, round \(round), \(mode): %.2f s", seconds))
                // The first round pays for new files of the write-ahead log.
                if round > 0 { mode == "live" ? result.live.append(seconds) : result.offline.append(seconds) }
                process.end()
                if mode == "live" {
                    _ = try ClientProcess.run(["skein", "clean", plan, "--yes", "--prune"])
                }
            }
        }
        try stage.drop(.target, target)
        try stage.drop(.source, database)
        return result
    }
}

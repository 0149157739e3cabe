import Foundation
import Postgres

/// The quickstart's cutover, with its application at work, as its plan says: fenced, with counts.
struct DowntimeBenchmark {
    let stage: LiveStage

    struct Result {
        /// Seconds that no connection could write: from the last commit on the source to the end of `skein cutover`.
        var seen: Double
        /// What `skein cutover` printed.
        var printed: String
        var transactions: Int
    }

    func run() throws -> Result {
        let (database, target) = ("downtime_source", "downtime_target")
        try stage.create(.source, database)
        try stage.psql(database, file: "plans/quickstart/source.sql")
        try stage.create(.target, target)
        let environment = [
            "SOURCE_URI": stage.uri(.source, database), "TARGET_URI": stage.uri(.target, target),
            "SPOOL": "\(stage.folder)/downtime-spool",
        ]
        let plan = "plans/quickstart/plan.yaml"
        let application = try (1...3).map { connection in
            try BackgroundProcess(
                [
                    "psql", "-Xq", "--dbname=\(stage.uri(.source, database))", "--set=connection=\(connection)",
                    "--file=plans/quickstart/application.sql",
                ], log: "\(stage.folder)/application.\(connection).log")
        }
        let process = try BackgroundProcess(
            ["skein", "migrate", plan, "--no-color"], environment: environment, log: "\(stage.folder)/downtime.log")
        var said = ""
        while true {
            let cutover = try ClientProcess.run(["skein", "cutover", plan, "--no-color"], environment: environment)
            if cutover.exitCode == 0 {
                said = cutover.output
                break
            }
            guard cutover.exitCode == 4, process.poll() == nil else {
                throw BenchmarkFailure(
                    "skein cutover: \(cutover.exitCode): \(cutover.output)\n\(process.said.suffix(2000))")
            }
            usleep(1_000_000)
        }
        let end = Date()
        process.wait()
        application.forEach { $0.wait() }
        let source = try stage.connect(.source, database)
        let last = try source.scalar("select extract(epoch from max(raised_at)) from alerts").flatMap { Double($0) }
        let count = "select sum(transactions) from activity"
        let committed = try source.scalar(count)
        guard try stage.connect(.target, target).scalar(count) == committed else {
            throw BenchmarkFailure("not all of the application's transactions are on the target")
        }
        let result = Result(
            seen: end.timeIntervalSince1970 - (last ?? 0), printed: said,
            transactions: committed.flatMap { Int($0) } ?? 0)
        try stage.drop(.target, target)
        try stage.drop(.source, database)
        return result
    }
}

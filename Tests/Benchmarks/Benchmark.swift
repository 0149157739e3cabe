import ArgumentParser
private import Foundation

/// Compares Skein with what else moves a PostgreSQL database. `Tests/benchmark` starts it.
@main
struct Benchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures Skein against pgcopydb, PostgreSQL's own tools and the floor by hand.",
        discussion: """
            Needs two servers, `skein` on the PATH and, for pgcopydb, PGCOPYDB_ROOT: Tests/benchmark has all of it.
            """)

    @Option(help: "URI of the source server, as superuser, without a database.")
    var source: String

    @Option(help: "URI of the target server.")
    var target: String

    @Option(name: .customLong("rounds"), help: "How many times each contender runs, all of them in turn (3; live: 1).")
    var chosenRounds: Int?

    @Option(name: .customLong("readings"), help: "Rows of the source's big table (8000000; live: 4000000).")
    var chosenReadings: Int?

    var rounds: Int { chosenRounds ?? (live || estimates ? 1 : 3) }
    var readings: Int { chosenReadings ?? (live ? 4_000_000 : 8_000_000) }

    @Option(help: "Only these contenders.")
    var only: [Contender.Name] = []

    @Option(help: "Only the scenarios whose title contains this.")
    var scenario: String?

    @Flag(help: "Live mode instead: draining, base copy, steady load, downtime (--scenario names one of them).")
    var live = false

    @Flag(help: "How far off the estimates of the time left are, instead (--scenario names some of them).")
    var estimates = false

    @Option(help: "With --live, who drains: only those whose title contains this.")
    var follower: String?

    @Option(help: "Also write the tables there, for the README.")
    var markdown: String?

    @Option(help: "The folder of iot.sql, Contenders and Plans.")
    var material = "Tests/Benchmarks"

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds: at least one") }
        guard readings >= 100_000 else {
            throw ValidationError("--readings: at least 100000, or only start-up is seen")
        }
    }

    func run() throws {
        if live {
            let text = try LiveBenchmark(
                stage: LiveStage(sourceURI: source, targetURI: target), rounds: rounds, readings: readings,
                only: scenario, follower: follower
            ).run()
            let lines = try circumstances(Stage(sourceURI: source, targetURI: target, readings: readings), isLive: true)
            let markdown = lines.map { "- \($0)" }.joined(separator: "\n") + "\n\n" + text
            print(markdown)
            try self.markdown.map { try markdown.write(toFile: $0, atomically: true, encoding: .utf8) }
            return
        }
        let stage = try Stage(sourceURI: source, targetURI: target, readings: readings)
        let scenarios = selected()
        guard let first = scenarios.first, let warmUp = first.contenders.first else {
            throw BenchmarkFailure("nothing to measure: no scenario and contender is left")
        }
        say("making the sources")
        try stage.prepareSources("\(material)/iot.sql")
        if estimates {
            let text = try EstimateBenchmark(stage: stage, scenarios: scenarios, rounds: rounds).run(say)
            try stage.dropTarget()
            print(text)
            return
        }
        // Files of the write-ahead log that are there already are cheaper than new ones: the first run pays for all.
        _ = try measure(warmUp, first, stage, "warming up")

        var measurements = Measurements()
        for round in 1...rounds {
            for (index, scenario) in scenarios.enumerated() {
                for contender in scenario.contenders {
                    let label = "round \(round) of \(rounds), \(scenario.title.lowercased())"
                    let key = Measurements.Key(scenario: index, contender: contender.name)
                    do {
                        measurements.add(try measure(contender, scenario, stage, label), key)
                    } catch let failure as BenchmarkFailure {
                        say(failure.description)
                        measurements.addFailure("\(label): \(failure)", key)
                    }
                }
            }
        }
        let report = Report(
            scenarios: scenarios, measurements: measurements, circumstances: try circumstances(stage))
        try stage.dropTarget()
        print(report.text)
        if let markdown { try report.markdown.write(toFile: markdown, atomically: true, encoding: .utf8) }
        if !measurements.failures.isEmpty { throw ExitCode.failure }
    }

    private func selected() -> [Scenario] {
        Scenario.all(plans: "\(material)/Plans")
            .filter { scenario.map($0.title.lowercased().contains) ?? true }
            .map { scenario in
                var scenario = scenario
                scenario.contenders.removeAll { !only.isEmpty && !only.contains($0.name) }
                return scenario
            }
            .filter { !$0.contenders.isEmpty }
    }

    /// - Throws: `BenchmarkFailure` where the run does not count.
    private func measure(
        _ contender: Contender, _ scenario: Scenario, _ stage: Stage, _ label: String,
    ) throws -> Cost {
        try stage.reset(preparation: contender.preparation)
        let scratch = FileManager.default.temporaryDirectory.appending(path: "skein-benchmark.\(getpid())").path
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let run = try ClientProcess.run(
            ["\(material)/Contenders/\(contender.script)"] + contender.arguments,
            environment: stage.environment(contender.size).merging(["SCRATCH": scratch]) { $1 })
        let seconds = String(format: "%.2f", run.cost.wall)
        say("\(label): \(contender.name.rawValue), \(seconds) s")
        guard run.exitCode == 0 else {
            throw BenchmarkFailure("\(contender.name.rawValue) ended with \(run.exitCode):\n\(run.output)")
        }
        try stage.check(scenario.check, contender.size)
        return run.cost
    }

    private func circumstances(_ stage: Stage, isLive: Bool = false) throws -> [String] {
        let (source, target) = try stage.versions()
        let timescale = try stage.timescaleVersion().map { " with TimescaleDB \($0) (hypertables only)" } ?? ""
        let pgcopydb = ProcessInfo.processInfo.environment["PGCOPYDB_VERSION"].map { ", pgcopydb \($0)" } ?? ""
        let commit = ProcessInfo.processInfo.environment["SKEIN_COMMIT"].map { ", Skein \($0)" } ?? ""
        if isLive {
            return ["PostgreSQL \(source) to \(target)\(timescale)\(commit)", "\(Machine()), which holds both servers"]
        }
        let gigabytes = String(format: "%.2f", Double(try stage.sourceBytes()) / 1e9)
        let rows = readings.formatted(.number.grouping(.automatic).locale(Locale(identifier: "en_US")))
        return [
            "PostgreSQL \(source) to \(target)\(timescale)\(pgcopydb)\(commit)",
            "\(Machine()), which holds both servers",
            "\(rows) readings and what belongs to them, \(gigabytes) GB with indexes",
            "\(rounds == 1 ? "1 round" : "\(rounds) rounds"), all contenders in turn in each; medians, of ratios too; every run's result was checked",
        ]
    }

    private func say(_ text: String) { FileHandle.standardError.write(Data("benchmark: \(text)\n".utf8)) }
}

extension Contender.Name: ExpressibleByArgument {
    init?(argument: String) { self.init(rawValue: argument) }
}

import Foundation

/// Live mode, measured: `Tests/benchmark --live`.
struct LiveBenchmark {
    let stage: LiveStage
    var rounds: Int
    var readings: Int
    /// Of: drain, copy, steady, downtime; all where empty.
    var only: String?
    /// Only followers whose title contains it.
    var follower: String?

    /// - Returns: Markdown.
    func run() throws -> String {
        var sections: [String] = []
        var rate = 40_000.0
        if isWanted("drain") {
            let rates = try DrainBenchmark(stage: stage, rounds: rounds, only: follower).run()
            sections.append(drainTable(rates))
            rate = median(rates["drain_two"] ?? []) ?? rate
        }
        if isWanted("copy") {
            sections.append(copyLine(try BaseCopyBenchmark(stage: stage, readings: readings, rounds: rounds).run()))
        }
        if isWanted("steady") { sections.append(steadyLines(try SteadyBenchmark(stage: stage, rate: rate / 2).run())) }
        if isWanted("downtime") { sections.append(downtimeLines(try DowntimeBenchmark(stage: stage).run())) }
        try? FileManager.default.removeItem(atPath: stage.folder)
        return sections.joined(separator: "\n\n") + "\n"
    }

    private func isWanted(_ name: String) -> Bool { only == nil || only == name }

    private func median(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    private func drainTable(_ rates: [String: [Double]]) -> String {
        let reference = median(rates["drain_sub"] ?? []) ?? .nan
        var table = Table(headers: ["", "changes a second", "x subscription"])
        for follower in DrainBenchmark.followers {
            let rate = median(rates[follower.name] ?? []) ?? .nan
            table.rows.append([
                follower.title, String(format: "%.0f", rate), String(format: "%.2f", rate / reference),
            ])
        }
        return """
            ### Draining 40,000 transactions of 10 inserts, 4 updates, 2 deletes (full_page_writes off for all)

            \(table.markdown)

            - apply-jobs 2, plain: to reach 1.50; hypertable: to reach 1.00
            """
    }

    private func copyLine(_ result: BaseCopyBenchmark.Result) -> String {
        let (live, offline) = (median(result.live) ?? .nan, median(result.offline) ?? .nan)
        return "### Base copy\n\n"
            + String(
                format: "- live %.2f s, offline %.2f s: %.2f, to reach 1.10", live, offline, live / offline)
    }

    private func steadyLines(_ result: SteadyBenchmark.Result) -> String {
        "### Steady load\n\n"
            + String(
                format: """
                    - %.0f row changes a second; lag p50 %.0f ms, p99 %.0f ms, highest %.0f ms, to stay under 1 s
                    - memory %.0f MB at its highest; last third / first third: %.2f
                    """, result.rate, result.lag(0.5) * 1000, result.lag(0.99) * 1000,
                (result.lags.last ?? .nan) * 1000,
                Double(result.highestMemory) / 1e6, result.growth)
    }

    private func downtimeLines(_ result: DowntimeBenchmark.Result) -> String {
        "### Downtime of the quickstart's cutover\n\n"
            + String(
                format:
                    "- %.2f s from the last commit to the end of `skein cutover`, to stay under 3 s; %d transactions",
                result.seen, result.transactions) + "\n\n```\n\(result.printed)\n```"
    }
}

import Foundation

/// How far off `migrate`'s estimates are: what it says is left, at parts of a run, against what was left.
struct EstimateBenchmark {
    let stage: Stage
    let scenarios: [Scenario]
    var rounds: Int

    /// Of a run's time.
    private static let parts = [0.1, 0.25, 0.5, 0.75]

    /// What the run said, and when.
    private struct Said {
        /// Since the command began, seconds.
        var time: Double
        var left: Double
        var isRough: Bool
    }

    private struct Event: Decodable {
        struct Left: Decodable {
            var seconds: Double
            var is_rough: Bool
        }
        var event: String
        var left: Left?
    }

    /// - Returns: Markdown.
    func run(_ say: (String) -> Void) throws -> String {
        var table = Table(headers: ["said / real time left", "run s"] + Self.parts.map { "at \(Int($0 * 100)) %" })
        for scenario in scenarios {
            guard let contender = scenario.contenders.first(where: { $0.name == .skein }) else { continue }
            for round in 1...rounds {
                try stage.reset(preparation: contender.preparation)
                let (said, seconds) = try measure(contender)
                try stage.check(scenario.check, contender.size)
                let ratios = Self.parts.map { ratio(said, at: $0 * seconds, of: seconds) }
                table.rows.append([scenario.title, String(format: "%.1f", seconds)] + ratios)
                say("round \(round): \(scenario.title.lowercased()), \(String(format: "%.1f", seconds)) s: \(ratios)")
            }
        }
        return "### Estimates of the time left, divided by what it was (r: marked as rough)\n\n" + table.markdown + "\n"
    }

    private func ratio(_ said: [Said], at time: Double, of seconds: Double) -> String {
        guard let last = said.last(where: { $0.time <= time }) else { return "nothing said" }
        let predicted = max(0, last.left - (time - last.time))
        return String(format: "%.2f", predicted / (seconds - time)) + (last.isRough ? " r" : "")
    }

    private func measure(_ contender: Contender) throws -> (said: [Said], seconds: Double) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["skein", "migrate", "--json"] + contender.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(stage.environment(contender.size)) { $1 }
            .merging(["VERIFY": "checksums"]) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let begun = ContinuousClock.now
        try process.run()
        var said: [Said] = []
        var rest = Data()
        while true {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            let time = (ContinuousClock.now - begun) / .seconds(1)
            rest.append(data)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = rest[rest.startIndex..<end]
                rest = rest[rest.index(after: end)...]
                guard let event = try? JSONDecoder().decode(Event.self, from: line), let left = event.left else {
                    continue
                }
                said.append(Said(time: time, left: left.seconds, isRough: left.is_rough))
            }
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkFailure("skein ended with \(process.terminationStatus)")
        }
        return (said, (ContinuousClock.now - begun) / .seconds(1))
    }
}

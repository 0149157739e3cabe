private import Foundation

/// The measurements, as tables for people and for the README.
struct Report {
    var scenarios: [Scenario]
    var measurements: Measurements
    /// Machine, versions, data and how it was measured: one sentence each.
    var circumstances: [String]

    var text: String {
        render(title: { "\n\($0)\n" }, table: \.text, item: { "  \($0)" })
    }

    var markdown: String {
        render(title: { "\n### \($0)\n" }, table: \.markdown, item: { "- \($0)" })
    }

    private func render(title: (String) -> String, table: (Table) -> String, item: (String) -> String) -> String {
        var lines = circumstances.map(item)
        for (index, scenario) in scenarios.enumerated() {
            lines += [title(scenario.title), table(self.table(index))]
            let goals = scenario.goals.compactMap { verdict($0, index) } + comparisonOfMemory(index)
            if !goals.isEmpty { lines += [""] + goals.map(item) }
        }
        if !measurements.failures.isEmpty {
            lines += [title("Runs that do not count")] + measurements.failures.map(item)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: One scenario's table

    private func table(_ index: Int) -> Table {
        let scenario = scenarios[index]
        var table = Table(
            headers: ["", "wall s", "from-to", "client CPU s", "peak MB"]
                + scenario.references.map { "x \($0.rawValue)" })
        for contender in scenario.contenders {
            let key = Measurements.Key(scenario: index, contender: contender.name)
            let range = measurements.range(key, \.wall).map { "\(number($0.lowerBound))-\(number($0.upperBound))" }
            let failed = measurements.rounds(key) - measurements.counted(key).count
            table.rows.append(
                [
                    contender.name.rawValue + (failed > 0 ? " (\(failed) of \(measurements.rounds(key)) failed)" : ""),
                    number(measurements.median(key, \.wall)), range ?? "-", number(measurements.median(key, \.cpu)),
                    number(measurements.median(key, { Double($0.peakMemory) / 1e6 }), 0),
                ]
                    + scenario.references.map { reference in
                        number(measurements.ratio(key, to: .init(scenario: index, contender: reference)), 2)
                    })
        }
        return table
    }

    // MARK: What was to be reached

    private func verdict(_ goal: Goal, _ index: Int) -> String? {
        let skein = Measurements.Key(scenario: index, contender: .skein)
        switch goal {
        case .ratio(let rival, let most, let onlyIfFloorPermits):
            guard let ratio = measurements.ratio(skein, to: .init(scenario: index, contender: rival)) else {
                return nil
            }
            var text = "Skein / \(rival.rawValue): \(number(ratio, 2)), to reach \(number(most, 2)): "
            text += ratio <= most ? "reached" : "not reached"
            let floor = Measurements.Key(scenario: index, contender: .byHand)
            if onlyIfFloorPermits, let floor = measurements.ratio(floor, to: .init(scenario: index, contender: rival)) {
                text += " (the floor itself: \(number(floor, 2)))"
            }
            return text
        case .memory(let most):
            guard let peak = highestPeak(skein) else { return nil }
            let verdict = peak < Double(most) ? "reached" : "not reached"
            return "Skein's highest peak of memory: \(number(peak)) MB, to stay under \(most) MB: \(verdict)"
        }
    }

    /// Where Skein did the same with fewer rows: its memory must not depend on how many there are.
    private func comparisonOfMemory(_ index: Int) -> [String] {
        guard scenarios[index].contenders.contains(where: { $0.size == .tenth }),
            let small = highestPeak(.init(scenario: index, contender: .skein)),
            let whole = scenarios.firstIndex(where: { $0.contenders.contains { $0.name == .byHand } }),
            let full = highestPeak(.init(scenario: whole, contender: .skein))
        else { return [] }
        return [
            "Skein's highest peak of memory, \(number(small)) MB here and \(number(full)) MB with ten times the rows: "
                + "\(number(full / small, 2)) of it, to be the same"
        ]
    }

    private func highestPeak(_ key: Measurements.Key) -> Double? {
        measurements.range(key) { Double($0.peakMemory) / 1e6 }?.upperBound
    }

    /// Three digits or so, unless told.
    private func number(_ value: Double?, _ digits: Int? = nil) -> String {
        value.map { String(format: "%.\(digits ?? ($0 < 10 ? 2 : 1))f", $0) } ?? "-"
    }
}

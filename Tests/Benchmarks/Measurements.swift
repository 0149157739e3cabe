/// What was measured, run by run.
struct Measurements {
    struct Key: Hashable {
        /// Position in the list of scenarios.
        var scenario: Int
        var contender: Contender.Name
    }

    /// Per contender and round; nil where a run did not count.
    private var costs: [Key: [Cost?]] = [:]
    private(set) var failures: [String] = []

    mutating func add(_ cost: Cost, _ key: Key) { costs[key, default: []].append(cost) }

    mutating func addFailure(_ reason: String, _ key: Key) {
        costs[key, default: []].append(nil)
        failures.append(reason)
    }

    func counted(_ key: Key) -> [Cost] { (costs[key] ?? []).compactMap(\.self) }
    func rounds(_ key: Key) -> Int { costs[key]?.count ?? 0 }

    /// The median over the rounds of one contender's wall time divided by another's in the same round: what changed on
    /// the machine from round to round is in both.
    func ratio(_ key: Key, to other: Key) -> Double? {
        median(
            zip(costs[key] ?? [], costs[other] ?? []).compactMap { one, two in
                if let one, let two { one.wall / two.wall } else { nil }
            })
    }

    func median(_ key: Key, _ value: (Cost) -> Double) -> Double? { median(counted(key).map(value)) }

    func range(_ key: Key, _ value: (Cost) -> Double) -> ClosedRange<Double>? {
        let values = counted(key).map(value)
        guard let least = values.min(), let most = values.max() else { return nil }
        return least...most
    }

    private func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

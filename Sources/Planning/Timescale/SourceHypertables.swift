package import Catalog
package import PlanFile

extension Plan {
    /// The plan as a TimescaleDB source completes it: a hypertable stays one unless its entry says otherwise, divided as
    /// it is. Entries may give another chunk interval or other partitions. What goes into a table that the target has
    /// already is as it is there.
    package func completed(from source: Catalog) -> Plan {
        guard !source.hypertables.isEmpty else { return self }
        var plan = self
        var entries: [QualifiedName: Int] = [:]
        for (position, entry) in hypertables.enumerated() { entries[entry.table.value] = position }
        let existing = copy.intoExisting ?? []
        for hypertable in source.hypertables where !hypertable.dimensions.isEmpty {
            if existing.contains(where: { $0.value.matches(hypertable.table) }) { continue }
            guard let position = entries[hypertable.table] else {
                plan.hypertables.append(Hypertable(hypertable))
                continue
            }
            guard hypertables[position].to == nil else { continue }
            let own = Hypertable(hypertable)
            if hypertables[position].timeColumn == nil { plan.hypertables[position].timeColumn = own.timeColumn }
            if hypertables[position].chunkInterval == nil {
                plan.hypertables[position].chunkInterval = own.chunkInterval
            }
            if hypertables[position].space == nil { plan.hypertables[position].space = own.space }
        }
        return plan
    }
}

extension Plan.Hypertable {
    /// As the source has it.
    fileprivate init(_ hypertable: Catalog.Hypertable) {
        let space = hypertable.dimensions.dropFirst().compactMap { dimension -> Plan.Space? in
            guard case .space(let partitions) = dimension.kind else { return nil }
            return Plan.Space(of: dimension.column, into: partitions)
        }
        self.init(
            of: hypertable.table, timeColumn: hypertable.timeColumn,
            chunkInterval: hypertable.dimensions.first?.chunkInterval, space: space.first)
    }
}

extension Catalog.Dimension {
    /// What the plan would say; nil of a hash.
    var chunkInterval: Plan.ChunkInterval? {
        switch kind {
        case .time(let microseconds, let text):
            .duration(PlanDuration(microseconds: microseconds, text: text))
        case .integer(let number): .integer(number)
        case .space: nil
        }
    }
}

extension Catalog.Hypertable {
    /// Dimensions beyond the first and the space that a plan can name, in their order.
    func furtherDimensions(beside space: Plan.Space?) -> [HypertableDefinition.Dimension] {
        // The plan's space stands for the source's first, whichever column it names.
        var replaced = space == nil
        return dimensions.dropFirst().compactMap { dimension in
            switch dimension.kind {
            case .space(let partitions):
                if !replaced {
                    replaced = true
                    return nil
                }
                return .hash(HypertableDefinition.Space(column: dimension.column, partitions: partitions))
            case .time(_, let text): return .range(column: dimension.column, .interval(text))
            case .integer(let number): return .range(column: dimension.column, .integer(number))
            }
        }
    }
}

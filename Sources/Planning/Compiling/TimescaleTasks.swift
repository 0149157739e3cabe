internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// The continuous aggregates that are migrated, each after those that it reads.
    private var aggregates: [Catalog.ContinuousAggregate] {
        let names = Set(selection.relations.map(\.name))
        return source.continuousAggregates.filter { names.contains($0.view) }
    }

    /// Continuous aggregates are made when all rows are there, then what reads them.
    /// - Returns: after it they may be read; `ready` where there are none.
    mutating func addAggregateTasks(after ready: Int) -> Int {
        var last = ready
        for aggregate in aggregates {
            let definition = AggregateDefinition(aggregate)
            let weight = aggregate.chunks.reduce(0) { $0 + $1.bytes }
            let made = add(aggregate.view.description, .createAggregate(definition), after: [last])
            last = add(
                aggregate.view.description, .fillAggregate(definition), after: [made], resource: .indexJob,
                weight: weight)
        }
        return last == ready ? ready : add(nil, .restoreAggregateViews, after: [last])
    }

    /// Columnstores and jobs as the source has them, behind those that the plan gives: these stand for the source's of the
    /// same hypertable.
    mutating func addTimescaleSettings() {
        let settings = TimescaleSettings(plan: plan, source: source, selection: selection)
        guard !settings.isEmpty else { return }
        add(nil, .applyTimescaleSettings(settings), after: graph.sinks)
    }
}

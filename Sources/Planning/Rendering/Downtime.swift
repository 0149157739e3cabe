internal import Catalog
internal import PlanFile

/// What the application's downtime is made of: everything behind the gate.
struct Downtime {
    let parts: [String]

    /// Nil where there is no gate.
    init?(_ graph: MigrationGraph, source: Catalog, verify: Plan.Cutover.Verify) {
        // All others stand before it in the order.
        guard let gate = graph.tasks.firstIndex(where: { $0.action == .gate }) else { return nil }
        let behind = graph.tasks[gate...]
        var parts = ["the rest of the stream"]
        func tasks(_ kind: String) -> [MigrationTask] { behind.filter { $0.action.kind == kind } }
        func bytes(_ tasks: [MigrationTask]) -> Int64 { tasks.reduce(0) { $0 + $1.weight } }

        let unfollowed = graph.following?.tables.filter { $0.identity == .insertsOnly } ?? []
        if let recopy = tasks("recopy").first {
            let time = Measure.duration(Estimate.copySeconds(bytes: recopy.weight))
            parts.append(
                "comparing \(Measure.count(unfollowed.count, "table")) followed for inserts only "
                    + "(\(Measure.bytes(recopy.weight))), and copying again those that differ (\(time))")
        }
        let views = Set(source.relations.filter { $0.kind == .materializedView }.map(\.name))
        let late = (tasks("index") + tasks("constraint")).filter { task in
            task.action.table.map { !views.contains($0) } ?? false
        }
        // A constraint over an index that a task of its own builds weighs nothing.
        let builds = late.filter { $0.weight > 0 }
        if !builds.isEmpty {
            parts.append(
                "\(Measure.count(builds.count, "unique index", plural: "unique indexes")) that cannot be built before "
                    + "(\(Measure.bytes(bytes(builds))))")
        }
        let keys = Set((tasks("foreign-key") + tasks("validate")).map { $0.id.drop { $0 != ":" } })
        if !keys.isEmpty { parts.append(Measure.count(keys.count, "foreign key")) }
        if source.largeObjectCount > 0 { parts.append(Measure.count(source.largeObjectCount, "large object")) }
        if let sequences = tasks("sequences").first, case .setSequences(let names) = sequences.action {
            parts.append(Measure.count(names.count, "sequence"))
        }
        let hasRowActions =
            !source.triggers.isEmpty || !source.policies.isEmpty || source.relations.contains { !$0.rules.isEmpty }
        if hasRowActions { parts.append("triggers, rules and policies") }
        let refreshed = tasks("refresh")
        if !refreshed.isEmpty {
            parts.append(
                "\(Measure.count(refreshed.count, "materialized view")) to refresh "
                    + "(\(Measure.bytes(bytes(refreshed))))")
        }
        switch verify {
        case .none: break
        case .counts: parts.append("counting the rows of both sides")
        case .checksums: parts.append("comparing checksums of all rows")
        }
        if !tasks("fallback").isEmpty { parts.append("a replication slot on the target, for the way back") }
        self.parts = parts
    }
}

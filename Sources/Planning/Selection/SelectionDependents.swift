internal import Catalog
internal import PlanFile

extension SelectionResolver {
    /// Leaves out whatever depends on what is left out, and names it. A table is not left out for what it uses: its
    /// rows would be lost on the quiet, so that is an error.
    mutating func excludeDependents() {
        let objects = Dictionary(source.objects.map { ($0.id, $0) }) { first, _ in first }
        let sequences = Dictionary(source.sequences.map { ($0.oid, $0) }) { first, _ in first }
        let dependents = Dictionary(grouping: source.dependencies.sorted(by: precedes), by: \.on)
        let references = Set(
            source.constraints.compactMap { constraint in
                constraint.referencedTable.map { Reference(from: constraint.table, to: $0) }
            })
        let owned = Dictionary(grouping: source.sequences.filter { $0.ownerTable != nil }) { $0.ownerTable ?? 0 }
        for oid in owned.keys where isExcluded(oid) { excludeSequences(owned[oid] ?? []) }
        var queue = excluded.keys.sorted()
        var position = 0
        var seen: Set<Edge> = []
        while position < queue.count {
            let cause = queue[position]
            position += 1
            let name = self.name(of: cause, objects, sequences)
            let because = (excluded[cause] ?? "").isEmpty ? "which the plan excludes" : "which is left out too"
            var next = (dependents[cause] ?? []).map(\.dependent)
            if cause.catalog == "pg_class" {
                next += (lookup.children[cause.oid] ?? []).map { Catalog.ObjectID(catalog: "pg_class", oid: $0) }
            }
            for dependent in next where excluded[dependent] == nil {
                guard seen.insert(Edge(from: dependent, to: cause)).inserted else { continue }
                let relation = dependent.catalog == "pg_class" ? lookup.relations[dependent.oid] : nil
                if let relation, ![.view, .materializedView].contains(relation.kind) {
                    let isChild = cause.catalog == "pg_class" && relation.parents.contains(cause.oid)
                    let isReference =
                        cause.catalog == "pg_class"
                        && references.contains(Reference(from: relation.oid, to: cause.oid))
                    if isReference, !isChild { continue }
                    guard isChild, !included.contains(relation.oid) else {
                        cannotExist(relation, name, because, isChild: isChild)
                        continue
                    }
                    let verb = relation.isPartition ? "is a partition of" : "inherits from"
                    leaveOut(dependent, "\(relation.noun) \(relation.name)", "\(verb) \(name)", because)
                    excludeSequences(owned[relation.oid] ?? [])
                } else {
                    let described =
                        relation.map { "\($0.noun) \($0.name)" } ?? self.name(of: dependent, objects, sequences)
                    leaveOut(dependent, described, "\(relation == nil ? "needs" : "reads") \(name)", because)
                }
                queue.append(dependent)
            }
        }
    }

    /// The sequences of serial and identity columns go with their tables, which goes without saying.
    private mutating func excludeSequences(_ sequences: [Catalog.Sequence]) {
        for sequence in sequences { excluded[.init(catalog: "pg_class", oid: sequence.oid)] = "" }
    }

    private mutating func leaveOut(
        _ object: Catalog.ObjectID, _ name: String, _ clause: String, _ because: String,
    ) {
        excluded[object] = clause
        diagnostics.append(
            Diagnostic(
                .warning, PlanningCode.leftOut, "\(name) is left out because it \(clause), \(because)",
                cure: "Exclude it in the plan as well, which says that this is meant, or select what it needs.",
                object: name,
            ))
    }

    private mutating func cannotExist(
        _ relation: Catalog.Relation, _ name: String, _ because: String, isChild: Bool,
    ) {
        let relationship = isChild ? "\(relation.isPartition ? "a partition" : "a child") of" : "built on"
        diagnostics.append(
            Diagnostic(
                .error, PlanningCode.cannotExist,
                "\(relation.noun) \(relation.name) cannot be migrated: it is \(relationship) \(name), \(because)",
                detail: isChild
                    ? nil
                    : "A column's type, a default, a check, an index, a trigger or a policy of the table needs it.",
                cure: "Select \(name), or exclude \(relation.name) too.", object: relation.name.description,
            ))
    }

    /// An object as messages name it.
    private func name(
        of object: Catalog.ObjectID, _ objects: [Catalog.ObjectID: Catalog.SchemaObject],
        _ sequences: [OID: Catalog.Sequence],
    ) -> String {
        if object.catalog == "pg_class" {
            if let relation = lookup.relations[object.oid] { return relation.name.description }
            if let sequence = sequences[object.oid] { return "sequence \(sequence.name)" }
            if let index = lookup.indexes[object.oid] { return "index \(index.name)" }
        }
        if object.catalog == "pg_extension", let item = source.extensions.first(where: { $0.oid == object.oid }) {
            return "extension \(QualifiedName.quotedIfNeeded(item.name))"
        }
        if object.catalog == "pg_trigger", let trigger = source.triggers.first(where: { $0.oid == object.oid }) {
            let table = lookup.relations[trigger.table]?.name.description ?? ""
            return "trigger \(QualifiedName.quotedIfNeeded(trigger.name)) of \(table)"
        }
        return objects[object].map { "\($0.kind) \($0.identity)" } ?? "\(object.catalog) \(object.oid)"
    }

    private func precedes(_ left: Catalog.Dependency, _ right: Catalog.Dependency) -> Bool {
        (left.dependent, left.on) < (right.dependent, right.on)
    }
}

/// A foreign key's two ends.
private struct Reference: Hashable {
    var from: OID
    var to: OID
}

private struct Edge: Hashable {
    var from: Catalog.ObjectID
    var to: Catalog.ObjectID
}

internal import Catalog
internal import PlanFile

extension SelectionResolver {
    /// Leaves out whatever depends on what is left out, and names it. A table is not left out for what it uses: its
    /// rows would be lost on the quiet, so that is an error.
    mutating func excludeDependents() {
        for oid in lookup.sequencesByOwner.keys where isExcluded(oid) { excludeSequences(of: oid) }
        var queue = excluded.keys.sorted()
        var position = 0
        var seen: Set<Edge> = []
        while position < queue.count {
            let cause = queue[position]
            position += 1
            for dependent in dependents(of: cause) where excluded[dependent] == nil {
                guard seen.insert(Edge(from: dependent, to: cause)).inserted else { continue }
                if consider(dependent, without: cause) { queue.append(dependent) }
            }
        }
    }

    private func dependents(of cause: Catalog.ObjectID) -> [Catalog.ObjectID] {
        var found = lookup.dependentsByNeed[cause] ?? []
        if cause.catalog == "pg_class" {
            found += (lookup.childrenByParent[cause.oid] ?? []).map { .init(catalog: "pg_class", oid: $0.oid) }
        }
        return found.sorted()
    }

    /// Whether an object that needs what is left out is left out for it.
    private mutating func consider(_ dependent: Catalog.ObjectID, without cause: Catalog.ObjectID) -> Bool {
        switch dependent.catalog {
        case "pg_class":
            if let relation = lookup.relationsByOID[dependent.oid] { return consider(relation, without: cause) }
            if let index = lookup.indexesByOID[dependent.oid] {
                guard !isExcluded(index.table) else { return false }
                if let constraint = index.constraint {
                    excluded[.init(catalog: "pg_constraint", oid: constraint)] = "needs its index"
                }
            }
        case "pg_trigger", "pg_policy":
            // Those of tables that are left out go without saying; those of relations that we do not know, too.
            guard let table = table(of: dependent), !isExcluded(table) else { return false }
        default: break
        }
        leaveOut(dependent, "needs", cause)
        return true
    }

    private mutating func consider(_ relation: Catalog.Relation, without cause: Catalog.ObjectID) -> Bool {
        let object = Catalog.ObjectID.relation(relation.oid)
        switch relation.kind {
        case .view, .materializedView:
            leaveOut(object, cause.catalog == "pg_class" ? "reads" : "needs", cause)
            return true
        case .table, .partitionedTable, .foreignTable:
            let isChild = cause.catalog == "pg_class" && relation.parents.contains(cause.oid)
            // A foreign key stands as its table; it is left out alone.
            if !isChild, cause.catalog == "pg_class", references(relation.oid, cause.oid) { return false }
            guard isChild, !included.contains(relation.oid) else {
                cannotExist(relation, cause, isChild: isChild)
                return false
            }
            leaveOut(object, relation.isPartition ? "is a partition of" : "inherits from", cause)
            excludeSequences(of: relation.oid)
            return true
        }
    }

    private func references(_ table: OID, _ other: OID) -> Bool {
        let owner = lookup.indexesByOID[other]?.table ?? other
        return lookup.foreignKeysByReferencedTable[owner]?.contains { $0.table == table } ?? false
    }

    private func table(of part: Catalog.ObjectID) -> OID? {
        part.catalog == "pg_trigger"
            ? source.triggers.first { $0.oid == part.oid }?.table
            : source.policies.first { $0.oid == part.oid }?.table
    }

    /// The sequences of serial and identity columns go with their tables, which goes without saying.
    private mutating func excludeSequences(of table: OID) {
        for sequence in lookup.sequencesByOwner[table] ?? [] { excluded[.relation(sequence.oid)] = "" }
    }

    private mutating func leaveOut(_ object: Catalog.ObjectID, _ verb: String, _ cause: Catalog.ObjectID) {
        let relation = object.catalog == "pg_class" ? lookup.relationsByOID[object.oid] : nil
        let name = relation.map { "\($0.noun) \($0.name)" } ?? lookup.description(of: object) ?? "an object"
        excluded[object] = verb
        diagnostics.append(
            Diagnostic(
                .warning, PlanningCode.leftOut,
                "\(name) is left out because it \(verb) \(self.name(of: cause)), \(because(cause))",
                cure: "Exclude it in the plan as well, which says that this is meant, or select what it needs.",
                object: name,
            ))
    }

    private mutating func cannotExist(_ relation: Catalog.Relation, _ cause: Catalog.ObjectID, isChild: Bool) {
        let relationship = isChild ? "\(relation.isPartition ? "a partition" : "a child") of" : "built on"
        let name = name(of: cause)
        diagnostics.append(
            Diagnostic(
                .error, PlanningCode.cannotExist,
                "\(relation.noun) \(relation.name) cannot be migrated: it is \(relationship) \(name), \(because(cause))",
                detail: isChild ? nil : "A column's type, a default, a check or a rule of the table needs it.",
                cure: "Select \(name), or exclude \(relation.name) too.", object: relation.name.description,
            ))
    }

    /// What is left out because of the plan's own words has none of ours.
    private func because(_ cause: Catalog.ObjectID) -> String {
        if excluded[cause] == Self.folds { return "which \(Self.folds)" }
        guard (excluded[cause] ?? "").isEmpty else { return "which is left out too" }
        return source.extensions.contains { $0.oid == cause.oid && provider.owns(extension: $0.name) }
            ? "which is \(provider.name)'s own" : "which the plan excludes"
    }

    /// A relation by its name alone, everything else with its kind.
    private func name(of object: Catalog.ObjectID) -> String {
        if object.catalog == "pg_class", let relation = lookup.relationsByOID[object.oid] ?? members[object.oid] {
            return relation.name.description
        }
        return lookup.description(of: object) ?? "an object"
    }
}

private struct Edge: Hashable {
    var from: Catalog.ObjectID
    var to: Catalog.ObjectID
}

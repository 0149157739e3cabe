internal import Catalog
internal import PlanFile

extension SelectionResolver {
    /// Leaves out the indexes that the plan excludes, with their partitions' and with the constraints they serve; and
    /// those that are invalid, as pg_dump does.
    mutating func excludeIndexes() {
        let candidates = source.indexes.filter { !isExcluded($0.table) }
        let removed = names.matches(
            plan.select.excludedIndexes, among: source.indexes.map(\.name), key: "select.indexes.exclude", noun: "index"
        )
        for index in candidates where removed.contains(index.name) { exclude(index) }
        excludePartsOfIndexes(candidates)
        for index in candidates where isExcluded(index.oid) { refusePart(index) }
        for index in candidates where !index.isValid && !isExcluded(index.oid) {
            guard lookup.relationsByOID[index.table]?.kind != .partitionedTable else { continue }
            exclude(index)
            diagnostics.append(
                Diagnostic(
                    .warning, PlanningCode.invalidIndex,
                    "index \(index.name) is left out because it is invalid on the source",
                    detail: "What a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY leaves behind.",
                    cure: "Drop it, or build it again.", statement: "drop index \(index.name.sql);",
                    object: index.name.description,
                ))
        }
    }

    /// Attached to an excluded index: gone with it, at any depth.
    private mutating func excludePartsOfIndexes(_ candidates: [Catalog.Index]) {
        for index in candidates where !isExcluded(index.oid) {
            var parent = index.parent
            while let oid = parent {
                if isExcluded(oid) {
                    exclude(index)
                    break
                }
                parent = lookup.indexesByOID[oid]?.parent
            }
        }
    }

    private mutating func exclude(_ index: Catalog.Index) {
        excluded[.init(catalog: "pg_class", oid: index.oid)] = ""
        guard let constraint = index.constraint else { return }
        excluded[.init(catalog: "pg_constraint", oid: constraint)] = ""
        guard index.parent == nil, let table = lookup.relationsByOID[index.table] else { return }
        diagnostics.append(
            Diagnostic(
                .warning, PlanningCode.leftOut,
                "constraint \(QualifiedName.quotedIfNeeded(index.name.name)) of \(table.name) is left out because it "
                    + "needs index \(index.name), which the plan excludes",
                detail: "The target will not enforce it.", object: index.name.description,
            ))
    }

    private mutating func refusePart(_ index: Catalog.Index) {
        guard let oid = index.parent, !isExcluded(oid), let parent = lookup.indexesByOID[oid] else { return }
        diagnostics.append(
            Diagnostic(
                .error, PlanningCode.partOfIndex,
                "index \(index.name) cannot be excluded alone: it is a part of the partitioned index \(parent.name)",
                detail: "Without it the partitioned index would stay invalid.",
                cure: "Exclude \(parent.name) instead.", object: index.name.description,
                at: plan.select.excludedIndexes.first { $0.value.matches(index.name) }?.location,
            ))
    }

    /// Leaves out the foreign keys whose other side is left out, the table or its key.
    mutating func excludeForeignKeys() {
        // With those that lead to a partition which becomes part of a hypertable.
        for constraint in folded.original.constraints
        where constraint.kind == .foreignKey && !isExcluded(constraint.table) {
            guard let referenced = constraint.referencedTable else { continue }
            let keyIsExcluded = constraint.index.map(isExcluded) ?? false
            guard isExcluded(referenced) || keyIsExcluded else { continue }
            excluded[.init(catalog: "pg_constraint", oid: constraint.oid)] = ""
            // What a partition has from its parent is told once.
            guard constraint.parent == nil, let table = lookup.relationsByOID[constraint.table] else { continue }
            let relation = lookup.relationsByOID[referenced] ?? members[referenced]
            let other = relation?.name.description ?? "another table"
            let name = "\(QualifiedName.quotedIfNeeded(constraint.name)) of \(table.name)"
            diagnostics.append(
                Diagnostic(
                    .warning, PlanningCode.foreignKeyLeftOut,
                    "foreign key \(name) is left out because \(isExcluded(referenced) ? other : "the key of \(other)") "
                        + "is not migrated",
                    detail: "The target will not enforce it.", object: name,
                ))
        }
    }
}

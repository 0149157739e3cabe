import Catalog
import PlanFile

/// Foreign keys that lead to a hypertable. Those that lead from one to plain tables work.
enum HypertableReferenceChecks {
    static let all = [betweenHypertables, lostKey, oldTimescale]

    private struct Reference {
        let constraint: Catalog.Constraint
        let from: Catalog.Relation
        let to: PlannedHypertable

        var name: String { "\(QualifiedName.quotedIfNeeded(constraint.name)) of \(from.name)" }
        var dropping: String {
            "alter table \(from.name.sql) drop constraint \(QualifiedName.quoted(constraint.name));"
        }
    }

    /// Foreign keys of selected tables that reference a hypertable of the plan; those of partitions count as their
    /// parent's.
    private static func references(_ context: CheckContext) -> [Reference] {
        let hypertables = Dictionary(
            context.hypertables.filter(\.becomesHypertable).map { ($0.relation.oid, $0) }
        ) { first, _ in first }
        return context.constraints.compactMap { constraint in
            guard constraint.kind == .foreignKey, constraint.parent == nil,
                let to = constraint.referencedTable.flatMap({ hypertables[$0] }),
                let from = context.relation(constraint.table)
            else { return nil }
            return Reference(constraint: constraint, from: from, to: to)
        }
    }

    private static let betweenHypertables = Check(
        "SK526", "A foreign key leads from a hypertable to a hypertable",
        """
        TimescaleDB refuses foreign keys between hypertables, and from a hypertable to itself ("hypertables cannot be \
        used as foreign key references of hypertables"). Drop the key on the source, or leave one of the two a plain \
        table.
        """
    ) { context, findings in
        let hypertables = Set(context.hypertables.filter(\.becomesHypertable).map(\.relation.oid))
        for reference in references(context) where hypertables.contains(reference.from.oid) {
            let entry = context.hypertables.first { $0.relation.oid == reference.from.oid }
            findings.add(
                .error, "foreign key \(reference.name) leads to \(reference.to.name): both become hypertables",
                why: "TimescaleDB refuses foreign keys between hypertables.",
                cure: "leave one of them a plain table, or run on the source", statement: reference.dropping,
                object: reference.name, at: entry?.location)
        }
    }

    private static let lostKey = Check(
        "SK527", "A foreign key leads to a key that the hypertable will not have",
        """
        A foreign key needs a unique key on exactly the columns it references. A hypertable cannot have one without \
        its partitioning columns, and `primary-key` replaces the one the table had. Drop the foreign key on the source \
        (and make one that includes the time column, if the referencing table has it), or leave the table plain.
        """
    ) { context, findings in
        let hypertables = Set(context.hypertables.filter(\.becomesHypertable).map(\.relation.oid))
        for reference in references(context) where !hypertables.contains(reference.from.oid) {
            let columns = Set(reference.constraint.referencedColumns)
            let relation = reference.to.relation
            let hasAll = reference.to.partitionColumns.allSatisfy { columns.contains($0.number) }
            guard !hasAll || !keysAfterwards(reference.to, context).contains(columns) else { continue }
            let names = relation.names(reference.constraint.referencedColumns)
                .map(QualifiedName.quotedIfNeeded).joined(separator: ", ")
            findings.add(
                .error,
                "foreign key \(reference.name) references \(relation.name) (\(names)), which will not be unique there",
                why: hasAll
                    ? "The plan's primary-key or exclusions take the unique key away that it needs."
                    : "A hypertable has no unique key without its partitioning columns.",
                cure: "leave \(relation.name) a plain table, or run on the source", statement: reference.dropping,
                object: reference.name, at: reference.to.entry.primaryKey?.location ?? reference.to.location)
        }
    }

    /// Column sets that will be unique keys of the hypertable.
    private static func keysAfterwards(_ planned: PlannedHypertable, _ context: CheckContext) -> Set<Set<Int>> {
        var keys: Set<Set<Int>> = []
        for index in context.indexes(of: planned.relation) where index.isUnique && !index.isPartial {
            if index.isPrimary, planned.entry.primaryKey != nil { continue }
            let columns = index.keys.compactMap(\.column)
            if columns.count == index.keys.count { keys.insert(Set(columns)) }
        }
        if let key = planned.entry.primaryKey {
            keys.insert(Set(key.value.compactMap { planned.relation.column(named: $0)?.number }))
        }
        return keys
    }

    private static let oldTimescale = Check(
        "SK528", "The target's TimescaleDB knows no foreign keys to hypertables",
        """
        Foreign keys from plain tables to hypertables work since TimescaleDB 2.16. Use a newer TimescaleDB on the \
        target, or drop the foreign key on the source.
        """
    ) { context, findings in
        guard let version = ExtensionChecks.timescale(context), DottedVersion(version) < DottedVersion("2.16") else {
            return
        }
        let hypertables = Set(context.hypertables.filter(\.becomesHypertable).map(\.relation.oid))
        for reference in references(context) where !hypertables.contains(reference.from.oid) {
            findings.add(
                .error,
                "foreign key \(reference.name) leads to the hypertable \(reference.to.name), which TimescaleDB "
                    + "\(version) does not allow",
                cure: "use TimescaleDB 2.16 or later on the target, or run on the source",
                statement: reference.dropping, object: reference.name, at: reference.to.location)
        }
    }
}

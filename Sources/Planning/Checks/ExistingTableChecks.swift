import Catalog
import PlanFile

/// Tables that the plan says are on the target already (`copy.into-existing`). Silent about their structure where a
/// migration has begun and fills them.
enum ExistingTableChecks {
    static let all = [missing, columns, rows, entry, indexes, keyNames, references, earlyKeys, partitions, leftAlone]

    private static func location(_ relation: Catalog.Relation, _ context: CheckContext) -> SourceLocation? {
        context.plan.copy.intoExisting?.first { $0.value.matches(relation.name) }?.location
    }

    private static func tables(_ context: CheckContext) -> [ExistingTable] {
        context.relations.filter { $0.kind == .table && !$0.isPartition && !context.hasChildren($0) }
            .compactMap { context.existing[$0.oid] }
    }

    private static let missing = Check(
        "SK620", "A table of `copy.into-existing` is not on the target, or cannot be filled so",
        """
        `copy.into-existing` names tables that exist on the target, under the same name: plain, partitioned or \
        hypertables. A table that is partitioned on the source goes into one of them only as a whole: with an entry in \
        `hypertables` that has `from-partitions: true`, into a hypertable.
        """
    ) { context, findings in
        for relation in context.relations where context.selected.existing.contains(relation.oid) {
            let place = location(relation, context)
            if relation.kind == .partitionedTable || relation.isPartition || context.hasChildren(relation) {
                findings.add(
                    .error,
                    "\(relation.name) is \(relation.isPartition ? "a partition" : "partitioned") on the source, and "
                        + "cannot be copied into a table that is there",
                    why: "Its partitions are tables of their own.",
                    cure:
                        "let all of it go into one hypertable: name the topmost table in `hypertables`, with its time-column",
                    statement: "from-partitions: true", object: relation.name.description, at: place)
            } else if context.existing[relation.oid] == nil {
                findings.add(
                    .error, "\(relation.name) is not on the target, where the plan says it exists",
                    cure: "create it there, or take it out of `copy.into-existing`: it is made then",
                    object: relation.name.description, at: place)
            }
        }
    }

    private static let columns = Check(
        "SK621", "A table that exists has other columns than the source's",
        """
        Rows go into the columns of the same names, and in live mode changes do: both sides must have the same columns, of \
        the same types. The order does not matter.
        """
    ) { context, findings in
        for there in tables(context) {
            let differences = Self.differences(there)
            guard !differences.isEmpty else { continue }
            findings.add(
                .error,
                "\(there.source.name) on the target has other columns: \(Wording.list(differences.map(\.what)))",
                cure: "give the target's table the source's columns: run there, or what comes to the same",
                statement: "alter table \(there.target.name.sql) \(differences[0].cure);",
                object: there.source.name.description, at: location(there.source, context))
        }
    }

    private static func differences(_ there: ExistingTable) -> [(what: String, cure: String)] {
        var found: [(String, String)] = []
        for column in there.source.columns {
            let name = QualifiedName.quotedIfNeeded(column.name)
            let quoted = QualifiedName.quoted(column.name)
            guard let own = there.target.column(named: column.name) else {
                found.append(("\(name) is missing", "add column \(quoted) \(column.typeName)"))
                continue
            }
            if own.typeName != column.typeName {
                found.append(
                    (
                        "\(name) is \(own.typeName), not \(column.typeName)",
                        "alter column \(quoted) type \(column.typeName)"
                    ))
            } else if (own.generated != nil) != (column.generated != nil) {
                found.append(
                    ("\(name) is \(own.generated == nil ? "not " : "")generated there", "drop column \(quoted)"))
            } else if own.isNotNull, !column.isNotNull, own.name != there.hypertable?.timeColumn {
                found.append(("\(name) is NOT NULL there", "alter column \(quoted) drop not null"))
            }
        }
        for own in there.target.columns where there.source.column(named: own.name) == nil {
            let quoted = QualifiedName.quoted(own.name)
            found.append(("\(QualifiedName.quotedIfNeeded(own.name)) is not on the source", "drop column \(quoted)"))
        }
        return found
    }

    private static let rows = Check(
        "SK622", "A table that exists holds rows",
        """
        Skein never mixes the rows of a migration with others: they could not be told apart when the copy is compared, \
        copied again or taken back. A table of `copy.into-existing` must be empty.
        """
    ) { context, findings in
        guard !context.machine.hasOwnState else { return }
        let lookup = CatalogIndex(context.target)
        for there in tables(context) {
            let parts = lookup.tree(of: there.target.oid)
            let isFilled = (there.hypertable?.chunkCount ?? 0) > 0 || parts.contains { $0.heapBytes > 0 }
            guard isFilled else { continue }
            findings.add(
                .error, "\(there.source.name) on the target holds rows, or held some",
                why: "Rows of a migration are never mixed with others.",
                cure: "if they are not needed, run on the target", statement: "truncate \(there.target.name.sql);",
                object: there.source.name.description, at: location(there.source, context))
        }
    }

    private static let entry = Check(
        "SK623", "The plan wants a table that exists otherwise than it is",
        """
        The structure of a table of `copy.into-existing` is left alone, so an entry of `hypertables` for it can only say \
        what is true there: the time column, and `from-partitions` for the source. Chunk interval, space partitions and \
        primary key are what they are on the target.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.isThere {
            guard let there = context.existing[planned.relation.oid] else { continue }
            let keys = [
                planned.entry.chunkInterval == nil ? nil : "chunk-interval",
                planned.entry.space == nil ? nil : "space", planned.entry.primaryKey == nil ? nil : "primary-key",
            ].compactMap(\.self)
            if !keys.isEmpty {
                findings.add(
                    .error,
                    "\(planned.name) is on the target already: \(keys.joined(separator: ", ")) would not be applied",
                    cure: "take \(keys.count == 1 ? "the key" : "the keys") out of its entry", object: planned.name,
                    at: planned.location)
            }
            guard let time = planned.entry.timeColumn?.value else { continue }
            guard let hypertable = there.hypertable else {
                findings.add(
                    .error, "\(planned.name) is no hypertable on the target",
                    cure: "take its entry out of `hypertables`, or out of `copy.into-existing`", object: planned.name,
                    at: planned.location)
                continue
            }
            guard hypertable.timeColumn != time else { continue }
            findings.add(
                .error,
                "the hypertable \(planned.name) on the target is partitioned by "
                    + "\(QualifiedName.quotedIfNeeded(hypertable.timeColumn)), not \(QualifiedName.quotedIfNeeded(time))",
                cure: "name its time column", statement: "time-column: \(Wording.yaml(hypertable.timeColumn))",
                object: planned.name, at: planned.entry.timeColumn?.location ?? planned.location)
        }
    }

    private static let indexes = Check(
        "SK624", "A unique index cannot be made on a table that exists",
        """
        Indexes that a table of `copy.into-existing` lacks are made there. A unique one on a hypertable or a partitioned \
        table must hold all columns that it is partitioned by. Leave it out with `select.indexes.exclude`, or give the \
        target's table a primary key of its own.
        """
    ) { context, findings in
        for there in tables(context) where there.hasParts {
            for index in context.indexes(of: there.source)
            where (index.isUnique || index.isExclusion) && !there.has(index) {
                let names = there.source.names(index.keys.compactMap(\.column))
                let lacks = there.partitionColumns.filter { !names.contains($0) }
                guard !lacks.isEmpty else { continue }
                findings.add(
                    .error,
                    "unique index \(index.name) lacks \(Wording.list(lacks.map(QualifiedName.quotedIfNeeded))), by which "
                        + "\(there.source.name) is partitioned on the target",
                    why: "The target's table lacks this index, and it cannot be made there.",
                    cure: "leave it out, in the plan's `select`",
                    statement: "indexes: {exclude: [\(Wording.yaml(index.name))]}", object: index.name.description,
                    at: location(there.source, context))
            }
        }
    }

    private static let keyNames = Check(
        "SK625", "An index of a table that exists has the name of one that is to be made",
        """
        An index of the source that the target's table lacks is made under its own name. Rename the target's, or drop it.
        """
    ) { context, findings in
        for there in tables(context) {
            let names = Dictionary(there.indexes.map { ($0.name, $0) }) { first, _ in first }
            for index in context.indexes(of: there.source) where !there.has(index) && names[index.name] != nil {
                findings.add(
                    .error, "index \(index.name) on the target is another than the source's",
                    cure: "rename it: run on the target",
                    statement:
                        "alter index \(index.name.sql) rename to \(QualifiedName.quoted(index.name.name + "_own"));",
                    object: index.name.description, at: location(there.source, context))
            }
        }
    }

    private static let references = Check(
        "SK626", "A foreign key leads to a key that the table on the target has not",
        """
        A foreign key needs a unique key on exactly the columns that it references. Where a table of \
        `copy.into-existing` has another primary key than the source's, keys that lead to it cannot be made.
        """
    ) { context, findings in
        for constraint in context.constraints where constraint.kind == .foreignKey && constraint.parent == nil {
            guard let there = constraint.referencedTable.flatMap({ context.existing[$0] }),
                let from = context.relation(constraint.table)
            else { continue }
            let columns = Set(there.source.names(constraint.referencedColumns))
            let made = context.indexes(of: there.source).filter { $0.isUnique && !there.has($0) }
                .map { Set(there.source.names($0.keys.compactMap(\.column))) }
            guard !there.uniqueKeys.contains(columns), !made.contains(columns) else { continue }
            let name = "\(QualifiedName.quotedIfNeeded(constraint.name)) of \(from.name)"
            findings.add(
                .error,
                "foreign key \(name) references \(there.source.name) (\(columns.sorted().joined(separator: ", "))), which is "
                    + "no unique key on the target",
                cure: "give the target's table that key, or run on the source",
                statement: "alter table \(from.name.sql) drop constraint \(QualifiedName.quoted(constraint.name));",
                object: name, at: location(there.source, context))
        }
    }

    private static let earlyKeys = Check(
        "SK627", "A unique key of a table that exists may be violated while rows are copied",
        """
        In live mode the pieces of a table are read at different moments, so that values which moved from row to row may \
        be seen twice until the changes are applied. Only the key that names rows in the stream is safe from it. Other \
        unique keys are made when that is over; those that are on the target from the beginning would stop the copy. \
        Drop them there: what the source has is made again.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live, !context.machine.hasOwnState else { return }
        for there in tables(context) {
            let identities = (context.selected.families[there.source.oid]?.parts ?? [there.source])
                .filter(context.copiesRows).map { context.identity(of: $0).identity }
            for index in there.indexes where index.isUnique || index.isExclusion {
                let names = Set(there.target.names(index.keys.compactMap(\.column)))
                let isSafe = identities.allSatisfy { identity in
                    guard case .columns(let columns) = identity else { return false }
                    return !index.isExclusion && index.isImmediate && Set(columns).isSubset(of: names)
                }
                guard !isSafe else { continue }
                findings.add(
                    .error,
                    "unique index \(index.name) of \(there.source.name) on the target may be violated while rows are copied",
                    why:
                        "It does not hold the key that names rows in the stream, and pieces are read at different moments.",
                    cure: "drop it there; where the source has it, too, it is made when the copy has caught up",
                    statement: index.constraint == nil
                        ? "drop index \(index.name.sql);"
                        : "alter table \(there.target.name.sql) drop constraint \(QualifiedName.quoted(index.name.name));",
                    object: index.name.description, at: location(there.source, context))
            }
        }
    }

    private static let partitions = Check(
        "SK628", "A partitioned table that exists has no default partition",
        """
        A row that no partition takes is refused by the target in the middle of the copy, or of following. Partitions for \
        all of the source's rows must be there; a default partition takes what is left.
        """
    ) { context, findings in
        let lookup = CatalogIndex(context.target)
        for there in tables(context) where there.target.kind == .partitionedTable {
            let below = lookup.children(of: there.target.oid)
            let isHash = PartitionKey(there.target)?.strategy == .hash
            guard !isHash, !below.contains(where: { $0.partitionBound == "DEFAULT" }) else { continue }
            let name = QualifiedName(schema: there.target.name.schema, name: there.target.name.name + "_default")
            findings.add(
                below.isEmpty ? .error : .warning,
                below.isEmpty
                    ? "\(there.source.name) on the target has no partitions"
                    : "\(there.source.name) on the target has no default partition",
                why: "A row that no partition takes would be refused in the middle of the copy.",
                cure: "see that there is a partition for every row, or run on the target",
                statement: "create table \(name.sql) partition of \(there.target.name.sql) default;",
                object: there.source.name.description, at: location(there.source, context))
        }
    }

    private static let leftAlone = Check(
        "SK629", "What a table that exists keeps, and does not get",
        """
        The structure of a table of `copy.into-existing` is left as it is on the target. Triggers, policies, checks and \
        defaults of the source's table are not made there. Indexes and foreign keys that it lacks are.
        """
    ) { context, findings in
        for there in tables(context) {
            let made = context.indexes(of: there.source).filter { !there.has($0) }
            let triggers = context.triggers(of: there.source).map { "trigger \(QualifiedName.quotedIfNeeded($0.name))" }
            let checks = context.constraints(of: there.source).filter { $0.kind == .check }
                .map { "check \(QualifiedName.quotedIfNeeded($0.name))" }
            let left = triggers + checks
            findings.add(
                .note,
                "\(there.source.name) is on the target and stays as it is; "
                    + (made.isEmpty
                        ? "it has all indexes" : "made there: \(Wording.list(made.map(\.name.description)))"),
                why: left.isEmpty ? nil : "Not made, as its structure is left alone: \(Wording.list(left)).",
                object: there.source.name.description, at: location(there.source, context))
        }
    }
}

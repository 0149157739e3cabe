import Catalog
import PlanFile

/// Partitioned tables, by the server's own means or by inheritance, that the plan names under `hypertables`.
enum HypertablePartitionChecks {
    static let all = [partitioned, columns, foreignParts, otherParents, sentRows, onlyOnParts]

    private static func families(
        _ context: CheckContext,
    ) -> [(planned: PlannedHypertable, family: PartitionFamily)] {
        context.hypertables.compactMap { planned in
            context.selected.families[planned.relation.oid].map { (planned, $0) }
        }
    }

    private static let partitioned = Check(
        "SK502", "A partitioned or inherited table becomes a hypertable only with `from-partitions`",
        """
        `create_hypertable` refuses partitioned tables, partitions, and tables with parents or children by \
        inheritance ("table is already partitioned"). With `from-partitions: true` the whole of it becomes one \
        hypertable: the target gets no partitions, and the rows of each on the source are the hypertable's. Only the \
        topmost table can be named. Without the entry the table is moved as it is, with its partitions.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.entry.to == nil {
            let relation = planned.relation
            guard context.selected.families[relation.oid] == nil else { continue }
            let what: String
            switch (relation.kind, relation.isPartition, relation.parents.isEmpty) {
            case (.partitionedTable, false, _): what = "is partitioned"
            case (.table, true, _), (.partitionedTable, true, _): what = "is a partition"
            case (.table, false, false): what = "inherits from another table"
            case (.table, false, true):
                guard context.hasChildren(relation) else {
                    fromPartitionsOfPlainTable(planned, &findings)
                    continue
                }
                what = "has children by inheritance"
            default: continue
            }
            let isTop = !relation.isPartition && relation.parents.isEmpty
            findings.add(
                .error, "\(planned.name) \(what) and cannot become a hypertable as it is",
                why: "TimescaleDB refuses tables that are partitioned or part of an inheritance tree.",
                cure: isTop
                    ? "say in its entry that all of it becomes one hypertable (or take the entry out: the table is then "
                        + "moved as it is)"
                    : "name the topmost table, with `from-partitions: true`, or take the entry out",
                statement: isTop ? "from-partitions: true" : nil, object: planned.name, at: planned.location)
        }
        let roots = families(context)
        for entry in context.plan.hypertables {
            let found = roots.first { $0.family.members.contains { $0.name == entry.table.value } }
            guard let found else { continue }
            findings.add(
                .error, "\(entry.table.value) becomes part of the hypertable \(found.planned.name)",
                cure: "take its entry out", object: entry.table.value.description, at: entry.location)
        }
    }

    private static func fromPartitionsOfPlainTable(_ planned: PlannedHypertable, _ findings: inout Findings) {
        guard planned.entry.fromPartitions.value else { return }
        findings.add(
            .error, "\(planned.name) has no partitions to make a hypertable from",
            why: "It is a plain table.", cure: "say `from-partitions: false`, or take the key out",
            object: planned.name, at: planned.entry.fromPartitions.location ?? planned.location)
    }

    private static let columns = Check(
        "SK540", "A child has other columns than the table that becomes a hypertable",
        """
        All rows of a `from-partitions` table go into one hypertable, which has the columns of the topmost table. What a \
        child by inheritance has besides would be lost. Add the column to the topmost table, or leave the child out with \
        `select.tables.exclude`, with its rows.
        """
    ) { context, findings in
        for (planned, family) in families(context) {
            for part in family.parts {
                let more = part.columns.filter { family.root.column(named: $0.name) == nil }
                guard let first = more.first else { continue }
                findings.add(
                    .error,
                    "\(part.name) has columns that \(planned.name) lacks: "
                        + Wording.list(more.map { QualifiedName.quotedIfNeeded($0.name) }),
                    why: "Its rows go into the hypertable \(planned.name), where these have no place.",
                    cure: "leave \(part.name) out, or run on the source",
                    statement: "alter table only \(family.root.name.sql) add column "
                        + "\(QualifiedName.quoted(first.name)) \(first.typeName);",
                    object: part.name.description, at: planned.location)
            }
        }
    }

    private static let foreignParts = Check(
        "SK541", "A partition is a foreign table",
        """
        A hypertable holds its rows itself. The rows of a foreign table are on another server, which Skein does not read: \
        detach it on the source, or leave it out with `select.tables.exclude`.
        """
    ) { context, findings in
        for (planned, family) in families(context) {
            for part in family.parts where part.kind == .foreignTable {
                findings.add(
                    .error, "\(part.name), a \(family.noun) of \(planned.name), is a foreign table",
                    why: "Its rows are on another server, and a hypertable holds its rows itself.",
                    cure: "leave it out, in the plan",
                    statement: "select: {tables: {exclude: [\(Wording.yaml(part.name))]}}",
                    object: part.name.description, at: planned.location)
            }
        }
    }

    private static let otherParents = Check(
        "SK542", "A child inherits from other tables, too",
        """
        A child of a `from-partitions` table is not made on the target, so another table that counts on its rows would \
        lack them. Take the inheritance away on the source, or leave the child out.
        """
    ) { context, findings in
        for (planned, family) in families(context) {
            let inside = Set([family.root.oid] + family.members.map(\.oid))
            for member in family.members where !family.excluded.contains(member.oid) {
                guard let other = member.parents.first(where: { !inside.contains($0) }) else { continue }
                let name = context.original.relations.first { $0.oid == other }?.name.description ?? "another table"
                findings.add(
                    .error, "\(member.name) inherits from \(planned.name) and from \(name)",
                    why: "Its rows go into the hypertable, and \(name) would lack them.",
                    cure: "let it inherit from one of them only", object: member.name.description,
                    at: planned.location)
            }
        }
    }

    private static let sentRows = Check(
        "SK544", "What sends an inheritance parent's rows to its children is left out",
        """
        Tables partitioned by inheritance have a trigger before each inserted row, or rules, on the topmost table, which \
        put the row into a child. The hypertable has no such children, so these are not made on the target. A trigger \
        that does something else must be made there by hand, after the migration.
        """
    ) { context, findings in
        for (planned, family) in families(context) where !family.isDeclarative {
            let triggers = context.original.triggers.filter(family.leavesOut)
                .map { "trigger \(QualifiedName.quotedIfNeeded($0.name))" }
            let all = triggers + family.root.rules.map { "rule \(QualifiedName.quotedIfNeeded($0))" }
            guard !all.isEmpty else { continue }
            findings.add(
                .warning, "\(Wording.list(all)) of \(planned.name) will not be on the hypertable",
                why: "Triggers before an inserted row and rules are how rows are sent to children, which it has not.",
                cure: "where one does something else, make it on the target after the migration",
                object: planned.name, at: planned.location)
        }
    }

    private static let onlyOnParts = Check(
        "SK545", "What only partitions have is left out",
        """
        The hypertable gets the indexes, constraints, triggers and policies of the topmost table. What only some \
        partitions have (an index of their own, a check of an inheritance child's range, a default, rights) has no place \
        there. Make what is missed on the hypertable after the migration, or on the topmost table before.
        """
    ) { context, findings in
        for (planned, family) in families(context) {
            let left = PartLeftovers(family, context.original)
            guard !left.words.isEmpty else { continue }
            findings.add(
                .note, "only \(family.nouns) of \(planned.name) have, and the hypertable will not: \(left.words)",
                why: "It gets what the topmost table has. Rights on \(family.nouns) are not needed there.",
                cure: "make what is missed on \(planned.name), before the migration or after it", object: planned.name,
                at: planned.location)
        }
    }
}

/// What members of a family have beyond their root.
private struct PartLeftovers {
    let words: String

    init(_ family: PartitionFamily, _ catalog: Catalog) {
        let members = Dictionary(
            family.members.filter { !family.excluded.contains($0.oid) }.map { ($0.oid, $0) }
        ) { first, _ in first }
        func method(_ index: Catalog.Index) -> Substring {
            index.definition.firstRange(of: " USING ").map { index.definition[$0.lowerBound...] } ?? ""
        }
        let common = Set(catalog.indexes.filter { $0.table == family.root.oid }.map(method))
        let indexes = catalog.indexes.filter {
            members[$0.table] != nil && $0.parent == nil && !common.contains(method($0))
        }
        let constraints = catalog.constraints.filter {
            members[$0.table] != nil && $0.isLocal && $0.parent == nil && [.check, .foreignKey].contains($0.kind)
        }
        let triggers = catalog.triggers.filter { members[$0.table] != nil && $0.parent == nil }
        let policies = catalog.policies.filter { members[$0.table] != nil }
        let defaults = members.values.flatMap { member in
            member.columns.filter { column in
                column.hasDefault && family.root.column(named: column.name)?.hasDefault == false
            }
            .map { "\(member.name).\(QualifiedName.quotedIfNeeded($0.name))" }
        }
        func named(_ count: Int, _ noun: String, _ plural: String, _ names: [String]) -> String? {
            count == 0 ? nil : "\(Wording.count(count, noun, plural)) (\(Wording.list(names.sorted(), limit: 5)))"
        }
        func on(_ name: String, _ table: OID) -> String {
            "\(QualifiedName.quotedIfNeeded(name)) on \(members[table]?.name.description ?? "")"
        }
        words = [
            named(indexes.count, "index", "indexes", indexes.map(\.name.description)),
            named(
                constraints.count, "constraint", "constraints", constraints.map { on($0.name, $0.table) }),
            named(triggers.count, "trigger", "triggers", triggers.map { on($0.name, $0.table) }),
            named(policies.count, "policy", "policies", policies.map { on($0.name, $0.table) }),
            named(defaults.count, "default", "defaults", defaults),
        ].compactMap(\.self).joined(separator: ", ")
    }
}

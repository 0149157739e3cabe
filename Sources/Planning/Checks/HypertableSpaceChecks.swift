import Catalog
import PlanFile

/// The space dimension of a hypertable. Seen on TimescaleDB 2.19.3 and 2.31.0.
enum HypertableSpaceChecks {
    static let all = [missing, sameAsTime, wrongType, partitions]

    private static let missing = Check(
        "SK515", "The space column does not exist",
        "`space.column` must name a column of the table, exactly as the source's catalog has it."
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable && planned.spaceColumn == nil {
            guard let space = planned.entry.space else { continue }
            findings.add(
                .error, "\(planned.name) has no column \(QualifiedName.quotedIfNeeded(space.column.value))",
                cure: "name one of its columns: \(Wording.list(planned.relation.columns.map(\.name)))",
                object: planned.name, at: space.column.location ?? planned.location)
        }
    }

    private static let sameAsTime = Check(
        "SK516", "The space column is the time column",
        "A column can be one dimension only (\"column is already a dimension\"): name another, or leave `space` out."
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let space = planned.spaceColumn, let time = planned.timeColumn, space.number == time.number else {
                continue
            }
            findings.add(
                .error, "space column and time column of \(planned.name) are both \(space.name)",
                cure: "name another column, or take `space` out", object: planned.name,
                at: planned.entry.space?.column.location ?? planned.location)
        }
    }

    private static let wrongType = Check(
        "SK517", "The space column has a type that cannot be hashed",
        """
        TimescaleDB distributes rows over space partitions by a hash of the column, so its type needs a hash operator \
        class: json, xml, money, bit strings, geometric and text search types have none. Generated columns are \
        refused, too.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let column = planned.spaceColumn else { continue }
            let isGenerated = column.generated != nil
            guard isGenerated || !isHashable(column.type, context.source.types) else { continue }
            findings.add(
                .error,
                "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name)) "
                    + (isGenerated ? "is generated" : "is of type \(column.typeName)")
                    + "; it cannot be a space dimension",
                why: isGenerated
                    ? "TimescaleDB refuses generated columns as dimensions."
                    : "The type has no hash function.", cure: "name another column, or take `space` out",
                object: planned.name, at: planned.entry.space?.column.location ?? planned.location)
        }
    }

    private static let partitions = Check(
        "SK518", "The number of space partitions is out of range",
        "TimescaleDB takes 1 to 32767 space partitions; a few per disk or tablespace are useful, more slow queries down."
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let space = planned.entry.space, !(1...32_767).contains(space.partitions.value) else { continue }
            findings.add(
                .error, "\(space.partitions.value) space partitions for \(planned.name)",
                cure: "give a number from 1 to 32767", object: planned.name,
                at: space.partitions.location ?? planned.location)
        }
    }

    /// Built-in types without a default hash operator class of their own or one they are binary-coercible to, as
    /// PostgreSQL 15 to 18 list them: json, point, lseg, path, box, polygon, line, circle, money, xml, bit, varbit,
    /// tsvector, tsquery, jsonpath, txid_snapshot, pg_snapshot, refcursor.
    private static let unhashable: Set<OID> = [
        114, 142, 600, 601, 602, 603, 604, 628, 718, 790, 1560, 1562, 3614, 3615, 4072, 2970, 5038, 1790,
    ]

    /// What holds an unhashable type is unhashable. Extensions' types are taken to be hashable.
    private static func isHashable(_ type: OID, _ types: [OID: Catalog.DataType]) -> Bool {
        var (seen, queue): (Set<OID>, [OID]) = ([], [type])
        while let next = queue.popLast() {
            guard seen.insert(next).inserted else { continue }
            if unhashable.contains(next) { return false }
            guard let type = types[next] else { continue }
            queue += [type.element, type.base].compactMap(\.self) + type.attributes
        }
        return true
    }
}

import Catalog
import PlanFile

/// Keys and unique indexes of tables that become hypertables: each must hold all partitioning columns, because a chunk
/// knows nothing of its neighbours' rows. Seen on TimescaleDB 2.19.3 and 2.31.0.
enum HypertableKeyChecks {
    static let all = [primaryKey, uniqueIndex, exclusion, plannedKeyColumns, plannedKeyNulls, plannedKeyWeaker]

    /// Partitioning columns that the index's key lacks. Expressions and `include` columns do not count, not even those
    /// that are built on the column.
    private static func missing(_ index: Catalog.Index, _ planned: PlannedHypertable) -> [Catalog.Column] {
        let keys = Set(index.keys.compactMap(\.column))
        return planned.partitionColumns.filter { !keys.contains($0.number) }
    }

    private static func names(_ columns: [Catalog.Column]) -> String {
        columns.map { QualifiedName.quotedIfNeeded($0.name) }.joined(separator: " and ")
    }

    /// `the time column time`, `the partitioning columns time and device_id`.
    private static func lacking(_ columns: [Catalog.Column], _ planned: PlannedHypertable) -> String {
        let isTime = columns.count == 1 && columns[0].number == planned.timeColumn?.number
        let isSpace = columns.count == 1 && !isTime
        return
            "lacks the \(isTime ? "time column" : isSpace ? "space column" : "partitioning columns") \(names(columns))"
    }

    private static let primaryKey = Check(
        "SK520", "The primary key lacks the time column",
        """
        A unique index of a hypertable is enforced chunk by chunk, so it must contain every partitioning column: \
        TimescaleDB refuses a primary key without them ("cannot create a unique index without the column"). Say in \
        the plan which key the hypertable gets: `primary-key: [id, time]`. It identifies rows as before, since what \
        was unique stays unique with a column more; but one value of the old key may then occur at several times.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable && planned.entry.primaryKey == nil {
            for index in context.indexes(of: planned.relation) where index.isPrimary {
                let lacks = missing(index, planned)
                guard !lacks.isEmpty else { continue }
                let old = planned.relation.names(index.keys.compactMap(\.column))
                let key = (old + lacks.map(\.name)).map { Wording.yaml($0) }
                findings.add(
                    .error,
                    "the primary key (\(old.map(QualifiedName.quotedIfNeeded).joined(separator: ", "))) of "
                        + "\(planned.name) \(lacking(lacks, planned))",
                    why: "A hypertable's unique indexes are enforced chunk by chunk, so each must hold all "
                        + "partitioning columns.",
                    cure: "name the key that the hypertable gets, in its entry",
                    statement: "primary-key: \(Wording.yamlList(key))", object: index.name.description,
                    at: planned.location)
            }
        }
    }

    private static let uniqueIndex = Check(
        "SK521", "A unique index or constraint lacks the time column",
        """
        TimescaleDB refuses unique indexes without all partitioning columns, partial ones included; columns in \
        expressions or in `include` do not count. Leave the index out with `select.indexes.exclude` (a unique \
        constraint goes by its index's name), and make another on the target afterwards. A primary key is changed with `primary-key`.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            for index in context.indexes(of: planned.relation)
            where index.isUnique && !index.isPrimary && !index.isExclusion {
                let lacks = missing(index, planned)
                guard !lacks.isEmpty else { continue }
                let kind = index.constraint == nil ? "unique index" : "unique constraint"
                findings.add(
                    .error, "\(kind) \(index.name) of \(planned.name) \(lacking(lacks, planned))",
                    why: "A hypertable's unique indexes are enforced chunk by chunk, so each must hold all "
                        + "partitioning columns.",
                    cure: "leave it out, in the plan's `select`",
                    statement: "indexes: {exclude: [\(Wording.yaml(index.name))]}", object: index.name.description,
                    at: planned.location)
            }
        }
    }

    private static let exclusion = Check(
        "SK522", "An exclusion constraint lacks the time column",
        """
        An exclusion constraint of a hypertable is enforced chunk by chunk, so TimescaleDB wants every partitioning \
        column in it. Leave it out with `select.indexes.exclude`, by the name of its index.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            for index in context.indexes(of: planned.relation) where index.isExclusion {
                let lacks = missing(index, planned)
                guard !lacks.isEmpty else { continue }
                findings.add(
                    .error, "exclusion constraint \(index.name) of \(planned.name) \(lacking(lacks, planned))",
                    why: "A hypertable's exclusion constraints are enforced chunk by chunk.",
                    cure: "leave it out, in the plan's `select`",
                    statement: "indexes: {exclude: [\(Wording.yaml(index.name))]}", object: index.name.description,
                    at: planned.location)
            }
        }
    }

    private static let plannedKeyColumns = Check(
        "SK523", "The plan's primary key names a column that the table lacks",
        "`primary-key` of a hypertable must name columns of the table, exactly as the source's catalog has them."
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let key = planned.entry.primaryKey else { continue }
            for name in key.value where planned.relation.column(name) == nil {
                findings.add(
                    .error, "\(planned.name) has no column \(QualifiedName.quotedIfNeeded(name)) for its primary key",
                    cure: "name its columns: \(Wording.list(planned.relation.columns.map(\.name)))",
                    object: planned.name, at: key.location ?? planned.location)
            }
        }
    }

    private static let plannedKeyNulls = Check(
        "SK524", "The plan's primary key has a column that may hold NULL",
        """
        The columns of a primary key are NOT NULL. A row with NULL in one of them would make the key fail on the \
        target, after all rows have been copied. Look for such rows on the source, correct them, and keep new ones \
        out with `set not null`. (The time column is another check's.)
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let key = planned.entry.primaryKey else { continue }
            let table = planned.relation.name.sql
            for column in key.value.compactMap({ planned.relation.column($0) })
            where !column.isNotNull && column.number != planned.timeColumn?.number {
                let name = QualifiedName.quoted(column.name)
                let hasNulls = (column.statistics?.nullFraction ?? 0) > 0
                findings.add(
                    hasNulls ? .error : .warning,
                    "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name)) of the plan's primary key "
                        + (hasNulls ? "holds NULLs" : "may hold NULLs"),
                    why: "The key could not be made, after all rows have been copied.",
                    cure: "correct the rows that `select * from \(table) where \(name) is null` finds, then run on the "
                        + "source (which locks the table while it looks at every row)",
                    statement: "alter table \(table) alter column \(name) set not null;", object: planned.name,
                    at: key.location ?? planned.location)
            }
        }
    }

    private static let plannedKeyWeaker = Check(
        "SK525", "Nothing on the source makes the plan's primary key unique",
        """
        A primary key that holds all columns of one of the source's unique keys is unique whatever the rows are. \
        Any other may have duplicates, and making it would fail on the target after all rows have been copied. Look \
        for duplicates on the source first.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let key = planned.entry.primaryKey else { continue }
            let columns = key.value.compactMap { planned.relation.column($0) }
            guard columns.count == key.value.count else { continue }
            let numbers = Set(columns.map(\.number))
            let isCovered = context.source.indexes.contains { index in
                index.table == planned.relation.oid && index.isUnique && index.isValid && !index.isPartial
                    && !index.isExclusion && index.keys.allSatisfy { $0.column.map(numbers.contains) ?? false }
            }
            guard !isCovered else { continue }
            let list = columns.map { QualifiedName.quoted($0.name) }.joined(separator: ", ")
            findings.add(
                .warning,
                "no unique key of the source makes \(planned.name) (\(key.value.joined(separator: ", "))) unique",
                why: "With duplicates, the primary key could not be made, after all rows have been copied.",
                cure: "see that this finds nothing on the source",
                statement: "select \(list), count(*) from \(planned.relation.name.sql) group by \(list) "
                    + "having count(*) > 1 limit 10;",
                object: planned.name, at: key.location ?? planned.location)
        }
    }
}

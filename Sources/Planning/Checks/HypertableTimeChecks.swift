import Catalog
import PlanFile

/// The time column of a hypertable and its chunk interval. Seen on TimescaleDB 2.19.3 and 2.31.0.
enum HypertableTimeChecks {
    static let all = [missing, wrongType, interval, defaultInterval, nullable]

    /// What TimescaleDB partitions by, of what plans may name. Domains over them are refused by it ("invalid type for
    /// dimension").
    private enum TimeType: OID {
        case int8 = 20, int2 = 21, int4 = 23, date = 1082, timestamp = 1114, timestamptz = 1184

        /// The greatest chunk interval, nil where time is not a number.
        var greatestInteger: Int64? {
            switch self {
            case .int2: Int64(Int16.max)
            case .int4: Int64(Int32.max)
            case .int8: Int64.max
            default: nil
            }
        }
        /// What TimescaleDB takes without a chunk interval.
        var defaultInteger: Int64? {
            switch self {
            case .int2: 10_000
            case .int4: 100_000
            case .int8: 1_000_000
            default: nil
            }
        }
    }

    private static func timeType(_ planned: PlannedHypertable) -> TimeType? {
        planned.timeColumn.flatMap { TimeType(rawValue: $0.type) }
    }

    private static let missing = Check(
        "SK510", "The time column does not exist",
        "`time-column` must name a column of the table, exactly as the source's catalog has it."
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable && planned.timeColumn == nil {
            let candidates = planned.relation.columns.filter { TimeType(rawValue: $0.type)?.greatestInteger == nil }
                .filter { TimeType(rawValue: $0.type) != nil }.map(\.name)
            let named = planned.entry.timeColumn?.value
            findings.add(
                .error,
                named.map { "\(planned.name) has no column \(QualifiedName.quotedIfNeeded($0))" }
                    ?? "the entry of \(planned.name) names no time column",
                cure: candidates.isEmpty
                    ? "name an integer column, or take the entry out"
                    : "name one of its columns of a time type: \(Wording.list(candidates))",
                object: planned.name, at: planned.entry.timeColumn?.location ?? planned.location)
        }
    }

    private static let wrongType = Check(
        "SK511", "The time column has a type that no hypertable is partitioned by",
        """
        A hypertable's time column is timestamptz, timestamp, date, smallint, integer or bigint. TimescaleDB refuses \
        others, domains over these included ("invalid type for dimension"), and generated columns ("invalid \
        partitioning column"). (UUIDs, which its newest releases accept, are not offered by the plan yet.)
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let column = planned.timeColumn else { continue }
            let location = planned.entry.timeColumn?.location ?? planned.location
            let name = "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name))"
            if column.generated != nil {
                findings.add(
                    .error, "\(name) is generated; a hypertable cannot be partitioned by it",
                    cure: "name a column that is not generated", object: planned.name, at: location)
            } else if timeType(planned) == nil {
                let domain = context.source.types[column.type].flatMap { $0.kind == .domain ? $0.base : nil }
                    .flatMap { context.source.types[$0] }
                let isOverTime = domain.map { TimeType(rawValue: $0.oid) != nil } ?? false
                findings.add(
                    .error, "\(name) is of type \(column.typeName); a hypertable cannot be partitioned by it",
                    why: isOverTime
                        ? "TimescaleDB refuses domains here, whatever they are over."
                        : "TimescaleDB partitions by timestamptz, timestamp, date, smallint, integer and bigint.",
                    cure: isOverTime
                        ? "run on the source (no row is rewritten)" : "name a column of one of these types",
                    statement: domain.flatMap { type in
                        isOverTime
                            ? "alter table \(planned.relation.name.sql) alter column \(QualifiedName.quoted(column.name)) "
                                + "type \(type.name);"
                            : nil
                    }, object: planned.name, at: location)
            }
        }
    }

    private static let interval = Check(
        "SK512", "The chunk interval does not fit the time column",
        """
        `chunk-interval` is a duration (`7 days`) for time columns that are times, and an integer, in the column's own \
        unit, for integers; there it must lie within the type's range. For a `date` it must be whole days. It must be \
        more than zero.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let type = timeType(planned), let column = planned.timeColumn,
                let interval = planned.entry.chunkInterval
            else { continue }
            let name = "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name))"
            func refuse(_ reason: String, _ cure: String) {
                findings.add(
                    .error, "chunk-interval \(reason), and \(name) is of type \(column.typeName)", cure: cure,
                    object: planned.name, at: interval.location ?? planned.location)
            }
            switch (interval.value, type.greatestInteger) {
            case (.duration(let duration), .some(_)):
                refuse("is a duration (\(duration.text))", "give an integer in the column's own unit")
            case (.integer(let number), nil):
                refuse("is an integer (\(number))", "give a duration, such as `7 days`")
            case (.integer(let number), .some(let greatest)) where number < 1 || number > greatest:
                refuse("is \(number)", "give a number from 1 to \(greatest)")
            case (.duration(let duration), nil) where duration.approximateSeconds <= 0:
                refuse("is not more than zero (\(duration.text))", "give a positive duration, such as `7 days`")
            case (.duration(let duration), nil)
            where type == .date && duration.microseconds % 86_400_000_000 != 0:
                refuse("is not whole days (\(duration.text))", "give whole days, such as `7 days`")
            default: break
            }
        }
    }

    private static let defaultInterval = Check(
        "SK513", "An integer time column without a chunk interval",
        """
        TimescaleDB cannot know what an integer counts. Without `chunk-interval` it takes 1,000,000 for bigint, \
        100,000 for integer and 10,000 for smallint: far too small for milliseconds since 1970, for which it would \
        make a chunk every 16 minutes. Give the number that covers about a week.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable && planned.entry.chunkInterval == nil {
            guard let column = planned.timeColumn, let number = timeType(planned)?.defaultInteger else { continue }
            let name = "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name))"
            findings.add(
                .warning, "\(name) is of type \(column.typeName), and the plan gives no chunk-interval",
                why: "TimescaleDB's default is \(number), whatever the column counts.",
                cure: "say how much one chunk holds, in the column's own unit; for milliseconds and 7 days",
                statement: "chunk-interval: 604800000", object: planned.name, at: planned.location)
        }
    }

    private static let nullable = Check(
        "SK514", "The time column may hold NULL",
        """
        A row of a hypertable lies in the chunk of its time, so the time column is NOT NULL there: `create_hypertable` \
        adds it. A row whose time is NULL on the source would be refused in the middle of the copy. Look for such rows \
        and correct them; `alter table … alter column … set not null` on the source keeps new ones out.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            guard let column = planned.timeColumn, !column.isNotNull, column.generated == nil else { continue }
            let name = QualifiedName.quoted(column.name)
            let table = planned.relation.name.sql
            let hasNulls = (column.statistics?.nullFraction ?? 0) > 0
            findings.add(
                hasNulls ? .error : .warning,
                "\(planned.name).\(QualifiedName.quotedIfNeeded(column.name)) "
                    + (hasNulls ? "holds NULLs" : "may hold NULLs") + "; a hypertable's time column is NOT NULL",
                why: hasNulls
                    ? "The source's statistics say that it does. Such rows would be refused when they are copied."
                    : "Rows whose time is NULL would be refused when they are copied.",
                cure: "correct the rows that `select * from \(table) where \(name) is null` finds, then run on the "
                    + "source (which locks the table while it looks at every row)",
                statement: "alter table \(table) alter column \(name) set not null;", object: planned.name,
                at: planned.entry.timeColumn?.location ?? planned.location)
        }
    }
}

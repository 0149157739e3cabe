import Catalog
import PlanFile

/// Columnstore and retention of hypertables: what TimescaleDB would refuse when they are set at the end.
enum HypertablePolicyChecks {
    static let all = [license, columns, rowSecurity, integerTime, dropped]

    private static func entries(_ context: CheckContext) -> [PlannedHypertable] {
        context.hypertables.filter {
            $0.becomesHypertable && ($0.entry.columnstore != nil || $0.entry.retention != nil)
        }
    }

    private static func location(_ entry: Plan.Hypertable) -> SourceLocation? {
        entry.retention?.dropAfter.location ?? entry.columnstore?.after?.location ?? entry.location
    }

    private static let license = Check(
        "SK530", "Columnstore and retention need TimescaleDB's community licence",
        """
        The Apache-2 build of TimescaleDB, which Debian and many managed services package, has hypertables, but neither \
        columnstore nor policies: it answers "not supported under the current license". They are set at the very end of \
        a migration, so this must be known before. Use a target with a community build (`timescaledb.license` is \
        `timescale` there), or take the keys out of the plan.
        """
    ) { context, findings in
        let server = context.target.server
        let isKnown = server.timescaleLicense != nil
        guard server.timescaleLicense != "timescale" else { return }
        for planned in entries(context) {
            let keys = [
                planned.entry.columnstore == nil ? nil : "columnstore",
                planned.entry.retention == nil ? nil : "retention",
            ].compactMap(\.self).joined(separator: " and ")
            findings.add(
                isKnown ? .error : .warning,
                isKnown
                    ? "\(keys) of \(planned.name) cannot be set: the target's TimescaleDB has the Apache licence"
                    : "\(keys) of \(planned.name) may not be to be had: the target's TimescaleDB does not tell its licence",
                why: isKnown
                    ? "It offers neither columnstore nor policies."
                    : "It shows once the extension is there. Where it is the Apache one, the migration stops right then, "
                        + "before any row is copied.",
                cure: isKnown
                    ? "use a target with TimescaleDB's community build (`timescaledb.license` is `timescale`), or take "
                        + "\(keys) out of the entry"
                    : "make the extension on the target and plan again",
                statement: isKnown ? nil : "create extension timescaledb;", object: planned.name,
                at: location(planned.entry))
        }
    }

    private static let columns = Check(
        "SK531", "The columnstore names a column that the table lacks or that has no order",
        """
        `segment-by` and `order-by` name columns of the table, exactly as the source's catalog has them. Rows are sorted \
        by the columns of `order-by`, so their types need an order: json, xml, points and the like have none.
        """
    ) { context, findings in
        for planned in entries(context) {
            guard let columnstore = planned.entry.columnstore else { continue }
            let named =
                columnstore.segmentBy.map { ($0.value, $0.location, false) }
                + columnstore.orderBy.map { ($0.value.column, $0.location, true) }
            for (name, location, isOrder) in named {
                guard let column = planned.relation.column(named: name) else {
                    findings.add(
                        .error,
                        "\(planned.name) has no column \(QualifiedName.quotedIfNeeded(name)) for its columnstore",
                        cure: "name its columns: \(Wording.list(planned.relation.columns.map(\.name)))",
                        object: planned.name, at: location ?? planned.location)
                    continue
                }
                guard isOrder, unordered.contains(column.type) else { continue }
                findings.add(
                    .error,
                    "\(planned.name).\(QualifiedName.quotedIfNeeded(name)) is of type \(column.typeName), which has no order",
                    cure: "take it out of `order-by`", object: planned.name, at: location ?? planned.location)
            }
        }
    }

    /// Built-in types without a default btree operator class: json, point, lseg, path, box, polygon, line, circle, xml,
    /// jsonpath, txid_snapshot, pg_snapshot, refcursor.
    private static let unordered: Set<OID> = [114, 142, 600, 601, 602, 603, 604, 628, 718, 4072, 2970, 5038, 1790]

    private static let rowSecurity = Check(
        "SK532", "A table with row security cannot have a columnstore",
        """
        TimescaleDB refuses the columnstore on tables with row level security ("compression cannot be used on table with \
        row security"), because compressed rows would be read past the policies.
        """
    ) { context, findings in
        for planned in entries(context) where planned.entry.columnstore != nil && planned.relation.hasRowSecurity {
            findings.add(
                .error, "\(planned.name) has row security, so that it cannot have a columnstore",
                cure: "take `columnstore` out of the entry, or run on the source",
                statement: "alter table \(planned.relation.name.sql) disable row level security;", object: planned.name,
                at: planned.entry.columnstore?.after?.location ?? planned.location)
        }
    }

    private static let integerTime = Check(
        "SK533", "A policy of a hypertable whose time is an integer",
        """
        Whether a chunk is old depends on what time it is. For an integer column only a function of yours can say so \
        (`set_integer_now_func`), which the plan does not make: set the policy up after the migration, with the function. \
        A columnstore without `after` needs none.
        """
    ) { context, findings in
        for planned in entries(context) {
            guard let column = planned.timeColumn, [20, 21, 23].contains(column.type),
                planned.entry.columnstore?.after != nil || planned.entry.retention != nil
            else { continue }
            let keys = [
                planned.entry.columnstore?.after == nil ? nil : "columnstore.after",
                planned.entry.retention == nil ? nil : "retention",
            ].compactMap(\.self).joined(separator: " and ")
            findings.add(
                .error,
                "\(keys) of \(planned.name) is a duration, and \(QualifiedName.quotedIfNeeded(column.name)) is of type "
                    + column.typeName,
                why: "TimescaleDB needs a function that tells the time in the column's unit.",
                cure: "take the key out, and after the migration run on the target, with a function of yours",
                statement:
                    "select set_integer_now_func(\(Piece.literal(planned.relation.name.sql)), 'now_in_my_unit');",
                object: planned.name, at: location(planned.entry))
        }
    }

    private static let dropped = Check(
        "SK534", "The retention would drop rows that have just been copied",
        """
        A retention policy begins to work as soon as it is set, at the end of the migration: chunks that are older than \
        `drop-after` are dropped at once. Where the source holds such rows, they are copied for nothing, or are missed. \
        The numbers are estimated from the source's statistics.
        """
    ) { context, findings in
        guard let now = context.machine.now else { return }
        for planned in entries(context) {
            guard let retention = planned.entry.retention,
                let loss = RetentionLoss(planned, retention.dropAfter.value, now: now, context)
            else { continue }
            findings.add(
                .warning,
                "the retention of \(planned.name) will drop about \(Wording.count(loss.rows, "row"))"
                    + (loss.chunks > 0 ? " in about \(Wording.count(loss.chunks, "chunk"))" : "")
                    + " as soon as it is set",
                why: "Rows older than \(retention.dropAfter.value.text) are on the source, and are copied before.",
                cure:
                    "if they are to stay, take `retention` out or give it a longer time; if not, see what they are: run "
                    + "on the source",
                statement: "select count(*) from \(planned.relation.name.sql) where "
                    + "\(QualifiedName.quoted(planned.timeColumn?.name ?? "")) < now() - interval "
                    + "\(Piece.literal(retention.dropAfter.value.text));",
                object: planned.name, at: retention.dropAfter.location ?? planned.location)
        }
    }
}

/// How much of a table is older than its retention, as the source's statistics tell.
private struct RetentionLoss {
    var rows = 0
    var chunks = 0

    /// Nil where nothing is, or nothing is known.
    init?(_ planned: PlannedHypertable, _ age: PlanDuration, now: Double, _ context: CheckContext) {
        guard let time = planned.timeColumn, let (_, found) = RangeKey.type(of: time), let scale = found else {
            return nil
        }
        let unit: Double
        switch scale {
        case .date: unit = 1 / 86_400
        case .timestamp: unit = 1_000_000
        case .integer, .uuid: return nil
        }
        let border = Int128((now - age.approximateSeconds) * unit)
        let parts = context.selected.families[planned.relation.oid]?.parts ?? [planned.relation]
        var (lost, oldest) = (0.0, Int128?.none)
        for part in parts where context.copiesRows(of: part) {
            guard let statistics = part.column(named: time.name)?.statistics,
                let values = ValueDistribution(statistics, on: scale)
            else { continue }
            lost += max(part.estimatedRows, 0) * values.share(below: border)
            if let smallest = values.smallest, smallest < border { oldest = min(oldest ?? smallest, smallest) }
        }
        rows = Int(lost.rounded())
        guard rows > 0 else { return nil }
        guard let oldest else { return }
        let week = 7 * 86_400.0
        var length = week
        if case .duration(let interval)? = planned.entry.chunkInterval?.value { length = interval.approximateSeconds }
        chunks = length > 0 ? max(1, Int(Double(border - oldest) / unit / length)) : 0
    }
}

import Catalog
import PlanFile

/// Tables that have no way back (`cutover.fallback`). Silent where the plan asks for none.
enum WayBackTableChecks {
    static let all = [
        timescaleSource, identities, hypertableKeys, inheritance, existing, columnstores, largeObjects, skipped,
        triggers,
    ]

    private static func isAsked(_ context: CheckContext) -> Bool { WayBackServerChecks.isAsked(context) }
    private static func location(_ context: CheckContext) -> SourceLocation? { WayBackServerChecks.location(context) }

    private static let timescaleSource = Check(
        "SK740", "A source's hypertables have no way back",
        """
        What TimescaleDB derives from rows on the source (continuous aggregates, compressed chunks) does not notice rows \
        that are applied as replication does. So `cutover.fallback` is refused where the source has hypertables.
        """
    ) { context, findings in
        let tables = TimescaleSourceChecks.hypertables(context)
        guard isAsked(context), let first = tables.first else { return }
        findings.add(
            .error,
            "no way back to \(Wording.count(tables.count, "hypertable")) of the source: "
                + Wording.list(tables.map(\.name)),
            cure: "leave `fallback` out, or leave these tables out of the migration", object: first.name,
            at: location(context))
    }

    private static let identities = Check(
        "SK741", "Tables whose updates and deletes could not be carried back",
        """
        A change is carried back to the row that its identity names: the primary key, another unique index, or all \
        columns. Of tables that are followed for inserts only, and of unlogged ones, updates and deletes on the target \
        have no way back, so that a rollback would lose them.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        let tables = context.copied.filter { context.identity(of: $0).identity == .insertsOnly }
        guard let first = tables.first else { return }
        findings.add(
            .error,
            "no way back for updates and deletes of \(Wording.list(tables.map(\.name.description)))",
            why: "Nothing names their rows, or their changes are in no WAL.",
            cure: first.isUnlogged
                ? "make the table logged on the source, or leave `fallback` out"
                : "say in `replication.identity` what names a row (`full`, or `index NAME`), or leave `fallback` out",
            statement: first.isUnlogged ? "alter table \(first.name.sql) set logged;" : nil,
            object: first.name.description, at: location(context))
    }

    private static let hypertableKeys = Check(
        "SK742", "A hypertable's rows are named otherwise than the source's",
        """
        On the way back a row of the hypertable must name one row of the source: both by the same primary key. A key \
        that the plan gives the hypertable (`primary-key`), a hypertable without one, and other replica identities, \
        which new chunks do not always get, have no way back.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        for planned in context.hypertables where planned.becomesHypertable && context.copiesRows(of: planned.relation) {
            let family = context.selected.families[planned.relation.oid]
            let tables = family?.parts ?? [planned.relation]
            let isNamedAlike = tables.allSatisfy { table in
                let identity = context.identity(of: table)
                guard case .columns = identity.identity, identity.index?.isPrimary == true, identity.change == nil
                else {
                    return false
                }
                return true
            }
            guard planned.entry.primaryKey != nil || !isNamedAlike else { continue }
            findings.add(
                .error,
                "no way back from hypertable \(planned.name): its rows are not named by the source's primary key",
                why: planned.entry.primaryKey != nil ? "The plan gives it another key." : nil,
                cure: "give the table on the source a primary key that holds the time column, or leave `fallback` out",
                object: planned.name, at: planned.location ?? location(context))
        }
    }

    private static let inheritance = Check(
        "SK743", "Nothing tells which child of an inheritance parent a row goes back to",
        """
        A partitioned table on the source takes a row that is carried back through its root, into the right partition. \
        Children by inheritance are filled by triggers or by the application, which the way back does not run.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        for family in context.selected.families.values.sorted(by: { $0.root.name < $1.root.name })
        where !family.isDeclarative {
            findings.add(
                .error, "no way back into the children of \(family.root.name)",
                why: "They are children by inheritance, not partitions.", cure: "leave `fallback` out",
                object: family.root.name.description, at: location(context))
        }
    }

    private static let existing = Check(
        "SK744", "A table that was on the target before has no way back",
        """
        Tables of `copy.into-existing` keep the structure that they have on the target, and rows that others write there: \
        neither is known to fit the source. So `cutover.fallback` is refused with them.
        """
    ) { context, findings in
        let tables = context.relations.filter { context.selected.existing.contains($0.oid) }
        guard isAsked(context), let first = tables.first else { return }
        findings.add(
            .error, "no way back from tables that were there before: \(Wording.list(tables.map(\.name.description)))",
            cure: "leave `fallback` or `copy.into-existing` out", object: first.name.description, at: location(context))
    }

    private static let columnstores = Check(
        "SK745", "Compressed rows may be changed in ways that have no way back",
        """
        With a columnstore, TimescaleDB can delete, insert and copy whole compressed batches, of which the stream tells \
        no rows. So `cutover.fallback` is refused with the plan's `columnstore`: set it up once the way back is ended.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        for planned in context.hypertables where planned.entry.columnstore != nil {
            findings.add(
                .error, "no way back from compressed rows of \(planned.name)",
                cure: "leave `columnstore` out and set it up once the way back is ended, or leave `fallback` out",
                object: planned.name, at: planned.location ?? location(context))
        }
    }

    private static let largeObjects = Check(
        "SK746", "Large objects have no way back",
        """
        Large objects are not in the stream of changes. What the application makes, changes or removes of them on the \
        target could not be carried back, so `cutover.fallback` is refused where the source has any.
        """
    ) { context, findings in
        let count = context.source.largeObjectCount
        guard isAsked(context), count > 0 else { return }
        findings.add(
            .error, "no way back for large objects, of which the source has \(count)",
            cure: "remove them if nothing refers to them (`vacuumlo`), or leave `fallback` out", at: location(context))
    }

    private static let skipped = Check(
        "SK747", "Tables without rows on the target are not carried back",
        """
        Of tables in `copy.skip-table-data` the target gets the structure alone. What is written to them there is not \
        carried back either: after a rollback the source has its own rows, and none of the target's.
        """
    ) { context, findings in
        let tables = context.relations.filter {
            context.selected.withoutData.contains($0.oid) && [.table, .partitionedTable].contains($0.kind)
        }
        guard isAsked(context), let first = tables.first else { return }
        findings.add(
            .warning, "not carried back: \(Wording.list(tables.map(\.name.description)))",
            why: "The plan moves their structure alone.",
            cure: "take them out of `copy.skip-table-data` where the application writes to them",
            object: first.name.description, at: location(context))
    }

    private static let triggers = Check(
        "SK748", "Triggers of the source fire for what is carried back",
        """
        Rows that are carried back are written with `session_replication_role = replica`, under which ordinary triggers \
        stay silent: what they did on the target comes back by itself. Triggers that are enabled ALWAYS or REPLICA fire \
        all the same, and would do it twice.
        """
    ) { context, findings in
        guard isAsked(context) else { return }
        for relation in context.readRelations {
            guard let trigger = context.triggers(of: relation).first(where: { ["A", "R"].contains($0.enabled) }) else {
                continue
            }
            findings.add(
                .error,
                "trigger \(QualifiedName.quotedIfNeeded(trigger.name)) of \(relation.name) would fire for what is "
                    + "carried back",
                why: "It is enabled \(trigger.enabled == "A" ? "always" : "for replicas").",
                cure: "run on the source, or leave `fallback` out",
                statement: "alter table \(relation.name.sql) enable trigger \(QualifiedName.quoted(trigger.name));",
                object: relation.name.description, at: location(context))
        }
    }
}

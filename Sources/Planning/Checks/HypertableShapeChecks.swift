import Catalog
import PlanFile

/// What a table must not be, or have, to become a hypertable. Each rule was seen on TimescaleDB 2.19.3 and 2.31.0.
enum HypertableShapeChecks {
    static let all = [notATable, unlogged, transitionTables, rules, noInherit, destination, triggerStates]

    private static let notATable = Check(
        "SK501", "Only a table can become a hypertable",
        """
        Views, materialized views and foreign tables hold no rows that TimescaleDB could put into chunks. For a \
        materialized view, make its query's table a hypertable, or use a continuous aggregate after the migration.
        """
    ) { context, findings in
        for planned in context.hypertables {
            let noun: String
            switch planned.relation.kind {
            case .view: noun = "a view"
            case .materializedView: noun = "a materialized view"
            case .foreignTable: noun = "a foreign table"
            case .table, .partitionedTable: continue
            }
            findings.add(
                .error, "\(planned.name) is \(noun) and cannot become a hypertable",
                cure: "take the entry out of `hypertables`", object: planned.name, at: planned.location)
        }
    }

    private static let unlogged = Check(
        "SK503", "An unlogged table cannot become a hypertable on this target",
        """
        TimescaleDB before 2.24 refuses unlogged tables ("table has to be logged"; seen on 2.19.3, while 2.31.0 \
        accepts them). Make the table logged on the source, which rewrites it, or use a newer TimescaleDB.
        """
    ) { context, findings in
        guard let version = ExtensionChecks.timescale(context), DottedVersion(version) < DottedVersion("2.24") else {
            return
        }
        for planned in context.hypertables where planned.becomesHypertable && planned.relation.isUnlogged {
            findings.add(
                .error, "\(planned.name) is unlogged; TimescaleDB \(version) makes no unlogged hypertables",
                cure: "use a target with TimescaleDB 2.24 or later, or run on the source, which rewrites the table",
                statement: "alter table \(planned.relation.name.sql) set logged;", object: planned.name,
                at: planned.location)
        }
    }

    private static let transitionTables = Check(
        "SK504", "A row trigger with transition tables cannot be on a hypertable",
        """
        TimescaleDB refuses `for each row` triggers that have transition tables (`referencing new table as …`). \
        Statement triggers with transition tables and row triggers without them work. Write the trigger as a \
        statement trigger, or drop it on the source.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            for trigger in context.triggers(of: planned.relation)
            where trigger.isRowLevel && trigger.hasTransitionTables {
                let name = QualifiedName.quotedIfNeeded(trigger.name)
                findings.add(
                    .error,
                    "row trigger \(name) of \(planned.name) has transition tables, which no hypertable may have",
                    cure: "make it a statement trigger (`for each statement`), or drop it: run on the source",
                    statement: "drop trigger \(QualifiedName.quoted(trigger.name)) on \(planned.relation.name.sql);",
                    object: "\(name) on \(planned.name)", at: planned.location)
            }
        }
    }

    private static let triggerStates = Check(
        "SK508", "A trigger of a hypertable can only be as CREATE TRIGGER makes it on this target",
        """
        TimescaleDB before 2.27 refuses to disable a hypertable's triggers, and to let them fire always or on replicas ("hypertables \
        do not support enabling or disabling triggers"; seen on 2.19.3, while 2.31.0 does it). Drop a trigger that is disabled or fires on replicas only; let \
        one that fires always fire as others do; or leave the table plain.
        """
    ) { context, findings in
        // timescale/timescaledb#9648
        guard let version = ExtensionChecks.timescale(context), DottedVersion(version) < DottedVersion("2.27") else {
            return
        }
        for planned in context.hypertables where planned.becomesHypertable {
            for trigger in context.triggers(of: planned.relation) where trigger.enabled != "O" {
                let name = QualifiedName.quotedIfNeeded(trigger.name)
                let (table, quoted) = (planned.relation.name.sql, QualifiedName.quoted(trigger.name))
                let isAlways = trigger.enabled == "A"
                let state =
                    isAlways ? "fires always" : trigger.enabled == "D" ? "is disabled" : "fires on replicas only"
                findings.add(
                    .error, "trigger \(name) of \(planned.name) \(state), which no hypertable's trigger may",
                    why: "TimescaleDB \(version) refuses to change when a trigger fires.",
                    cure: isAlways ? "let it fire as others do: run on the source" : "drop it: run on the source",
                    statement: isAlways
                        ? "alter table \(table) enable trigger \(quoted);" : "drop trigger \(quoted) on \(table);",
                    object: "\(name) on \(planned.name)", at: planned.location)
            }
        }
    }

    private static let rules = Check(
        "SK505", "A rule cannot be on a hypertable",
        """
        TimescaleDB refuses tables with rewrite rules ("hypertables do not support rules"). A trigger does what the \
        rule did; drop the rule on the source, or leave the table plain.
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            for rule in planned.relation.rules {
                let name = QualifiedName.quotedIfNeeded(rule)
                findings.add(
                    .error, "rule \(name) is on \(planned.name), and no hypertable may have rules",
                    cure: "write it as a trigger and drop it: run on the source",
                    statement: "drop rule \(QualifiedName.quoted(rule)) on \(planned.relation.name.sql);",
                    object: "\(name) on \(planned.name)", at: planned.location)
            }
        }
    }

    private static let noInherit = Check(
        "SK506", "A NO INHERIT constraint cannot be on a hypertable",
        """
        Rows of a hypertable lie in chunks, which are its children: a check that children do not inherit would hold \
        for no row, and TimescaleDB refuses it ("cannot have NO INHERIT constraints on hypertable").
        """
    ) { context, findings in
        for planned in context.hypertables where planned.becomesHypertable {
            for constraint in context.constraints(of: planned.relation)
            where [.check, .notNull].contains(constraint.kind) {
                guard let definition = inherited(constraint.definition) else { continue }
                let name = QualifiedName.quoted(constraint.name)
                let table = planned.relation.name.sql
                findings.add(
                    .error,
                    "constraint \(QualifiedName.quotedIfNeeded(constraint.name)) of \(planned.name) is NO INHERIT, "
                        + "which no hypertable may have",
                    cure: "run on the source",
                    statement: constraint.kind == .check
                        ? "alter table \(table) drop constraint \(name), add constraint \(name) \(definition);"
                        : "alter table \(table) alter constraint \(name) inherit;",
                    object: "\(QualifiedName.quotedIfNeeded(constraint.name)) on \(planned.name)",
                    at: planned.location)
            }
        }
    }

    /// A constraint's definition without `NO INHERIT`, nil where it has none. What may follow it at the end are
    /// `NOT VALID` and `NOT ENFORCED`; anywhere else the words are part of the check.
    private static func inherited(_ definition: String) -> String? {
        for end in ["", " NOT VALID", " NOT ENFORCED"] where definition.hasSuffix(" NO INHERIT" + end) {
            return String(definition.dropLast(" NO INHERIT".count + end.count)) + end
        }
        return nil
    }

    private static let destination = Check(
        "SK507", "`to` is for hypertables of the source",
        """
        `to: table` and `to: range-partitions` say what becomes of a hypertable of a TimescaleDB source: a plain table, \
        or one partitioned by the ranges of its chunks. What is no hypertable there is moved as it is.
        """
    ) { context, findings in
        let onSource = Set(context.source.hypertables.map(\.table))
        for entry in context.plan.hypertables {
            guard let to = entry.to, !onSource.contains(entry.table.value) else { continue }
            findings.add(
                .error,
                "\(entry.table.value) is no hypertable on the source, and the plan says `to: \(to.value.rawValue)`",
                why: "It says what becomes of a hypertable of a TimescaleDB source.",
                cure: "take the entry out: the table is then moved as it is",
                object: entry.table.value.description, at: to.location ?? entry.location)
        }
    }
}

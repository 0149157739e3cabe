import Catalog
import PlanFile

/// What a person should know about the tables before they are moved.
enum TableChecks {
    static let all = [largeObjects, unlogged, foreignTables, inheritance, publications, tablespaces, reservedSchema]

    private static let largeObjects = Check(
        "SK404", "The database holds large objects",
        """
        Large objects belong to no table, so the plan's selection does not apply to them: all of them are moved, with \
        the numbers that name them, because columns hold these numbers.
        """
    ) { context, findings in
        let count = context.source.largeObjectCount
        guard count > 0 else { return }
        findings.add(
            .note, "\(Wording.count(count, "large object")) of the source will be moved, all of them",
            why: "They belong to no table, and keep their numbers.",
            cure: "remove those that nothing refers to with `vacuumlo` before the migration")
    }

    private static let reservedSchema = Check(
        "SK410", "The source has a schema named skein",
        """
        Skein keeps a migration's state in the target's schema `skein`, so that the source's own schema of that name \
        cannot be migrated. Where it is the state of an earlier migration into the source, `skein clean` removes it; \
        otherwise rename it, or exclude it.
        """
    ) { context, findings in
        let name = "skein"
        let holds =
            context.relations.contains { $0.name.schema == name }
            || context.source.sequences.contains {
                $0.name.schema == name && context.selected.sequences.contains($0.oid)
            }
            || context.source.objects.contains { $0.schema == name && context.selected.objects.contains($0.id) }
        guard holds else { return }
        findings.add(
            .error, "schema skein of the source is selected, and the target's holds the migration's state",
            cure: "leave it out (`select: {schemas: {exclude: [skein]}}`), or rename it: run on the source",
            statement: "alter schema skein rename to skein_of_the_source;", object: name)
    }

    private static let unlogged = Check(
        "SK405", "Tables are unlogged",
        """
        An unlogged table is emptied when its server crashes and is not in the stream of changes. Its rows are copied \
        like others and it stays unlogged on the target; in live mode its later changes cannot be followed, and `cutover` \
        compares it and copies it again.
        """
    ) { context, findings in
        let tables = context.copied.filter(\.isUnlogged)
        guard !tables.isEmpty else { return }
        let isLive = context.plan.mode.value == .live
        findings.add(
            isLive ? .warning : .note,
            "unlogged: \(Wording.list(tables.map(\.name.description)))",
            why: isLive
                ? "Changes to unlogged tables are not in the source's stream: `cutover` compares these and copies them again."
                : "They are copied and stay unlogged on the target.",
            cure: isLive ? "make the table logged, which rewrites it, or leave it out: run on the source" : nil,
            statement: isLive ? "alter table \(tables[0].name.sql) set logged;" : nil,
            object: tables[0].name.description)
    }

    private static let foreignTables = Check(
        "SK406", "Tables are foreign",
        """
        A foreign table holds no rows of its own: its definition, its server and its user mappings are moved, the rows \
        stay where they are. Passwords in user mappings are only visible to superusers, and the target must be able to \
        reach the foreign server.
        """
    ) { context, findings in
        let tables = context.relations.filter { $0.kind == .foreignTable }
        guard let first = tables.first else { return }
        findings.add(
            .note, "foreign, so that no rows are copied: \(Wording.list(tables.map(\.name.description)))",
            why: "Definitions, foreign servers (\(Wording.list(context.source.foreignServers))) and user mappings are "
                + "moved.",
            cure: "see that the target can reach the foreign servers", object: first.name.description)
    }

    private static let inheritance = Check(
        "SK407", "Tables inherit from others",
        """
        Children by `inherits` are tables of their own and are copied as such, as are the partitions of a partitioned \
        table. Both arrive with the same structure as on the source.
        """
    ) { context, findings in
        let partitioned = context.relations.filter { $0.kind == .partitionedTable }.count
        let children = context.relations.filter { !$0.isPartition && !$0.parents.isEmpty }
        guard partitioned + children.count > 0 else { return }
        let words = [
            partitioned > 0 ? Wording.count(partitioned, "partitioned table") : nil,
            children.isEmpty ? nil : Wording.count(children.count, "child by inheritance", "children by inheritance"),
        ]
        findings.add(
            .note, "moved with the structure they have: \(words.compactMap(\.self).joined(separator: ", "))",
            why: "Partitions and children are copied as tables of their own.",
            cure: "a table with `from-partitions: true` in `hypertables` becomes one hypertable instead")
    }

    private static let publications = Check(
        "SK408", "Publications and subscriptions stay behind",
        """
        Publications and subscriptions describe how the source replicates, not what it holds. A subscription made on \
        the target would start to receive changes at once, beside the source's. They are left out; make them anew \
        after the switch.
        """
    ) { context, findings in
        // Those of migrations have a check of their own.
        let publications = context.source.publications.filter { !$0.hasPrefix("skein_") }
        let subscriptions = context.source.subscriptions
        guard publications.count + subscriptions.count > 0 else { return }
        let words = [
            publications.isEmpty ? nil : "publications \(Wording.list(publications))",
            subscriptions.isEmpty ? nil : "subscriptions \(Wording.list(subscriptions))",
        ]
        findings.add(
            .note, "left out: \(words.compactMap(\.self).joined(separator: "; "))",
            why: "They say how the source replicates, and would start doing so on the target.",
            cure: "make them anew on the target after the switch")
    }

    private static let tablespaces = Check(
        "SK409", "Tablespaces are not kept",
        """
        A tablespace is a directory of the source's machine. Everything goes to the target database's default \
        tablespace; managed services have no other. Where the target has several, move tables afterwards, or set the \
        default tablespace of the target database before the migration.
        """
    ) { context, findings in
        let tables = context.relations.filter { $0.tablespace != nil }
        guard let first = tables.first else { return }
        let names = Set(tables.compactMap(\.tablespace)).sorted()
        findings.add(
            .warning,
            "\(Wording.count(tables.count, "table")) in tablespaces (\(Wording.list(names))) will go to the target's "
                + "default tablespace",
            why: "Tablespaces are directories of the source's machine; they are not migrated.",
            cure: "see that the target's default tablespace has room for "
                + Wording.size(bytes: tables.reduce(0) { $0 + $1.tableBytes + $1.indexBytes }),
            object: first.name.description)
    }
}

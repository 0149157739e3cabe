import Catalog
import PlanFile

/// What must hold of a source that has TimescaleDB.
enum TimescaleSourceChecks {
    static let all = [
        version, plugin, indexIdentity, directChanges, partitioningFunctions, contradictions, rangePartitions, locks,
        notSelected,
    ]

    /// The hypertables of the source that are migrated.
    static func hypertables(_ context: CheckContext) -> [PlannedHypertable] {
        context.hypertables.filter { $0.source != nil }
    }

    private static func timescale(_ context: CheckContext) -> Catalog.Extension? {
        context.source.extensions.first { $0.name == "timescaledb" }
    }

    private static let version = Check(
        "SK108", "The source's TimescaleDB was never tested, or is too old",
        """
        Skein reads hypertables and what belongs to them through TimescaleDB's information views, as they are since \
        2.10. Its tests use 2.19 as the source. Newer versions are expected to work; rehearse the migration once.
        """
    ) { context, findings in
        guard let text = timescale(context)?.version else { return }
        let version = DottedVersion(text)
        if version < DottedVersion("2.10") {
            findings.add(
                .error, "the source's TimescaleDB is \(text); 2.10 is the oldest that can be read",
                cure: "install a newer package on the source, restart it, and run there first of all in a session",
                statement: "alter extension timescaledb update;", object: "timescaledb",
                at: Side.source.location(context))
        } else if version < DottedVersion("2.19") || version >= DottedVersion("2.20"),
            !context.source.hypertables.isEmpty
        {
            findings.add(
                .warning, "no test ran with TimescaleDB \(text) as the source",
                why: "Skein's tests use 2.19 as the source.", cure: "rehearse the migration once",
                object: "timescaledb", at: Side.source.location(context))
        }
    }

    private static let plugin = Check(
        "SK561", "pgoutput does not see chunks that are made later",
        """
        A hypertable's rows are in chunks, which TimescaleDB makes as rows arrive. A publication of the hypertable \
        holds the chunks that exist when it is made: rows of later ones would be missing from pgoutput's stream without \
        a word. test_decoding and wal2json see every table. `plugin: auto` takes one of them.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live, !hypertables(context).isEmpty,
            context.pluginChoice.plugin == .pgoutput
        else { return }
        let others = context.source.server.list("output_plugin_libraries")
        findings.add(
            .error, "pgoutput would miss chunks that the source makes during the migration",
            why: "A publication holds the chunks that exist when it is made.",
            cure: context.plan.replication.plugin.value == .auto
                ? "allow test_decoding on the source (`output_plugin_libraries`): run there, then reload it"
                : "say `replication: {plugin: auto}`",
            statement: context.plan.replication.plugin.value == .auto
                ? "alter system set output_plugin_libraries = "
                    + "\(((others ?? []) + ["test_decoding"]).map { Piece.literal($0) }.joined(separator: ", "));"
                : nil,
            object: "plugin", at: context.plan.replication.plugin.location)
    }

    private static let indexIdentity = Check(
        "SK573", "A hypertable's rows are named by an index that is the replica identity",
        """
        TimescaleDB gives a new chunk the hypertable's replica identity. Where that is an index, and another session \
        changes anything about the hypertable in the same moment, the chunk gets `replica identity nothing` instead \
        (seen with 2.19: 67 of 1,200 chunks while the hypertable's catalog row was updated). Updates that change a key \
        and deletes of such a chunk's rows cannot be followed. The identities `default` and `full` are always inherited.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live else { return }
        for planned in hypertables(context) {
            let relation = planned.relation
            let identity = context.identity(of: relation)
            guard identity.identity != .insertsOnly else { continue }
            let stays = identity.change == nil && relation.replicaIdentity == .index
            guard stays || identity.change?.clause.hasPrefix("using index") == true else { continue }
            let entry = context.plan.replication.identity.first { $0.table.value == relation.name }
            findings.add(
                .error, "\(planned.name) would be followed by its replica identity \(identity.why)",
                why: "TimescaleDB makes a chunk without it where another session changes the hypertable meanwhile.",
                cure: "say in `replication.identity` that all columns name a row",
                statement: "\(Wording.yaml(relation.name)): full", object: planned.name,
                at: entry?.choice.location ?? planned.location)
        }
    }

    /// What must be how, in live mode, so that the stream tells what happens to compressed rows.
    private static let settings: [(name: String, wanted: String, why: String)] = [
        (
            "timescaledb.enable_compressed_direct_batch_delete", "off",
            "A DELETE by the columns that compressed rows are segmented by removes whole batches, and the stream does "
                + "not tell which rows these held."
        ),
        (
            "timescaledb.enable_direct_compress_copy", "off",
            "Rows that come by COPY would be in the stream as compressed batches only."
        ),
        (
            "timescaledb.enable_direct_compress_insert", "off",
            "Inserted rows would be in the stream as compressed batches only."
        ),
        (
            "timescaledb.compress_truncate_behaviour", "truncate_only",
            "Compression that deletes rows instead of truncating does not wait for those who read a chunk."
        ),
    ]

    private static let directChanges = Check(
        "SK562", "The source changes compressed rows in ways that the stream does not tell",
        """
        TimescaleDB can delete, insert and copy whole compressed batches. The stream of changes then holds the batches \
        alone, in TimescaleDB's own form, and not the rows. A live migration needs these short cuts off, by \
        `alter database … set` on the source, which holds for sessions that begin afterwards: connect the application \
        anew. Undo it with `alter database … reset` when the migration is over.
        """
    ) { context, findings in
        let server = context.source.server
        guard context.plan.mode.value == .live, server.timescaleLicense != "apache",
            hypertables(context).contains(where: { $0.source?.columnstore != nil })
        else { return }
        for setting in settings {
            guard let value = server.setting(setting.name), value != setting.wanted else { continue }
            findings.add(
                .error, "\(setting.name) of the source is \(value)", why: setting.why,
                cure: "run on the source, then let the application connect anew",
                statement: "alter database \(QualifiedName.quoted(server.database)) set \(setting.name) = "
                    + "\(setting.wanted);",
                object: setting.name, at: Side.source.location(context))
        }
    }

    private static let partitioningFunctions = Check(
        "SK563", "A hypertable is divided by a function of its own",
        """
        A dimension with a partitioning function of the user's own cannot be made again through TimescaleDB's present \
        functions with the same borders. Leave the hypertable out, or let it become a plain table (`to: table`).
        """
    ) { context, findings in
        for planned in hypertables(context) where planned.entry.to == nil {
            for dimension in planned.source?.dimensions ?? [] {
                guard let function = dimension.partitioningFunction else { continue }
                findings.add(
                    .error,
                    "\(planned.name) is divided along \(QualifiedName.quotedIfNeeded(dimension.column)) by \(function)",
                    why: "Skein makes dimensions with TimescaleDB's own functions.",
                    cure: "say `to: table` in its entry, or leave it out", object: planned.name,
                    at: planned.location ?? Side.source.location(context))
            }
        }
    }

    private static let contradictions = Check(
        "SK564", "An entry contradicts what the hypertable is on the source",
        """
        A hypertable of a TimescaleDB source keeps its time column. Its entry may give another `chunk-interval` or \
        `space`, `columnstore` and `retention`, or say what else it becomes (`to`).
        """
    ) { context, findings in
        for planned in hypertables(context) where planned.entry.to == nil {
            guard let source = planned.source, let time = planned.entry.timeColumn, time.value != source.timeColumn
            else { continue }
            findings.add(
                .error,
                "\(planned.name) is divided by \(QualifiedName.quotedIfNeeded(source.timeColumn)) on the source, and "
                    + "the plan says time-column: \(Wording.yaml(time.value))",
                cure: "take the entry's time-column from the source",
                statement: "time-column: \(Wording.yaml(source.timeColumn))", object: planned.name,
                at: time.location ?? planned.location)
        }
    }

    private static let rangePartitions = Check(
        "SK572", "A hypertable cannot become a table partitioned by ranges",
        """
        `to: range-partitions` makes a partition for each range of chunks. This needs a time column of an integer, date \
        or timestamp type. A table whose time is a uuid can become a plain table.
        """
    ) { context, findings in
        for planned in hypertables(context) where planned.entry.to?.value == .rangePartitions {
            guard let source = planned.source, let column = planned.relation.column(named: source.timeColumn),
                RangeKey.scale(of: column.type) == nil || RangeKey.scale(of: column.type)?.1 == .uuid
            else { continue }
            findings.add(
                .error,
                "\(planned.name) is divided by \(QualifiedName.quotedIfNeeded(column.name)) of type \(column.typeName), "
                    + "which makes no ranges of partitions",
                cure: "say `to: table` in its entry", object: planned.name,
                at: planned.entry.to?.location ?? planned.location)
        }
    }

    private static let locks = Check(
        "SK565", "The source's lock table may be too small for all chunks",
        """
        While a hypertable is read, its chunks are locked, in an offline migration all at once and until the copy is \
        done. The lock table holds `max_locks_per_transaction` for each of `max_connections`.
        """
    ) { context, findings in
        let server = context.source.server
        let chunks = hypertables(context).reduce(0) { $0 + ($1.source?.chunks.count ?? 0) }
        let connections = server.number("max_connections") ?? 100
        let room = (server.number("max_locks_per_transaction") ?? 64) * connections
        // Each is in the holder's and in a reader's hands, compressed ones with what holds their rows.
        let needed = 3 * chunks
        guard needed > room / 2 else { return }
        findings.add(
            .warning,
            "\(Wording.count(chunks, "chunk")) of the source need about \(needed) locks at once, of \(room)",
            why: "An offline migration locks all chunks for as long as it copies; a live one those of a piece.",
            cure: "run on the source as a superuser, then restart the server",
            statement: "alter system set max_locks_per_transaction = \((needed * 2 / connections + 64) / 64 * 64);",
            object: "max_locks_per_transaction", at: Side.source.location(context))
    }

    private static let notSelected = Check(
        "SK566", "The extension is left out, and hypertables are not",
        """
        A hypertable needs TimescaleDB on the target. To leave TimescaleDB, give each hypertable an entry that says \
        what it becomes: `to: table`, or `to: range-partitions`.
        """
    ) { context, findings in
        guard timescale(context) != nil, !context.selected.extensions.contains("timescaledb") else { return }
        for planned in hypertables(context) where planned.entry.to == nil {
            findings.add(
                .error, "\(planned.name) is a hypertable, and extension timescaledb is left out",
                cure: "say in `hypertables` what it becomes",
                statement: "- {table: \(Wording.yaml(planned.relation.name)), to: table}", object: planned.name,
                at: planned.location)
        }
    }
}

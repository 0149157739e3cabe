import Catalog
import PlanFile

/// What TimescaleDB keeps beside rows: columnstores, continuous aggregates, jobs.
enum TimescaleKeptChecks {
    static let all = [licence, aggregates, jobs, compressed]

    private static let licence = Check(
        "SK560", "The source uses what the target's TimescaleDB has no licence for",
        """
        Columnstores (compression), continuous aggregates, policies and user-defined jobs belong to TimescaleDB's \
        community licence. The Apache-2 build, which Debian packages, answers "not supported under the current \
        license". Use a target with the community build, leave continuous aggregates out with \
        `select.tables.exclude`, and remove policies and columnstore settings from the source, or let hypertables become \
        plain tables (`to: table`).
        """
    ) { context, findings in
        guard context.target.server.timescaleLicense == "apache" || offersApacheOnly(context) else { return }
        let kept = context.kept
        let needs: [(String, [String])] = [
            ("continuous aggregates", kept.aggregates.map(\.view.description)),
            ("columnstores", kept.hypertables.filter { $0.columnstore != nil }.map(\.table.description)),
            (
                "jobs",
                kept.jobs.map { job in
                    "\(job.id) (\(job.procedure.name)\(job.subject.map { " of \($0)" } ?? ""))"
                }
            ),
        ].filter { !$0.1.isEmpty }
        guard !needs.isEmpty else { return }
        let list = needs.map { "\($0.0): \(Wording.list($0.1))" }.joined(separator: "; ")
        findings.add(
            .error, "the target's TimescaleDB has the Apache licence, and the source uses \(list)",
            why: "The Apache build has hypertables, and nothing of these.",
            cure: "use a target with TimescaleDB's community build, or remove them from the source",
            object: "timescaledb", at: Side.target.location(context))
    }

    /// Where the extension is not yet in the database, its setting tells, which a preloaded library brings.
    private static func offersApacheOnly(_ context: CheckContext) -> Bool {
        context.target.server.setting("timescaledb.license") == "apache"
    }

    private static let aggregates = Check(
        "SK569", "A continuous aggregate cannot be made again",
        """
        A continuous aggregate is made again by its query, over the hypertable or the continuous aggregate that it \
        reads: this must be migrated, rows included, and stay a hypertable. One of the old form (`finalized = false`), \
        made before TimescaleDB 2.7, holds partial aggregates: bring it to the present form on the source with \
        `cagg_migrate` first.
        """
    ) { context, findings in
        let kept = context.kept
        var readable = Set(kept.hypertables.map(\.table)).subtracting(withoutRows(context))
        for aggregate in kept.aggregates {
            let cure = "leave it out: `select: {tables: {exclude: [\(Wording.yaml(aggregate.view))]}}`"
            let location = Side.source.location(context)
            guard aggregate.isFinalized else {
                findings.add(
                    .error, "continuous aggregate \(aggregate.view) has the form of TimescaleDB before 2.7",
                    cure: cure + ", or run on the source",
                    statement: "call cagg_migrate(\(Piece.literal(aggregate.view.sql)));",
                    object: aggregate.view.description, at: location)
                continue
            }
            guard readable.contains(aggregate.source) else {
                findings.add(
                    .error,
                    "continuous aggregate \(aggregate.view) reads \(name(aggregate.source, context)), which is no "
                        + "hypertable with rows on the target",
                    cure: cure, object: aggregate.view.description, at: location)
                continue
            }
            readable.insert(aggregate.materialization)
        }
    }

    private static func withoutRows(_ context: CheckContext) -> Set<QualifiedName> {
        Set(context.relations.filter { context.selected.withoutData.contains($0.oid) }.map(\.name))
    }

    private static func name(_ table: QualifiedName, _ context: CheckContext) -> String {
        (context.source.continuousAggregates.first { $0.materialization == table }?.view ?? table).description
    }

    private static let jobs = Check(
        "SK570", "A job is not made on the target",
        """
        Policies are made again through TimescaleDB's functions, with the settings that the source shows. A job of a \
        kind that has no such function stays behind. Jobs belong to the role that migrates; those that were paused are \
        paused on the target, too.
        """
    ) { context, findings in
        for job in context.kept.jobs where JobDefinition(job) == nil {
            let subject = job.subject.map { " of \($0)" } ?? ""
            findings.add(
                .warning, "job \(job.id) (\(job.procedure)\(subject)) is not made on the target",
                why: "TimescaleDB has no function that makes it with these settings: \(job.config ?? "none").",
                cure: "make its like on the target after the migration", object: job.procedure.description,
                at: Side.source.location(context))
        }
    }

    private static let compressed = Check(
        "SK571", "Compressed chunks arrive uncompressed",
        """
        Rows of compressed chunks are read through the hypertable and arrive as they were before compression: the target \
        needs the room for them. The columnstore is set up again at the end; a policy then compresses by and by, and \
        without one, `compress_chunk` does.
        """
    ) { context, findings in
        for hypertable in context.kept.hypertables {
            let compressed = hypertable.chunks.filter(\.isCompressed)
            guard !compressed.isEmpty else { continue }
            let hasPolicy = context.kept.jobs.contains {
                $0.subject == hypertable.table && $0.procedure.name == "policy_compression" && $0.isScheduled
            }
            let bytes = compressed.reduce(0) { $0 + $1.bytes }
            findings.add(
                .note,
                "\(Wording.count(compressed.count, "compressed chunk")) of \(hypertable.table) arrive uncompressed "
                    + "(\(Wording.size(bytes: bytes)))",
                why: hasPolicy
                    ? "The columnstore policy, which is made at the end, compresses them again."
                    : "No policy compresses them again.",
                cure: hasPolicy ? nil : "after the migration, run on the target",
                statement: hasPolicy
                    ? nil
                    : "select compress_chunk(c, if_not_compressed => true) from show_chunks("
                        + "\(Piece.literal(hypertable.table.sql)), older_than => …) c;",
                object: hypertable.table.description)
        }
    }
}

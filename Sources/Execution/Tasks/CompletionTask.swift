private import Faults
private import PlanFile
private import Planning
internal import Postgres

/// The end of a cutover: looks for what came past it on the source, takes the downtime, and says in one transaction on
/// the target that it is complete. From then on nothing takes it back.
enum CompletionTask {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        let context = scope.context
        let (source, target) = (try scope.ends.source(), try scope.ends.target())
        try ForeignKeyTask.complete(context.tasks, target)
        let changed = try sourceDifferences(context, source, target)
        // With a way back this was done before the slot on the target, whose stream rests on its identities.
        if !context.opensFallback {
            try target.transaction {
                let recorded = try StreamStore(target, migration: context.migration).identities()
                try SourceIdentities.restore(recorded, on: target)
            }
        }
        try EndMarker(context).write(source, target)
        try awaitCount(scope, target)
        let outcome = try scope.inTransaction { target in
            guard let open = try CutoverLog(target, context.migration).hold() else { throw NotYet() }
            var warnings = changed
            switch LateChanges(open.lateChanges).verdict(open.fence) {
            case .wait: throw NotYet()
            case .refuse(let writes): throw writes
            case .warn(let text): warnings.append(text)
            case .complete: try refuseDifferences(context, target)
            }
            warnings += try advanceSequences(scope, source, target, open.fence)
            let report = try report(scope, source, target, open, warnings)
            try CutoverLog(target, context.migration).complete(report)
            try target.execute("set local synchronous_commit = on")
            FaultPoint.completing.pass()
            return TaskOutcome(warning: warnings.isEmpty ? nil : warnings.joined(separator: "; "))
        }
        FaultPoint.cutoverCompleted.pass()
        return outcome
    }

    /// The follower counts as it reads on to the second marker.
    private static let patience = 30.0

    static func awaitCount(_ scope: TaskScope, _ target: Connection) throws {
        try awaitCount(scope.context.migration, target)
    }

    /// - Parameter target: where changes are applied, and counted.
    static func awaitCount(_ migration: Int64, _ target: Connection) throws {
        let deadline = ContinuousClock.now + .seconds(patience)
        while ContinuousClock.now < deadline {
            try Task.checkCancellation()
            let isCounted = try target.scalar(
                "select late_changes is not null from skein.cutover where migration = $1",
                [String(migration)])
            if isCounted == "t" { return }
            try target.execute("select pg_catalog.pg_sleep(0.02)")
        }
        throw NotYet()
    }

    /// Without late writes, what differed without a fence does differ.
    private static func refuseDifferences(_ context: RunContext, _ target: Connection) throws {
        let rows = try target.query(
            """
            select warning from skein.task
            where migration = $1 and pg_catalog.starts_with(warning, $2) order by number
            """, [String(context.migration), VerifyTask.unfencedPrefix])
        guard rows.count > 0 else { return }
        let texts = rows.indices.map { String(rows.text($0, 0).dropFirst(VerifyTask.unfencedPrefix.count)) }
        throw Differs(text: texts.joined(separator: "\n"))
    }

    /// DDL on the source that the stream never tells of (EXACTNESS.md, 18), since the last time that it was dealt with: at
    /// the latest when the cutover's marker was applied. Tables that may hold other rows for it are compared in full,
    /// whatever the plan says of verification.
    /// - Throws: `Differs`, `CutoverOutdated`.
    private static func sourceDifferences(
        _ context: RunContext, _ source: Connection, _ target: Connection,
    ) throws -> [String] {
        guard let following = context.decisions.following,
            var before = try StreamStore(target, migration: context.migration).shape()
        else { return [] }
        let now = try SourceShape.read(source, following: following.tables.map(\.oid))
        _ = before.accept(truncations: try StreamStore(target, migration: context.migration).truncations(), from: now)
        let families = context.families
        let found = SourceWatch.differences(from: before, to: now, parts: context.hypertableParts) {
            context.plan.select.takes($0)
        }
        let targets = Dictionary(
            following.tables.map { ($0.name, $0.target) }, uniquingKeysWith: { first, _ in first })
        // Of a hypertable made of partitions the whole is compared, whatever became of one of them.
        func family(_ difference: SourceDifference) -> QualifiedName? {
            difference.root.flatMap { families.contains($0) ? $0 : nil } ?? targets[difference.table] ?? nil
        }
        // With checksums the verification has just compared every table that there was.
        let isVerified = context.verify == .checksums
        let suspects = found.filter { difference in
            if difference.kind == .columns { return true }
            if family(difference) != nil {
                return (difference.needsChecksum || difference.kind == .dropped) && !isVerified
            }
            return difference.kind == .attached || difference.needsChecksum && !isVerified
        }
        func compared(_ difference: SourceDifference) -> QualifiedName { family(difference) ?? difference.table }
        let differing = try SourceComparison.differing(Set(suspects.map(compared)), context, source, target)
        guard differing.isEmpty else {
            throw CutoverOutdated(differences: suspects.filter { differing.contains(compared($0)) })
        }
        let told = found.filter {
            [.created, .dropped, .replaced, .renamed, .detached].contains($0.kind) && family($0) == nil
        }
        return told.map { "\($0); \($0.cure)" }
    }

    /// What was drawn since the sequences were set. Never back: somebody may use the target already.
    private static func advanceSequences(
        _ scope: TaskScope, _ source: Connection, _ target: Connection, _ fence: Plan.Cutover.Fence,
    ) throws -> [String] {
        let sequences = scope.context.tasks.flatMap { task -> [QualifiedName] in
            if case .setSequences(let names) = task.action { names } else { [] }
        }
        let moved = try SequenceTask.advance(sequences, source, target, withMargin: fence == .none)
        guard !moved.isEmpty, fence == .none else { return [] }
        let names = moved.prefix(10).map(\.description).joined(separator: ", ")
        return [
            "sequences went on on the source beyond the margin while the cutover ran, and were set again: \(names)"
                + (moved.count > 10 ? " and \(moved.count - 10) more" : "")
        ]
    }

    private static func report(
        _ scope: TaskScope, _ source: Connection, _ target: Connection, _ open: CutoverLog.Open, _ warnings: [String],
    ) throws -> CutoverReport {
        let context = scope.context
        let log = CutoverLog(target, context.migration)
        let behind = LiveRun.behind(context.tasks.firstIndex { $0.action == .gate }, context.tasks).sorted()
        let times = try log.times(behind)
        let lift = try CutoverStore(target, migration: context.migration).record()?.fenceBefore
            .map { try Fence(source).liftingStatement($0) }
        var report = CutoverReport(
            fence: open.fence.rawValue, requested: open.requested, downtimeSeconds: times.downtime, parts: times.parts,
            lateChanges: open.lateChanges ?? 0, warnings: try log.warnings(behind) + warnings,
            refreshes: try unfilledViews(context, source, target),
            invalidKeys: try ForeignKeyTask.open(context.tasks, target), liftFence: lift)
        if context.opensFallback { report.fallback = CutoverReport.Fallback() }
        return report
    }

    /// Of the migrated materialized views those that the source has filled and the target has not, in the dump's order:
    /// each after those that it reads.
    private static func unfilledViews(
        _ context: RunContext, _ source: Connection, _ target: Connection,
    ) throws -> [String] {
        let rows = try target.query(selectUnfilled, [String(context.migration)])
        guard rows.count > 0 else { return [] }
        let names = rows.indices.map { QualifiedName(schema: rows.text($0, 0), name: rows.text($0, 1)) }
        let filled = try source.query(
            """
            select m.schemaname, m.matviewname from pg_catalog.pg_matviews m
            join unnest($1::text[], $2::text[]) v (schema, name) on v.schema = m.schemaname and v.name = m.matviewname
            where m.ispopulated
            """, [PostgresArray.literal(names.map(\.schema)), PostgresArray.literal(names.map(\.name))])
        let wanted = Set(filled.indices.map { QualifiedName(schema: filled.text($0, 0), name: filled.text($0, 1)) })
        return names.filter(wanted.contains).map { "refresh materialized view \($0.sql);" }
    }

    private static let selectUnfilled = """
        select m.schemaname, m.matviewname
        from skein.schema_entry e
        join pg_catalog.pg_matviews m
            on translate(m.schemaname, E'\\n\\r', '  ') = e.schema and translate(m.matviewname, E'\\n\\r', '  ') = e.name
        where e.migration = $1 and e.type = 'MATERIALIZED VIEW' and not m.ispopulated
        order by e.seq
        """
}

private import Faults
private import PlanFile
package import Planning
private import Postgres

/// The schema's tasks: what pg_dump says of the source goes into the state at once, and from there to the target in
/// steps, so that a run that goes on later or elsewhere restores the same schema.
package enum SchemaTask {
    /// Runs pg_dump, offline under the run's snapshot, and stores what it says.
    package static func dump(_ scope: TaskScope) throws -> TaskOutcome {
        let (context, snapshot) = (scope.context, scope.snapshot)
        if let snapshot {
            // The snapshot is tried first, because pg_dump says of a lost one only that it failed.
            try SourceReading.transaction(try scope.ends.source(), under: snapshot) {}
        } else if !context.isLive {
            throw SnapshotLost(id: "")
        }
        let source = try scope.ends.source()
        // Those that come while it runs are listed behind it, those that go before.
        var chunks = try SourceChunks.inUserSchemas(source)
        let entries: [DumpEntry]
        do {
            entries = try PgDump.run(
                sourceVersion: context.sourceVersion, targetVersion: context.targetVersion, target: context.source,
                snapshot: snapshot?.id, excludedSchemas: context.decisions.exclusions.schemas,
                applicationName: context.applicationName("dump-schema"))
        } catch let error as PgDumpError {
            guard let snapshot, case .failed(_, _, let messages) = error,
                messages.contains(where: tellsLostSnapshot)
            else { throw error }
            throw SnapshotLost(id: snapshot.id)
        }
        chunks += try SourceChunks.inUserSchemas(source)
        var exclusions = context.decisions.exclusions
        exclusions.objects += chunks
        let staged = SchemaStaging.stage(entries, exclusions: exclusions, isLive: context.isLive)
        return try scope.inTransaction(generation: snapshot?.generation) { target in
            let store = SchemaEntryStore(migration: context.migration)
            try store.removeAll(on: target)
            try store.insert(staged, on: target)
            FaultPoint.schemaDumped.pass()
            return TaskOutcome(rows: Int64(staged.count))
        }
    }

    /// "invalid snapshot identifier" up to PostgreSQL 16, 'snapshot "…" does not exist' from 17 on.
    private static func tellsLostSnapshot(_ line: String) -> Bool {
        line.contains("invalid snapshot identifier") || line.contains("snapshot \"") && line.contains("does not exist")
            || line.contains("could not import the requested snapshot")
    }

    package static func createExtension(
        name: String, schema: String, version: String?, _ scope: TaskScope,
    ) throws -> TaskOutcome {
        try scope.inTransaction { target in
            if try target.scalar("select true from pg_catalog.pg_extension where extname = $1", [name]) == nil {
                let isPlaced = schema == "pg_catalog" || schema.isEmpty
                // Two at once make the same schema, and the server says so by its own index.
                try target.query(
                    "select pg_catalog.pg_advisory_xact_lock($1, $2)",
                    [String(StateSchema.coordinationLockClass), String(scope.context.migration)])
                if !isPlaced { try target.execute("create schema if not exists \(QualifiedName.quoted(schema))") }
                try target.execute(
                    "create extension \(QualifiedName.quoted(name))"
                        + (isPlaced ? "" : " schema \(QualifiedName.quoted(schema))")
                        + (version.map { " version \(QualifiedName.quoted($0))" } ?? ""))
            }
            // Its licence shows only now, and must not be learnt after all rows have been copied.
            if name == "timescaledb", scope.context.tasks.contains(where: \.action.isPolicies) {
                try PolicyTask.requireLicense(target)
            }
            return TaskOutcome()
        }
    }

    /// Restores a stage in batches, a checkpoint each: ten thousand tables in one transaction exceed the lock table.
    package static func restore(_ stage: SchemaStage, _ scope: TaskScope) throws -> TaskOutcome {
        let store = SchemaEntryStore(migration: scope.context.migration)
        return try scope.inSteps { target in
            let batch = try store.batch(of: stage, on: target)
            guard !batch.isEmpty else { return TaskOutcome() }
            try SchemaRestorer.run(batch, on: target)
            try store.markDone(batch, on: target)
            return nil
        }
    }

    /// What acts on rows, once nothing is applied any more: ALWAYS and REPLICA triggers, and rules, fire for the applier,
    /// too (EXACTNESS.md, 22).
    package static func restoreTriggers(_ scope: TaskScope) throws -> TaskOutcome {
        let outcome = try restore(.trigger, scope)
        FaultPoint.triggersRestored.pass()
        return outcome
    }

    package static func createHypertable(_ definition: HypertableDefinition, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            // TimescaleDB need not be in `public`.
            let schema = try target.scalar(extensionSchema)
            let statements = HypertableDDL.create(definition, extensionSchema: schema ?? "public")
            for statement in statements { try target.execute(statement) }
            if let owner = definition.owner {
                try RightsTask.handOver(definition.table, to: owner, scope, target)
            }
            return TaskOutcome()
        }
    }

    static let extensionSchema = """
        select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
        where e.extname = 'timescaledb'
        """

    /// Builds an index by its definition, then runs what the dump says beside it: statistics targets, CLUSTER ON,
    /// REPLICA IDENTITY.
    package static func buildIndex(_ index: IndexBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute(ExpressionPath.ownWithTimeZone)
            try ExpressionPath.explaining(target, index.definition)
            if let oid = index.sourceOID, index.constraintOID == nil {
                try runTrailing("pg_class", oid, scope, target)
            }
            return TaskOutcome()
        }
    }

    package static func addConstraint(_ constraint: ConstraintBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            let name = QualifiedName.quoted(constraint.name)
            try target.execute(ExpressionPath.ownWithTimeZone)
            switch constraint.way {
            case .usingIndex:
                try target.execute(
                    "alter table only \(constraint.table.sql) add constraint \(name) \(constraint.keyKind) "
                        + "using index \(QualifiedName.quoted(constraint.indexName.name)) \(constraint.deferrability)")
            case .directly(let only):
                try ExpressionPath.explaining(
                    target,
                    "alter table \(only ? "only " : "")\(constraint.table.sql) add constraint \(name) "
                        + constraint.definition)
            }
            if constraint.sourceOID != 0 {
                try runTrailing("pg_constraint", constraint.sourceOID, scope, target)
            }
            return TaskOutcome()
        }
    }

    private static func runTrailing(
        _ catalog: String, _ oid: UInt32, _ scope: TaskScope, _ target: Connection,
    ) throws {
        let isHypertable = Set(scope.context.decisions.parents.map(\.sql))
        for staged in try SchemaEntryStore(migration: scope.context.migration).find(catalog, oid, on: target)
        where staged.stage == .index || staged.stage == .constraint {
            for statement in staged.entry.trailingStatements {
                // TimescaleDB refuses ONLY on hypertables.
                let words = isHypertable.first { statement.contains("ALTER TABLE ONLY \($0) ") }
                try target.execute(
                    words.map { statement.replacing("ALTER TABLE ONLY \($0) ", with: "ALTER TABLE \($0) ") }
                        ?? statement)
            }
        }
    }
}

private import Faults
private import LogicalDecoding
private import PlanFile
private import Planning
private import Postgres

/// The snapshot that the source is read under.
package struct SnapshotReference: Sendable, Equatable {
    /// What `set transaction snapshot` takes.
    package var id: String
    /// Counts the snapshots that saw different things.
    package var generation: Int
    /// What it sees, `xmin:xmax:xip`.
    package var text: String
}

/// The exported snapshot is gone with the session that held it: read under a new one.
package struct SnapshotLost: Error, Sendable { package var id: String }

/// Holds the snapshot of an offline run open, finds one that another process holds, or makes a new one.
package actor SnapshotKeeper {
    private let context: RunContext
    private let holder: Session
    private let control: Session

    package struct Renewal: Sendable {
        package var reference: SnapshotReference
        /// Whether it sees exactly what the one before saw: no transaction id was given out between them.
        package var isUnchanged: Bool
    }

    package init(_ context: RunContext) {
        self.context = context
        holder = Session(context.source, applicationName: context.applicationName("snapshot"))
        control = Session(
            context.target, applicationName: context.applicationName("snapshot"), settings: context.targetSettings)
    }

    /// Finds or makes the snapshot to read under.
    /// - Parameter lost: the id that was found to be gone, which is not tried again.
    package func renew(lost: String?) async throws -> Renewal {
        let context = context
        await holder.close()
        while true {
            let known = try await control.run { target in try Self.record(target, context) }
            if let id = known.snapshotID, id != lost, let text = known.snapshot, try await isAlive(id, seeing: text) {
                return Renewal(
                    reference: SnapshotReference(id: id, generation: known.generation, text: text), isUnchanged: true)
            }
            let exported = try await holder.run { source in try Self.export(source, context) }
            FaultPoint.snapshotExported.pass()
            if let renewal = try await store(exported, replacing: known) { return renewal }
            // Another process was faster, and its snapshot serves both.
            await holder.close()
        }
    }

    /// Records the snapshot as the one to read under.
    /// - Returns: nil where the record is no longer what `known` says.
    private func store(_ exported: Exported, replacing known: MigrationRecord) async throws -> Renewal? {
        let context = context
        return try await control.run { target in
            try target.transaction {
                // What was read under a generation must never be older than the state says after a crash.
                try target.execute("set local synchronous_commit = on")
                try target.query(
                    "select pg_catalog.pg_advisory_xact_lock($1, $2)",
                    [String(StateSchema.coordinationLockClass), String(context.migration)])
                let record = try Self.record(target, context)
                guard record.snapshotID == known.snapshotID, record.generation == known.generation else { return nil }
                let isUnchanged = record.snapshot == exported.text
                let generation = isUnchanged ? record.generation : record.generation + 1
                try StateStore(target).setSnapshot(
                    migration: context.migration, id: exported.id, text: exported.text, generation: generation,
                    writeCounters: isUnchanged ? nil : exported.counters)
                return Renewal(
                    reference: SnapshotReference(id: exported.id, generation: generation, text: exported.text),
                    isUnchanged: isUnchanged)
            }
        }
    }

    private static func record(_ target: Connection, _ context: RunContext) throws -> MigrationRecord {
        guard let record = try StateStore(target).migration(named: context.planName), record.id == context.migration
        else { throw StateError.unexpected("the migration's state is gone") }
        return record
    }

    /// Ends the holding transaction.
    package func close() async {
        await holder.close()
        await control.close()
    }

    /// - Parameter text: what it must see; after a restart of the source, ids are given out again.
    private func isAlive(_ id: String, seeing text: String) async throws -> Bool {
        try await holder.run { source in
            try source.execute("begin isolation level repeatable read read only")
            defer { try? source.execute("rollback") }
            do {
                try source.execute("set transaction snapshot \(Piece.literal(id))")
            } catch let error as PostgresError where error.sqlState != nil && !error.endsSession {
                return false
            }
            return try SourceReading.snapshotText(source) == text
        }
    }

    private struct Exported: Sendable {
        var id: String
        var text: String
        var counters: String
    }

    /// Locks first, looks then: a TRUNCATE or a rewrite between an older snapshot and the lock would show an empty
    /// table (EXACTNESS.md, 3). The locks last as long as the snapshot, so no piece meets such a table later either.
    private static func export(_ source: Connection, _ context: RunContext) throws -> Exported {
        let pieces = context.tasks.compactMap { if case .copy(let piece) = $0.action { piece } else { nil } }
        let tables = Set(pieces.map(\.table)).sorted()
        let hypertables = Dictionary(grouping: pieces.filter(\.isChunked), by: \.table)
            .compactMap { $0.value.first?.whole }
        var exported: String?
        while exported == nil {
            let chunks = try SourceChunks.list(hypertables, on: source)
            let locked = Set(chunks)
            try SourceChunks.lock(
                source, tables: tables, chunks: chunks,
                begin: "begin isolation level repeatable read read only; set local lock_timeout = '10s'")
            exported = try source.scalar("select pg_catalog.pg_export_snapshot()")
            // One that was made in between is not locked.
            guard try SourceChunks.list(hypertables, on: source).allSatisfy({ locked.contains($0) }) else {
                try source.execute("rollback")
                exported = nil
                continue
            }
            if exported == nil { throw StateError.unexpected("the source exports no snapshot") }
        }
        guard let id = exported else { throw StateError.unexpected("the source exports no snapshot") }
        let text = try SourceReading.snapshotText(source)
        let counters = try SourceWrites.counters(source)
        try waitForFlush(source, context)
        return Exported(id: id, text: text, counters: counters)
    }

    /// Waits until everything that the snapshot sees is on the source's disk: a row whose asynchronous commit is lost
    /// in a crash of the source must not have been copied (EXACTNESS.md, 4).
    private static func waitForFlush(_ source: Connection, _ context: RunContext) throws {
        guard !context.sourceIsStandby else { return }
        let seen = try source.scalar("select pg_catalog.pg_current_wal_insert_lsn()").flatMap { LSN($0) }
        guard let seen else { throw StateError.unexpected("the source tells no WAL position") }
        try ServerFlush.wait(source, for: seen)
    }
}

internal import LogicalDecoding
internal import PlanFile
internal import Planning
internal import Postgres
private import Synchronization

/// Watches what following rests on among the source's definitions, and tells what changes in silence (EXACTNESS.md, 18),
/// each once.
final class SourceDefinitions: Sendable {
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void
    /// Tables whose updates fail, that were told of.
    private let failing = Mutex<Set<QualifiedName>>([])
    private let doubts = Mutex(NewFiles())

    init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
    }

    private var publishes: Bool { context.decisions.following?.plugin == .pgoutput }

    /// At the beginning: slot and publications must be as they were, since from a publication that was made anew changes
    /// are missing (EXACTNESS.md, 1).
    /// - Throws: `SourceError`.
    func require(_ record: StreamRecord) async throws {
        let (context, publishes) = (context, publishes)
        let session = Session(context.source, applicationName: context.applicationName("follow"))
        do {
            try await session.run { source in
                try SlotStatus.require(source, slot: context.sourceNames.slot)
                guard publishes else { return }
                try SourcePublications(source, context.sourceNames).verify(record.publications)
            }
            _ = try await look(session)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// What changed otherwise is told; the cutover refuses where it made a difference.
    /// - Parameter applied: everything before it is applied.
    /// - Returns: whether a table has another file that a truncation still to be applied may explain.
    func look(_ session: Session, applied: LSN = LSN(rawValue: 0)) async throws -> Bool {
        let (context, publishes) = (context, publishes)
        let (known, truncations) = try await context.onTarget(as: "follow") {
            let store = StreamStore($0, migration: context.migration)
            return (try store.shape(), try store.truncations())
        }
        let (now, end, unnamed) = try await session.run { source in
            let unnamed = publishes ? try SourcePublications(source, context.sourceNames).withoutIdentity() : []
            let now = try known.map { try SourceShape.read(source, following: $0.followed) }
            let end = try source.scalar("select pg_catalog.pg_current_wal_insert_lsn()").flatMap { LSN($0) }
            return (now, end, unnamed)
        }
        tellFailing(unnamed)
        guard var known, let now, let end else { return false }
        if known.accept(truncations: truncations, from: now) {
            try await context.onTarget(as: "follow") { target in
                try target.transaction {
                    try StreamStore(target, migration: context.migration).changeShape {
                        _ = $0.accept(truncations: truncations, from: now)
                    }
                }
            }
        }
        let isDoubtful = doubts.withLock { $0.settle(&known, now, end: end, applied: applied) }
        let found = SourceWatch.differences(from: known, to: now, parts: context.hypertableParts) {
            context.plan.select.takes($0)
        }
        try await tellOnce(found, told: known.told ?? [])
        return isDoubtful
    }

    /// Told first, noted then: a run that is killed in between says it again.
    private func tellOnce(_ found: [SourceDifference], told before: [SourceDifference]) async throws {
        var told = SourceChangesTold(before)
        for text in told.add(found) { tell(.streamNotice(text)) }
        let (now, migration) = (told.told, context.migration)
        guard now != before else { return }
        try await context.onTarget(as: "follow") { target in
            try target.transaction { try StreamStore(target, migration: migration).changeShape { $0.told = now } }
        }
    }

    /// The application's statements fail because of our publication, until somebody acts: also told by each run.
    private func tellFailing(_ tables: [QualifiedName]) {
        let new = failing.withLock { known in
            defer { known = Set(tables) }
            return tables.filter { !known.contains($0) }
        }
        for table in new.prefix(20) {
            tell(
                .streamNotice(
                    "\(table): updates and deletes fail in the application, because this migration publishes it and it has "
                        + "no usable replica identity (any more); run on the source: alter table \(table.sql) replica "
                        + "identity full;"))
        }
    }
}

/// Tables that have another file, which a truncation may have made that is not applied yet.
struct NewFiles: Equatable {
    private struct File: Equatable {
        var node: UInt32
        /// Where the source's WAL ended when it was seen first: what made it is before.
        var end: LSN
    }

    private var files: [UInt32: File] = [:]

    /// Takes for unchanged, in `known`, the files of which the stream may still tell; not those that were told of.
    /// - Returns: whether there are any.
    mutating func settle(_ known: inout SourceShape, _ now: SourceShape, end: LSN, applied: LSN) -> Bool {
        let present = Dictionary(now.tables.map { ($0.oid, $0) }) { first, _ in first }
        var open: [UInt32: File] = [:]
        var isDoubtful = false
        for index in known.tables.indices {
            let was = known.tables[index]
            guard let table = present[was.oid], table.filenode != was.filenode else { continue }
            let file =
                files[was.oid].flatMap { $0.node == table.filenode ? $0 : nil }
                ?? File(node: table.filenode, end: end)
            open[was.oid] = file
            let isTold = known.told?.contains { $0.kind == .rewritten && $0.table == was.qualified } ?? false
            guard applied < file.end, !isTold else { continue }
            known.tables[index].filenode = table.filenode
            isDoubtful = true
        }
        files = open
        return isDoubtful
    }
}

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
            try await look(session)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// What changed otherwise is told; the cutover refuses where it made a difference.
    func look(_ session: Session) async throws {
        let (context, publishes) = (context, publishes)
        let known = try await context.onTarget(as: "follow") {
            try StreamStore($0, migration: context.migration).shape()
        }
        let (found, unnamed) = try await session.run { source in
            let unnamed = publishes ? try SourcePublications(source, context.sourceNames).withoutIdentity() : []
            guard let known else { return ([SourceDifference](), unnamed) }
            let now = try SourceShape.read(source, following: known.followed)
            let differences = SourceWatch.differences(from: known, to: now, parts: context.hypertableParts) {
                context.plan.select.takes($0)
            }
            return (differences, unnamed)
        }
        tellFailing(unnamed)
        try await tellOnce(found, told: known?.told ?? [])
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

private import Faults
private import Catalog
private import PlanFile
private import Planning
private import Postgres

/// After the source's snapshot was lost and a new one sees something else: keeps every finished piece whose checksum on
/// the target equals what the new snapshot sees, and gives the others back to be copied again (DESIGN.md, section 6).
///
/// Keys may exist already on tables that were complete. All pieces that differ lose their rows here, before any is
/// copied again, so what stays and what comes is one snapshot's content and no key is ever violated in between.
struct Recheck: Sendable {
    private let context: RunContext
    private let snapshot: SnapshotReference
    private let tell: @Sendable (RunEvent) -> Void

    init(_ context: RunContext, _ snapshot: SnapshotReference, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.snapshot = snapshot
        self.tell = tell
    }

    /// What is compared as one: a piece, or a table cut into blocks, whose numbers mean nothing on another server.
    private struct Part: Sendable {
        var piece: Piece
        var numbers: [Int]
        /// Whether all of the table is on the target; blocks are of no use otherwise.
        var isComplete: Bool
    }

    /// - Returns: numbers of the tasks that are to be done again.
    func run() async throws -> [Int] {
        let context = context
        let records = try await context.onTarget(as: "recheck") {
            try TaskStore($0, migration: context.migration).all()
        }
        let stale = records.filter { $0.state == .done && $0.generation != nil && $0.generation != snapshot.generation }
        guard !stale.isEmpty else { return [] }
        try await refuseChangedSchema()
        let parts = parts(records, stale: Set(stale.map(\.number)))
        // First of all, so that no crash in between leaves them as they are over rows that have changed.
        var reopened = try await reopenFollowers(records)
        reopened += try await resetLargeObjects(stale)
        try await withThrowingTaskGroup(of: [Int].self) { group in
            var waiting = parts.makeIterator()
            func startNext(_ verifier: Verifier) {
                guard let part = waiting.next() else { return }
                group.addTask { try await check(part, verifier) }
            }
            var verifiers: [Verifier] = []
            for _ in 0..<max(1, context.tableJobs) {
                let verifier = Verifier(context, snapshot: snapshot.id)
                verifiers.append(verifier)
                startNext(verifier)
            }
            var turn = 0
            while let numbers = try await group.next() {
                reopened += numbers
                startNext(verifiers[turn % verifiers.count])
                turn += 1
            }
            for verifier in verifiers { await verifier.close() }
        }
        return reopened.sorted()
    }

    private func parts(_ records: [TaskRecord], stale: Set<Int>) -> [Part] {
        var parts: [Part] = []
        var blocks: [QualifiedName: Part] = [:]
        for record in records {
            guard case .copy(let piece) = record.task.action else { continue }
            var isWhole = piece.isMixed
            if case .blocks = piece.rows { isWhole = true }
            if isWhole {
                // Rows that cannot be told apart are compared together.
                let name = piece.isMixed ? piece.targetTable : piece.table
                var part =
                    blocks[name]
                    ?? Part(
                        piece: context.wholes(of: [piece.table]).first?.compared ?? piece.whole, numbers: [],
                        isComplete: true)
                if record.state == .done { part.numbers.append(record.number) } else { part.isComplete = false }
                blocks[name] = part
            } else if stale.contains(record.number) {
                parts.append(Part(piece: piece, numbers: [record.number], isComplete: true))
            }
        }
        return parts
            + blocks.sorted { $0.key < $1.key }.map(\.value).filter { part in
                part.numbers.contains { stale.contains($0) }
            }
    }

    private func check(_ part: Part, _ verifier: Verifier) async throws -> [Int] {
        let (context, generation) = (context, snapshot.generation)
        let isParent = context.decisions.parents.contains(part.piece.targetTable)
        let isEqual =
            part.isComplete
            ? try await verifier.compare(Verifier.Subject(part.piece, targetHasChildren: isParent)).isEqual : false
        let isOurs = try await context.onTarget(as: "recheck") { target in
            let store = TaskStore(target, migration: context.migration)
            let isOurs = try target.transaction {
                // Another process may have compared it at the same time, and even have copied it again by now.
                guard !(try store.lockStale(part.numbers, generation: generation)).isEmpty else { return false }
                guard !isEqual else {
                    for number in part.numbers { try store.confirm(number, generation: generation) }
                    return true
                }
                try target.execute(CopyTask.silence)
                let only = isParent ? "" : "only "
                let condition = part.piece.targetCondition.map { " where \($0)" } ?? ""
                try target.execute("delete from \(only)\(part.piece.targetTable.sql)\(condition)")
                try store.reset(part.numbers)
                return true
            }
            if isOurs, !isEqual { FaultPoint.recheckReset.pass() }
            return isOurs
        }
        // The state's next look tells which of them are to be done again.
        guard isOurs else { return [] }
        for number in part.numbers { tell(.rechecked(id: context.tasks[number].id, isKept: isEqual)) }
        return isEqual ? [] : part.numbers
    }

    /// Sequences, materialized views and the last comparisons follow what the source holds now.
    private func reopenFollowers(_ records: [TaskRecord]) async throws -> [Int] {
        let followers = records.filter { $0.state == .done && $0.task.action.isRepeatedAfterChange }.map(\.number)
        guard !followers.isEmpty else { return [] }
        let context = context
        try await context.onTarget(as: "recheck") { try TaskStore($0, migration: context.migration).reopen(followers) }
        return followers
    }

    /// Large objects are not compared but copied again: exactly those that this migration made are removed.
    private func resetLargeObjects(_ stale: [TaskRecord]) async throws -> [Int] {
        let numbers = stale.filter { if case .copyLargeObjects = $0.task.action { true } else { false } }.map(\.number)
        guard !numbers.isEmpty else { return [] }
        let (context, generation) = (context, snapshot.generation)
        let reset = try await context.onTarget(as: "recheck") { target in
            try target.transaction {
                let store = TaskStore(target, migration: context.migration)
                let stale = try store.lockStale(numbers, generation: generation)
                try LargeObjectTask.remove(stale, migration: context.migration, target)
                try store.reset(stale)
                return stale
            }
        }
        for number in reset { tell(.rechecked(id: context.tasks[number].id, isKept: false)) }
        return reset
    }

    /// Rows are compared piece by piece, definitions as a whole: what was restored must still be what the source has.
    private func refuseChangedSchema() async throws {
        let context = context
        let present = try await ServerAccess(context.plan, .source, purpose: "recheck").run { source in
            let catalog = try CatalogReader.read(source, CatalogReader.Options(readsStatistics: false))
            return Fingerprint.source(catalog, ResolvedSelection(context.plan, source: catalog))
        }
        let before = try await context.onTarget(as: "recheck") {
            try StateStore($0).fingerprint(migration: context.migration)
        }
        let changed = before?.differences(to: present) ?? []
        guard changed.isEmpty else { throw SourceSchemaChanged(objects: changed.map(\.object)) }
    }
}

/// Definitions of the source have changed while the migration stood still.
package struct SourceSchemaChanged: Error, Sendable {
    /// By kind and name: `table public.readings`.
    package var objects: [String]
}

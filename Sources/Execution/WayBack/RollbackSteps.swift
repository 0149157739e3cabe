private import ChangeStream
private import Faults
internal import PlanFile
private import Planning
private import Postgres

/// What a rollback does, one after the other. `target` is the plan's target, where changes come from here, `source` the
/// plan's source, where they are applied and where the rollback's state is.
struct RollbackSteps: Sendable {
    let forth: RunContext
    let back: RunContext
    let waitSeconds: Double
    let tell: @Sendable (RunEvent) -> Void

    private var migration: Int64 { back.migration }
    private var fence: Plan.Cutover.Fence { back.plan.cutover.fence.value }

    func isComplete(_ patience: Patience) async throws -> Bool {
        let migration = migration
        return try await patience.retrying("rollback") {
            try await onSource { try CutoverStore($0, migration: migration).record()?.completed != nil }
        }
    }

    func run(_ follower: Follower, _ patience: Patience) async throws -> RollbackReport {
        if try await !isComplete(patience) {
            try await patience.retrying("rollback") { try await request(follower) }
            do {
                try await patience.retrying("rollback") { try await raiseFence() }
            } catch let refusal as RollbackRefused {
                // As if it had never been asked for: the application goes on with the target.
                let migration = back.migration
                if let record = try await onSource({ try CutoverStore($0, migration: migration).record() }) {
                    try await Rollback.undo(record, back, back.plan)
                }
                throw refusal
            }
            FaultPoint.rollbackFenced.pass()
            try await patience.retrying("rollback") { try await drain(follower) }
            let sequences = try await patience.retrying("rollback") { try await setSequences() }
            FaultPoint.rollbackSequencesSet.pass()
            let warnings = try await patience.retrying("rollback") { try await differences() }
            try await patience.retrying("rollback") { try await complete(sequences, warnings) }
            FaultPoint.rollbackCompleted.pass()
        }
        try await patience.retrying("rollback") { try await liftSourceFence() }
        try await patience.retrying("rollback") { try await dropForthSlot() }
        FaultPoint.rollbackUnfenced.pass()
        let report = try await patience.retrying("rollback") { try await remember() }
        FaultPoint.rollbackTold.pass()
        return report
    }

    // MARK: Before the application is stopped

    /// Waits until little is missing on the source, since from then on the application waits, too.
    private func request(_ follower: Follower) async throws {
        let (migration, fence, wait) = (migration, fence, waitSeconds)
        if let known = try await onSource({ try CutoverStore($0, migration: migration).record() }) {
            guard known.isAbandoned else { return }
            try await Rollback.undo(known, back, back.plan)
        }
        let maxLag = back.plan.cutover.maxLag.value.approximateSeconds
        var hasTold = false
        while true {
            if let status = follower.board.status {
                if status.phase == .following, status.lagSeconds <= maxLag { break }
                if !hasTold {
                    hasTold = true
                    tell(.streamNotice("the rollback begins once the source is less than \(Int(maxLag)) s behind"))
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await onSource { source in
            try source.durably {
                try CutoverStore(source, migration: migration).request(fence: fence, waitSeconds: wait)
            }
        }
        FaultPoint.rollbackRequested.pass()
        tell(.streamNotice("rolling back: the application is stopped on the target"))
    }

    private func raiseFence() async throws {
        let migration = migration
        try await onBoth { target, source in
            let store = CutoverStore(source, migration: migration)
            // Sessions that connected since would be new ones, which have the setting.
            guard try store.record()?.fenced == nil else { return }
            do {
                _ = try SourceTask.raiseFence(target, source, store)
            } catch let error as SourceError where error.isRefusal {
                throw RollbackRefused(reason: BackWords.exchanged(error.message))
            } catch SourceError.gateClosed {
                throw RollbackWithdrawn()
            }
        }
    }

    // MARK: The end of the stream

    /// Until no change is left behind the marker. What comes behind one, past the fence or without one, is not lost: the
    /// stream goes on to another.
    /// - Throws: `RollbackLeaks`.
    private func drain(_ follower: Follower) async throws {
        for round in 1... {
            try await writeMarker()
            try await waitUntilDrained(follower)
            FaultPoint.rollbackDrained.pass()
            let late = try await countLate()
            FaultPoint.rollbackCounted.pass()
            if late == 0 { return }
            guard round < rounds else { throw RollbackLeaks(count: late, isFenced: fence != .none) }
            let migration = migration
            try await onSource { source in
                try source.durably { try StreamStore(source, migration: migration).clearMarker() }
            }
        }
    }

    /// Without a fence nothing but the application itself stops it: after what it still had under way, it goes on.
    private var rounds: Int { fence == .none ? 2 : 5 }

    private func writeMarker() async throws {
        let (migration, names) = (migration, back.sourceNames)
        try await onBoth { target, source in
            try Marker(target, names, hasMessages: true).writeOnce(source, migration: migration)
        }
    }

    /// By this process's follower, or by the one of another process, which writes how far it is into the state.
    private func waitUntilDrained(_ follower: Follower) async throws {
        let migration = migration
        let control = Session(back.target, applicationName: back.applicationName("rollback"))
        while true {
            let isHere = follower.board.isDrained
            let isDrained = try await control.run { source in
                guard let record = try CutoverStore(source, migration: migration).record(), !record.isAbandoned else {
                    throw RollbackWithdrawn()
                }
                if let broken = try StreamStore(source, migration: migration).record()?.broken {
                    throw RollbackRefused(reason: broken)
                }
                let isThere = try FollowStore(source, migration: migration).status()?.status.phase == .drained
                return try (isHere || isThere)
                    && source.scalar(MilestoneTask.selectIsDrained, [String(migration)]) == "t"
            }
            if isDrained { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        await control.close()
    }

    /// Changes between the marker and a second one, counted by whoever follows.
    private func countLate() async throws -> Int64 {
        let (back, migration) = (back, migration)
        return try await onBoth { target, source in
            try EndMarker(back).write(target, source)
            do { try CompletionTask.awaitCount(migration, source) } catch is NotYet { throw RollbackNotCounted() }
            let count = try source.scalar(
                "select late_changes from skein.cutover where migration = $1", [String(migration)])
            return count.flatMap { Int64($0) } ?? 0
        }
    }

    // MARK: The source takes over

    /// Never back.
    /// - Returns: how many were moved.
    private func setSequences() async throws -> Int {
        let names = forth.tasks.flatMap { task in
            if case .setSequences(let names) = task.action { names } else { [QualifiedName]() }
        }
        let isOpen = fence == .none
        return try await onBoth { target, source in
            let present = try names.filter { name in
                try [target, source].allSatisfy {
                    try $0.scalar("select pg_catalog.to_regclass($1)", [name.sql]) != nil
                }
            }
            return try source.durably {
                try SequenceTask.advance(present, target, source, withMargin: isOpen).count
            }
        }
    }

    /// DDL on the target that its stream never tells of (EXACTNESS.md, 18).
    /// - Returns: what is to know of it.
    /// - Throws: `RollbackOutdated` where the source lacks rows for it.
    private func differences() async throws -> [String] {
        let (back, forth, migration) = (back, forth, migration)
        return try await onBoth { target, source in
            guard let following = back.decisions.following,
                var before = try StreamStore(source, migration: migration).shape()
            else { return [] }
            let now = try SourceShape.read(target, following: following.tables.map(\.oid))
            _ = before.accept(truncations: try StreamStore(source, migration: migration).truncations(), from: now)
            let found = SourceWatch.differences(from: before, to: now) { back.plan.select.takes($0) }
            let suspects = found.filter { $0.kind == .columns || $0.kind == .renamed || $0.needsChecksum }
            let attached = try suspects.filter { $0.kind == .attached }.filter { difference in
                try target.scalar("select true from \(difference.table.sql) limit 1") != nil
            }
            let compared = suspects.filter { $0.kind != .attached }
            let differing = try SourceComparison.differing(Set(compared.map(\.table)), forth, source, target)
            let missing = attached + compared.filter { differing.contains($0.table) }
            guard missing.isEmpty else { throw RollbackOutdated(differences: missing) }
            return found.filter { [.created, .dropped].contains($0.kind) }.map {
                "\($0.table) was \($0.kind == .created ? "created" : "dropped") on the target since the cutover, and not on "
                    + "the source"
            }
        }
    }

    private func complete(_ sequences: Int, _ warnings: [String]) async throws {
        let migration = migration
        try await onBoth { target, source in
            let before = try CutoverStore(source, migration: migration).record()?.fenceBefore
            let lift = try before.map { try Fence(target).liftingStatement($0) }
            try source.durably {
                // Nobody withdraws it meanwhile.
                guard try CutoverLog(source, migration).hold() != nil else { throw RollbackWithdrawn() }
                let times = try source.query(Self.selectTimes, [String(migration)])
                let report = RollbackReport(
                    requested: times.text(0, 0), completed: times.text(0, 1),
                    downtimeSeconds: times.double(0, 2) ?? 0, sequences: sequences, warnings: warnings, liftFence: lift)
                try source.query(
                    "update skein.cutover set completed = clock_timestamp(), report = $2 where migration = $1",
                    [String(migration), try StateStore.encode(report)])
                FaultPoint.rollbackCompleting.pass()
            }
        }
    }

    private static let selectTimes = """
        select requested, clock_timestamp(), extract(epoch from clock_timestamp() - requested)
        from skein.cutover where migration = $1
        """

    private func liftSourceFence() async throws {
        let forthMigration = forth.migration
        try await onBoth { target, source in
            guard let cutover = try CutoverStore(target, migration: forthMigration).record(),
                let before = cutover.fenceBefore
            else { return }
            try Fence(source).lift(before, wasSet: true)
        }
    }

    /// The application's new changes would be kept for the migration's own slot, which nobody reads from any more.
    private func dropForthSlot() async throws {
        let name = back.plan.name.value
        try await onSource { source in
            _ = try SlotRemoval.drop(
                source, slot: SourceNames(plan: name.identifier).slot, endingSessionsOf: name.text)
        }
    }

    /// Says in the target's state that the migration is over.
    private func remember() async throws -> RollbackReport {
        let (migration, forthMigration) = (migration, forth.migration)
        return try await onBoth { target, source in
            let text = try source.scalar("select report from skein.cutover where migration = $1", [String(migration)])
            guard let text else { throw StateError.unexpected("a rollback without its report") }
            let report: RollbackReport = try StateStore.decode(text)
            let log = CutoverLog(target, forthMigration)
            guard var cutover = try log.report() else { return report }
            cutover.fallback = CutoverReport.Fallback(rolledBack: report.completed)
            // What it said of the fence was done.
            cutover.liftFence = nil
            try target.durably {
                _ = try target.query(
                    "update skein.cutover set report = $2, fence_before = null where migration = $1",
                    [String(forthMigration), try StateStore.encode(cutover)])
            }
            return report
        }
    }

    /// - Parameter body: gets a session on the plan's target, then one on its source.
    private func onBoth<R: Sendable>(
        _ body: @Sendable (_ target: Connection, _ source: Connection) throws -> R,
    ) async throws -> R {
        let link = Link(back)
        do {
            let value = try await link.run("rollback") { ends in try body(ends.source(), ends.target()) }
            await link.close()
            return value
        } catch {
            await link.close()
            throw error
        }
    }

    private func onSource<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await ServerAccess(back.plan, .source, purpose: "rollback").run(body)
    }
}

private import Faults
private import Planning
private import Postgres

/// What came of one attempt at one task.
enum Attempt: Sendable {
    case done(TaskOutcome, seconds: Double)
    case doneElsewhere
    case takenElsewhere
    /// Something before it is to be done again.
    case blocked
    /// The id of the snapshot that is gone.
    case snapshotLost(String)
    case differs(String)
    case failed(TaskFailure, isTransient: Bool)
    case cancelled

    /// Claims a task and runs it.
    static func make(
        _ number: Int, _ context: RunContext, _ holder: Int, _ snapshot: SnapshotReference?, _ meter: CopyMeter,
        _ worker: TaskWorker, on link: Link,
    ) async -> Attempt {
        let task = context.tasks[number]
        do {
            // Compared before it is claimed: two processes may do so, but only one says that it is done.
            var outcome = TaskOutcome()
            let begun = ContinuousClock.now
            if case .verify(let piece) = task.action {
                outcome = try await VerifyTask.compare(piece, context, link.verifier)
            }
            let compared = outcome
            let elapsed = (ContinuousClock.now - begun) / .seconds(1)
            return try await link.run(task.id) { ends in
                let store = TaskStore(try ends.target(), migration: context.migration)
                let claiming = try store.claim(
                    number, holder: holder, needsAllRows: task.action.needsAllRows, worker: worker,
                    elapsed: elapsed)
                switch claiming {
                case .alreadyDone: return .doneElsewhere
                case .taken: return .takenElsewhere
                case .blocked: return .blocked
                case .claimed(let claim, let isRedo, let generation):
                    FaultPoint.taskClaimed.pass()
                    let scope = TaskScope(
                        context: context, number: number, claim: claim, generation: generation, isRedo: isRedo,
                        ends: ends,
                        snapshot: task.action.readsUnderSnapshot ? snapshot : nil, meter: meter,
                        comparedRows: compared.rows, comparedWarning: compared.warning)
                    if let snapshot = scope.snapshot, snapshot.generation != generation {
                        // Another process reads under a newer one: what this one reads would be thrown away.
                        try store.release(number, claim: claim, error: nil, sqlState: nil)
                        return .snapshotLost(snapshot.id)
                    }
                    return try perform(scope)
                }
            }
        } catch is CancellationError {
            return .cancelled
        } catch let difference as Differs {
            return .differs(difference.text)
        } catch {
            return Task.isCancelled ? .cancelled : .failed(TaskFailure(task, error), isTransient: error.isTransient)
        }
    }

    /// Runs a claimed task; gives the claim back where it fails.
    private static func perform(_ scope: TaskScope) throws -> Attempt {
        func release(_ error: String?, _ sqlState: String?) {
            // Best effort: a claim whose session is gone is free anyway.
            guard let target = try? scope.ends.target(), target.isUp else { return }
            if target.isInTransaction { try? target.execute("rollback") }
            let store = TaskStore(target, migration: scope.context.migration)
            try? store.release(scope.number, claim: scope.claim, error: error, sqlState: sqlState)
        }
        do {
            return .done(try TaskRunner.run(scope), seconds: 0)
        } catch let lost as SnapshotLost {
            release(nil, nil)
            return .snapshotLost(lost.id)
        } catch is ClaimLost {
            // Still ours when it was the generation that had moved on.
            release(nil, nil)
            return .takenElsewhere
        } catch is NotYet {
            release(nil, nil)
            return .blocked
        } catch {
            let failure = TaskFailure(scope.task, error)
            release(failure.message, failure.sqlState)
            throw error
        }
    }
}

extension Action {
    /// Whether the task reads the source under the run's snapshot.
    package var readsUnderSnapshot: Bool {
        switch self {
        case .copy, .copyLargeObjects, .copyExtensionRows, .dumpSchema: true
        default: false
        }
    }

    /// Whether what comes of the task depends on rows of several tables, or is in the way when rows are copied again.
    package var needsAllRows: Bool {
        switch self {
        case .addForeignKey, .validateForeignKey, .restorePostData, .setSequences, .refreshMaterializedView,
            .restoreEventTriggers, .checkSourceUnchanged, .vacuum, .verify, .restoreTriggers, .follow, .catchUp, .gate,
            .fence, .writeMarker, .drain, .recopyUnfollowed, .openFallback, .completeCutover, .applyPolicies,
            .setOwners,
            .grantPrivileges, .levelChunks, .createAggregate, .fillAggregate, .restoreAggregateViews,
            .applyTimescaleSettings:
            true
        case .dumpSchema, .createRoles, .setDatabase, .createExtension, .copyExtensionRows, .restorePreData,
            .createHypertable, .createPartitions, .copy, .copyLargeObjects, .buildIndex, .addConstraint, .attachIndexes,
            .analyze,
            .prepareSource, .createSlot, .dropIndex:
            false
        }
    }

    /// Whether the task does not begin while the source's snapshot is renewed, and what is copied compared with it.
    package var waitsForSnapshot: Bool { readsUnderSnapshot || needsAllRows }

    /// Whether what comes of the task depends on what the source holds, and is brought up to date by doing it again.
    package var isRepeatedAfterChange: Bool {
        switch self {
        // Large objects that are copied again are new ones.
        case .setSequences, .refreshMaterializedView, .checkSourceUnchanged, .vacuum, .verify, .copyExtensionRows,
            .setOwners, .grantPrivileges, .fillAggregate:
            true
        default: false
        }
    }
}

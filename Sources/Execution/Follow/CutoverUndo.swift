private import Faults
internal import PlanFile
internal import Planning
private import Postgres

/// Undoes what an abandoned cutover has done, in whatever state it stands, so that the migration follows again.
///
/// Four steps, each harmless when done twice; the cutover's row goes last, so that a run which is killed in between, and
/// any other, begins again:
/// 1. The gate and everything behind it is to be done again: whoever still works on it cannot commit.
/// 2. The source's fence is lifted: the application writes again.
/// 3. On the target goes what would disturb the applier, and then the marker, behind which it stopped.
/// 4. The gate is closed.
enum CutoverUndo {
    /// The engine calls it when none of its own tasks behind the gate is running.
    /// - Returns: the numbers of the tasks that are to be done again.
    /// - Throws: `SourceError`, `PostgresError`.
    static func run(_ context: RunContext) async throws -> [Int] {
        let gate = context.tasks.firstIndex { $0.action == .gate }
        let behind = LiveRun.behind(gate, context.tasks).sorted()
        let name = context.applicationName("cutover-undo")
        let target = Session(context.target, applicationName: name, settings: context.targetSettings)
        let source = Session(context.source, applicationName: name)
        do {
            let reopened = try await undo(context, behind, source, target)
            await target.close()
            await source.close()
            return reopened
        } catch {
            await target.close()
            await source.close()
            throw error
        }
    }

    private static func undo(
        _ context: RunContext, _ behind: [Int], _ source: Session, _ target: Session,
    ) async throws -> [Int] {
        let migration = context.migration
        let record = try await target.run { target in
            try target.durably {
                try reopen(behind, migration, target)
                return try CutoverStore(target, migration: migration).record()
            }
        }
        FaultPoint.undoReopened.pass()
        // What the applier writes from here on is not to flow back.
        if context.opensFallback { try await WayBackCleaning.run(context.plan) }
        if let record, let before = record.fenceBefore {
            let wasSet = record.fenced != nil
            try await source.run { try Fence($0).lift(before, wasSet: wasSet) }
        }
        FaultPoint.undoUnfenced.pass()
        let rebuilt = try await target.run { target in
            try target.durably {
                let rebuilt = try clear(context, behind, target)
                try StreamStore(target, migration: migration).clearMarker()
                return rebuilt
            }
        }
        FaultPoint.undoCleared.pass()
        try await target.run { target in try target.durably { try CutoverLog(target, migration).remove() } }
        FaultPoint.undoDone.pass()
        // Comparisons that the plan does not ask for count as done for the run.
        let isWanted = { (number: Int) in
            if case .verify = context.tasks[number].action { context.verify != .none } else { true }
        }
        return behind.filter(isWanted) + rebuilt
    }

    /// Waits for transactions that are just doing one of them.
    private static func reopen(_ numbers: [Int], _ migration: Int64, _ target: Connection) throws {
        try target.query(
            """
            update skein.task
            set state = 'pending', claim = null, holder = null, warning = null, error = null, sqlstate = null
            where migration = $1 and number = any ($2::integer[])
            """, [String(migration), PostgresArray.literal(numbers.map(String.init))])
    }

    /// - Returns: tasks before the gate that are to be done again: indexes that went with their constraints.
    private static func clear(_ context: RunContext, _ behind: [Int], _ target: Connection) throws -> [Int] {
        try target.execute("set local lock_timeout = '10s'; set local client_min_messages = error")
        let actions = behind.map { context.tasks[$0].action }
        var stages: [SchemaStage] = []
        if actions.contains(.restoreTriggers) { stages.append(.trigger) }
        if actions.contains(.restoreEventTriggers) { stages.append(.eventTrigger) }
        // Event triggers first: they fire on what follows.
        try SchemaRemoval.run(stages, migration: context.migration, on: target)
        if actions.contains(.attachIndexes) {
            try SchemaEntryStore(migration: context.migration).markUndone([.attach], on: target)
        }
        // What is said about keys goes with them. All else there stays: none of it disturbs the applier.
        if actions.contains(.restorePostData) {
            try SchemaEntryStore(migration: context.migration).markCommentsUndone(of: .postData, on: target)
        }
        let aggregates = actions.compactMap { if case .createAggregate(let made) = $0 { made.view } else { nil } }
        // What the applier writes would leave them stale without a note.
        for view in aggregates.reversed() {
            try target.execute("drop materialized view if exists \(view.sql) cascade")
        }
        if !aggregates.isEmpty {
            try SchemaEntryStore(migration: context.migration).markUndone([.aggregate], on: target)
        }
        try remove(removals(actions), target)
        for index in droppedIndexes(context.tasks, actions)
        where try target.scalar("select pg_catalog.to_regclass($1)", [index.name.sql]) == nil {
            try target.execute(index.definition)
        }
        let rebuilt = lostIndexes(context.tasks, actions, behind: Set(behind))
        try reopen(rebuilt, context.migration, target)
        return rebuilt
    }

    /// In rounds: a partition's index goes with its parent's only, and a key not before the foreign keys to it.
    private static func remove(_ statements: [String], _ target: Connection) throws {
        var left = statements
        while !left.isEmpty {
            var (refused, reason): ([String], PostgresError?) = ([], nil)
            for statement in left {
                do {
                    try target.savepoint { try target.execute(statement) }
                } catch let error as PostgresError where ["2BP01", "42P16"].contains(error.sqlState) {
                    refused.append(statement)
                    reason = reason ?? error
                }
            }
            if refused.count == left.count, let reason { throw reason }
            left = refused
        }
    }

    /// Constraints and indexes that are built behind the gate, because the applier's order may violate them.
    static func removals(_ actions: [Action]) -> [String] {
        var (foreignKeys, constraints, indexes): ([String], [String], [String]) = ([], [], [])
        for action in actions {
            switch action {
            case .addConstraint(let key): constraints.append(drop(key.name, of: key.table))
            case .addForeignKey(let key): foreignKeys.append(drop(key.name, of: key.table))
            case .buildIndex(let index): indexes.append("drop index if exists \(index.name.sql)")
            default: continue
            }
        }
        return foreignKeys + constraints + indexes
    }

    private static func drop(_ constraint: String, of table: QualifiedName) -> String {
        "alter table if exists \(table.sql) drop constraint if exists \(QualifiedName.quoted(constraint))"
    }

    /// Indexes that serve the applier, and are dropped behind the gate.
    static func droppedIndexes(_ tasks: [MigrationTask], _ behind: [Action]) -> [IndexBuild] {
        let dropped = Set(behind.compactMap { if case .dropIndex(let name) = $0 { name } else { nil } })
        return tasks.compactMap { task in
            if case .buildIndex(let index) = task.action, dropped.contains(index.name) { index } else { nil }
        }
    }

    /// Numbers of the index builds before the gate whose index goes with a constraint behind it.
    static func lostIndexes(_ tasks: [MigrationTask], _ behind: [Action], behind numbers: Set<Int>) -> [Int] {
        let lost = Set(
            behind.compactMap { action in
                if case .addConstraint(let key) = action, key.way == .usingIndex { key.indexName } else { nil }
            })
        return tasks.indices.filter { number in
            guard !numbers.contains(number), case .buildIndex(let index) = tasks[number].action else { return false }
            return lost.contains(index.name)
        }
    }
}

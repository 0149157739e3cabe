internal import Catalog
internal import PlanFile

/// What the tasks of a live migration wait for.
struct LiveVertices {
    var catchUp: Int?
    var drain: Int?
    /// After it tables that are followed for inserts only have the source's rows.
    var recopied: Int?
    var attachPhase = BuildPhase.early
    /// Ours, for the applier.
    var lookupIndexes: [QualifiedName] = []
}

extension GraphCompiler {
    /// Everything that can be done before the gate is; what remains behind it is the application's downtime.
    mutating func addLiveTasks() {
        let prepare = add(nil, .prepareSource, after: [])
        let slot = add(nil, .createSlot, after: [prepare])
        addSchemaTasks(after: [slot])
        addCopyTasks()
        live.attachPhase = lastPhaseOfPartitionedIndexes()
        addIndexTasks(.early)
        // Before changes are applied: their statements are planned by these statistics.
        addAnalyzeTasks(isLate: false)
        let follow = add(nil, .follow, after: graph.sinks)
        let catchUp = add(nil, .catchUp, after: [follow])
        live.catchUp = catchUp

        addIndexTasks(.caughtUp)
        addForeignKeyTasks(isLate: false, after: [catchUp])
        let isLate = hasLateKeys
        if !isLate { addEndOfDump() }
        addValidateTasks(isLate: false)
        addLiveVacuumTasks(after: catchUp)
        addRightsTasks(.early)
        let gate = add(nil, .gate, after: graph.sinks)
        addCutoverTasks(after: gate, hasLateKeys: isLate)
    }

    /// What needs all keys, and statistics that rest on it.
    private mutating func addEndOfDump() {
        addPostData()
        addAnalyzeTasks(isLate: true)
    }

    /// When nothing but the applier writes, whose transactions are short. Materialized views are filled in the downtime:
    /// theirs is left to the server.
    private mutating func addLiveVacuumTasks(after catchUp: Int) {
        let keys = foreignKeyVertices()
        let validations = validations
        addVacuumTasks { relation, tasks in
            guard relation.kind != .materializedView else { return nil }
            // Only those before the gate: the vacuum is, too.
            let own = [tasks.analyze, validations[relation.oid]].compactMap(\.self)
            return Set([catchUp] + tasks.tails + own + (keys[relation.oid] ?? [])).sorted()
        }
    }

    private mutating func addCutoverTasks(after gate: Int, hasLateKeys: Bool) {
        let fence = add(nil, .fence, after: [gate])
        let marker = add(nil, .writeMarker, after: [fence])
        let drain = addLevelling(after: add(nil, .drain, after: [marker]))
        let recopied = addRecopy(after: drain)
        (live.drain, live.recopied) = (drain, recopied)
        for name in live.lookupIndexes { add(name.description, .dropIndex(name), after: [drain]) }
        addLargeObjects(after: [drain])
        addExtensionRows(isLate: false, after: [drain])
        if !sequences.isEmpty {
            add(nil, .setSequences(sequences), after: [drain])
        }
        addIndexTasks(.drained)
        addForeignKeyTasks(isLate: true, after: [recopied])
        if hasLateKeys { addEndOfDump() }
        addValidateTasks(isLate: true, after: [recopied])
        let triggers = add(nil, .restoreTriggers, after: hasLateKeys ? [recopied, postData] : [recopied])
        // Policies decide what a view's owner sees.
        addViewTasks(after: addAggregateTasks(after: triggers))
        addExtensionRows(isLate: true, after: graph.sinks)
        addRightsTasks(.late)
        let eventTriggers = add(nil, .restoreEventTriggers, after: graph.sinks)
        addRightsTasks(.eventTriggers)
        let end = graph.sinks.first ?? eventTriggers
        addVerifyTasks(after: end)
        // Behind everything that writes rows to the target: none of it is to flow back.
        if plan.cutover.opensFallback { add(nil, .openFallback, after: graph.sinks) }
        add(nil, .completeCutover, after: graph.sinks)
    }

    /// Chunks that were dropped on the source left no trace in the stream.
    private mutating func addLevelling(after drain: Int) -> Int {
        let tables = selection.relations.map(\.name).filter { lookup.hypertablesByName[$0] != nil }
        let copied = Set(pieces.values.compactMap(\.first?.table))
        let chunked = tables.filter(copied.contains)
        return chunked.isEmpty ? drain : add(nil, .levelChunks(chunked), after: [drain])
    }

    /// - Returns: the drain where all tables are followed.
    private mutating func addRecopy(after drain: Int) -> Int {
        let tables = selection.relations.filter {
            identities(of: $0.oid).contains { $0.identity == .insertsOnly }
        }
        guard !tables.isEmpty else { return drain }
        return add(nil, .recopyUnfollowed, after: [drain], weight: tables.reduce(0) { $0 + $1.tableBytes })
    }
}

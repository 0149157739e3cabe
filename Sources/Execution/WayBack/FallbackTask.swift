private import Faults
private import PlanFile
private import Planning
internal import Postgres

/// Opens the way back: identities, publication and slot on the target, after the last row that the migration itself
/// writes there and before the first of the application's.
///
/// What the applier and the copies wrote is committed before this task begins: everything that writes rows comes before
/// it in the graph, and the applier stands behind the marker and writes nothing. So none of it is in the slot's stream;
/// and the application writes only once the cutover is complete, which is behind this task: so all of that is.
enum FallbackTask {
    static func open(_ scope: TaskScope) throws -> TaskOutcome {
        let (context, ends) = (scope.context, scope.ends)
        let source = try ends.source()
        return try scope.outsideTransaction { target in
            let opening = WayBackOpening(context, source: source, target: target)
            do {
                try opening.run {
                    try Connection(
                        context.target.with("replication", "database"),
                        applicationName: "skein/\(WayBack.name(of: context.plan))/slot")
                }
            } catch let error as SourceError {
                throw WayBackNotOpened(error: error)
            }
            FaultPoint.fallbackOpened.pass()
            return TaskOutcome()
        }
    }
}

/// The steps of it. Each finds out what there is to do, so that a crash anywhere leaves what the next run finishes.
struct WayBackOpening {
    /// The run of the migration.
    private let context: RunContext
    private let source: Connection
    private let target: Connection

    init(_ context: RunContext, source: Connection, target: Connection) {
        self.context = context
        self.source = source
        self.target = target
    }

    /// - Parameter replication: connects a session in replication mode to the target.
    /// - Throws: `WayBackClosed`, `WayBackNameTaken`, `SourceError`.
    func run(replication: () throws -> Connection) throws {
        let record = try record()
        FaultPoint.fallbackRecorded.pass()
        guard let following = record.decisions.following else { throw StateError.unexpected("a way back of nothing") }
        let back = try RunContext(back: record, of: context.plan, retryFor: context.retryFor)
        // Both ends exchanged: the state is the source's.
        try SourcePreparation(
            source: target, target: source, migration: record.id, names: back.sourceNames
        ).run(following)
        FaultPoint.fallbackPrepared.pass()
        try SlotCreation(
            source: target, target: source, migration: record.id, names: back.sourceNames, planName: record.name
        ).run(following, replication: replication)
    }

    /// Its row in the source's state, made where there is none.
    private func record() throws -> MigrationRecord {
        let name = WayBack.name(of: context.plan)
        if let known = try StateStore(source).migration(named: name) {
            guard let origin = known.settings[WayBack.migrationKey] else { throw WayBackNameTaken(name: name) }
            if origin == context.uid { return known }
            // Of an earlier migration of this name, whose target is none of ours any more.
            try source.transaction { _ = try StateStore(source).remove(migrationNamed: name) }
        }
        // Once, and before identities are changed for the way back, which are recorded from here on.
        try target.transaction {
            let recorded = try StreamStore(target, migration: context.migration).identities()
            try SourceIdentities.restore(recorded, on: target)
        }
        try create(name)
        guard let made = try StateStore(source).migration(named: name) else {
            throw StateError.unexpected("the state of the way back is gone")
        }
        return made
    }

    private func create(_ name: String) throws {
        guard let forth = context.decisions.following,
            let fingerprint = try StateStore(target).fingerprint(migration: context.migration)
        else { throw StateError.unexpected("a way back of an offline migration") }
        let back = try WayBackTables.read(target, forth).decide(forth, plugin: context.plan.replication.plugin.value)
        var graph = MigrationGraph(
            tasks: [], tables: [], jobs: context.decisions.jobs, exclusions: Exclusions())
        graph.following = back
        let (from, to) = (try ServerFacts.read(target).identity, try ServerFacts.read(source).identity)
        let (uid, hash) = (context.uid, context.plan.hash)
        try source.durably {
            let store = StateStore(source)
            try store.prepare()
            _ = try store.create(
                name: name, planHash: hash, settings: [WayBack.migrationKey: uid], source: from, target: to,
                fingerprint: fingerprint, graph: graph, skeinVersion: "")
        }
    }
}

/// What is wrong on the target, where the way back has its slot and publications.
struct WayBackNotOpened: ToldError {
    var error: SourceError
    var object: String? { nil }
    var summary: String { BackWords.exchanged(error.message) }
    var cure: String? { error.cure.map(BackWords.exchanged) }
    var mayPass: Bool { error.isTransient }
}

/// The source holds the state of a migration that is called like our way back.
struct WayBackNameTaken: ToldError {
    var name: String
    var object: String? { "schema skein" }
    var summary: String {
        "the source holds the state of a migration called \(name), which the way back would be called"
    }
    var cure: String? {
        "run `skein clean` with that migration's plan once it is finished; or `skein cutover --abort`, then begin without "
            + "`cutover.fallback`"
    }
    var mayPass: Bool { false }
}

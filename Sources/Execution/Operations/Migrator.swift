private import Faults
private import Catalog
package import PlanFile
package import Planning
internal import Postgres

/// What `migrate` takes from its command line.
package struct MigrateOptions: Sendable {
    /// Override the plan's.
    package var tableJobs: Int?
    package var indexJobs: Int?
    /// How long transient failures are retried without any success between, seconds.
    package var retryFor: Double
    package var version: String
    /// Live: tables to copy again while everything else goes on.
    package var resync: [QualifiedName] = []
    /// Live: make a new slot and compare everything, because the stream is broken.
    package var repair = false
    /// Live, as `skein cutover` does where no `migrate` runs: the gate is opened when it is time, and the run ends where
    /// it is not.
    package var opensGate = false
    /// How long that waits for transactions that are open on the source, seconds.
    package var waitSeconds = 10.0

    package init(tableJobs: Int? = nil, indexJobs: Int? = nil, retryFor: Double = 600, version: String) {
        self.tableJobs = tableJobs
        self.indexJobs = indexJobs
        self.retryFor = retryFor
        self.version = version
    }
}

/// Why a migration cannot be gone on with.
package enum ResumeRefusal: Error, Sendable, Equatable {
    /// Keys of the plan that may not change between the runs of one migration.
    case changedKeys([String])
    /// `source` or `target`: what differs, before and now.
    case otherServer(side: String, what: String, before: String, now: String)
}

/// Starts a migration, or goes on with it.
package struct Migrator: Sendable {
    private let plan: Plan
    private let options: MigrateOptions

    package init(_ plan: Plan, _ options: MigrateOptions) {
        self.plan = plan
        self.options = options
    }

    private var name: String { plan.name.value.text }
    private var settings: [String: String] {
        Dictionary(plan.settings.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The migration's row in the state, nil where it has not begun.
    package func record() async throws -> MigrationRecord? {
        let name = name
        return try await onTarget { target in try StateStore(target).migration(named: name) }
    }

    /// Stores a compiled plan as a new migration.
    package func create(_ inspection: Inspection, _ graph: MigrationGraph) async throws {
        let (name, hash, settings, version) = (name, plan.hash, settings, options.version)
        let fingerprint = inspection.sourceFingerprint
        let origin = OriginRecord(inspection)
        try await onTarget { target in
            try target.transaction {
                let store = StateStore(target)
                try store.prepare()
                // Another process may have begun the same migration a moment ago.
                guard try store.migration(named: name) == nil else { return }
                let id = try store.create(
                    name: name, planHash: hash, settings: settings, source: ServerIdentity(inspection.source.server),
                    target: ServerIdentity(inspection.target.server), fingerprint: fingerprint, graph: graph,
                    skeinVersion: version)
                let history = HistoryStore(target, migration: id)
                try history.prepare()
                try history.setOrigin(origin)
            }
        }
        FaultPoint.stateCreated.pass()
    }

    /// Runs a migration that the state holds, from wherever it stands.
    /// - Throws: `ResumeRefusal`, `PostgresError`.
    package func run(tell: @escaping @Sendable (RunEvent) -> Void) async throws -> RunEnd {
        guard let record = try await record() else { throw StateError.unexpected("the migration's state is gone") }
        let changed = forbiddenChanges(since: record)
        guard changed.isEmpty else { throw ResumeRefusal.changedKeys(changed) }
        if record.finished != nil { return .alreadyFinished }
        let sourceFacts = try await ServerAccess(plan, .source, purpose: "control").run { try ServerFacts.read($0) }
        let (settings, hash) = (settings, plan.hash)
        let (targetFacts, records) = try await onTarget { target in
            let facts = try ServerFacts.read(target)
            try StateStore(target).update(migration: record.id, settings: settings, planHash: hash)
            try target.transaction { try HistoryStore(target, migration: record.id).prepare() }
            return (facts, try TaskStore(target, migration: record.id).all())
        }
        // What a failed-over source has lost of its last commits, a repair finds out.
        var source = sourceFacts.identity
        if options.repair { source.timeline = record.source.timeline }
        try refuseOther("source", record.source, source)
        try refuseOther("target", record.target, targetFacts.identity)
        let jobs = record.decisions.jobs
        var context = RunContext(
            planName: name, migration: record.id, source: try ConnectionTarget(plan.source.uri.value),
            target: try ConnectionTarget(plan.target.uri.value),
            sourceVersion: sourceFacts.identity.version, targetVersion: targetFacts.identity.version,
            sourceIsStandby: sourceFacts.inRecovery, decisions: record.decisions, tasks: records.map(\.task),
            tableJobs: options.tableJobs ?? plan.copy.tableJobs?.value ?? jobs.tableJobs,
            indexJobs: options.indexJobs ?? plan.copy.indexJobs?.value ?? jobs.indexJobs,
            retryFor: options.retryFor, verify: plan.cutover.verify.value, plan: plan)
        context.opensGate = options.opensGate
        context.cutoverWait = options.waitSeconds
        context.uid = record.uid
        context.skeinVersion = options.version
        context.sourceIdentity = sourceFacts.identity
        if context.isLive {
            try await LivePreparation(context, tell: tell).run(
                resync: options.resync, repair: options.repair, source: sourceFacts.identity)
        }
        // A repair has reopened some.
        let present = try await onTarget { try TaskStore($0, migration: record.id).all() }
        return try await Engine(context, records: present, tell: tell).run()
    }

    // MARK: What may change

    /// Keys that may change between the runs of one migration (DESIGN.md, section 4).
    private static let changeable: Set<String> = [
        "source.uri", "target.uri", "source.provider", "target.provider", "copy.table-jobs", "copy.index-jobs",
        "replication.apply-jobs", "replication.spool.max-size", "cutover.max-lag", "cutover.fence",
        "cutover.approval", "cutover.verify",
    ]

    private func forbiddenChanges(since record: MigrationRecord) -> [String] {
        let now = settings
        return Set(now.keys).union(record.settings.keys).subtracting(Self.changeable)
            .filter { now[$0] != record.settings[$0] }.sorted()
    }

    private func refuseOther(_ side: String, _ before: ServerIdentity, _ now: ServerIdentity) throws(ResumeRefusal) {
        func compare(_ what: String, _ old: String?, _ new: String?) throws(ResumeRefusal) {
            // A server that will not tell cannot be compared.
            guard let old, let new, old != new else { return }
            throw .otherServer(side: side, what: what, before: old, now: new)
        }
        try compare("system identifier", before.systemIdentifier, now.systemIdentifier)
        try compare("database", before.database, now.database)
        if side == "source" {
            try compare("timeline", before.timeline.map { String($0) }, now.timeline.map { String($0) })
        }
    }

    private func onTarget<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await ServerAccess(plan, .target, purpose: "control").run(body)
    }
}

extension OriginRecord {
    /// As the servers are now.
    init(_ inspection: Inspection) {
        func server(_ catalog: Catalog) -> Server {
            Server(
                version: catalog.server.version,
                timescaleDB: catalog.extensions.first { $0.name == "timescaledb" }?.version,
                database: catalog.server.database, encoding: catalog.server.encoding)
        }
        self.init(
            findings: inspection.diagnostics, source: server(inspection.source), target: server(inspection.target))
    }
}

/// The few facts of a server that a resumed run needs.
struct ServerFacts: Sendable {
    var identity: ServerIdentity
    var inRecovery: Bool

    static func read(_ connection: Connection) throws -> ServerFacts {
        let rows = try connection.query("select current_database(), pg_catalog.pg_is_in_recovery()")
        let history = try connection.transaction("begin read only") { try ServerHistory.read(connection) }
        return ServerFacts(
            identity: ServerIdentity(
                systemIdentifier: history.systemIdentifier, timeline: history.timeline, database: rows.text(0, 0),
                version: connection.serverVersion),
            inRecovery: rows.bool(0, 1))
    }
}

import Foundation
import PlanFile
import Planning
import Postgres
import TestServers

@testable import Execution

/// A live migration that stands at its cutover, as far as the state goes: the tests say which tasks it has and which are
/// done.
struct CutoverFixture: Sendable {
    let context: RunContext
    var source: ConnectionTarget { context.source }
    var target: ConnectionTarget { context.target }
    var migration: Int64 { context.migration }

    /// - Parameters:
    ///   - sql: for both sides; `sourceSQL` and `targetSQL` for one, behind it.
    ///   - unfollowed: tables of schema public that are followed for inserts only; each is one piece and task.
    ///   - actions: the tasks behind the copies, in their order, each needing the one before.
    static func with(
        sql: String = "", sourceSQL: String = "", targetSQL: String = "", unfollowed: [String] = [],
        actions: [Action], _ body: @Sendable (CutoverFixture) async throws -> Void,
    ) async throws {
        func batches(_ texts: String...) -> [String] { texts.filter { !$0.isEmpty } }
        try await TestServers.withScratchDatabase(
            on: TestServers.requireSource(), prefix: "cutover", sql: batches(sql, sourceSQL)
        ) { source in
            try await TestServers.withScratchDatabase(
                on: TestServers.requireTarget(), prefix: "cutover", sql: batches(sql, targetSQL)
            ) { target in
                let context = try await TestServers.blocking {
                    try create(source, target, unfollowed: unfollowed, actions)
                }
                try await body(CutoverFixture(context: context))
            }
        }
    }

    private static func create(
        _ sourceTarget: ConnectionTarget, _ targetTarget: ConnectionTarget, unfollowed: [String], _ actions: [Action],
    ) throws -> RunContext {
        let source = try Connection(sourceTarget, applicationName: "skein tests")
        let target = try Connection(targetTarget, applicationName: "skein tests")
        let copies = try unfollowed.map { try piece($0, source) }
        let tasks = (copies.map { Action.copy($0) } + actions).enumerated().map { number, action in
            MigrationTask(id: "\(action.kind):\(number)", action: action, needs: number == 0 ? [] : [number - 1])
        }
        let jobs = JobDecision(
            tableJobs: 1, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
            maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
        let following = FollowingDecision(
            plugin: .pgoutput, pluginWhy: "", isBinary: true, hasMessages: true,
            tables: copies.map {
                FollowingDecision.Table(name: $0.table, oid: $0.tableOID, identity: .insertsOnly, why: "")
            },
            published: [], publishedForInserts: [])
        let identity = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_000)
        let graph = MigrationGraph(
            tasks: tasks, tables: [], jobs: jobs, exclusions: Exclusions(), following: following)
        let migration = try target.transaction {
            try StateStore(target).prepare()
            return try StateStore(target).create(
                name: "live", planHash: "", settings: [:], source: identity, target: identity,
                fingerprint: StateStore.decode(#"{"digest": "", "objects": {}}"#), graph: graph, skeinVersion: "0")
        }
        try StreamStore(target, migration: migration).claim()
        let text = "name: live\nsource: {uri: postgresql://a}\ntarget: {uri: postgresql://b}\n"
        guard let plan = PlanLoader.load(text: text, file: "plan.yaml", environment: [:]).plan else {
            throw StateError.unexpected("the plan does not load")
        }
        return RunContext(
            planName: "live", migration: migration, source: sourceTarget, target: targetTarget,
            sourceVersion: source.serverVersion, targetVersion: target.serverVersion, sourceIsStandby: false,
            decisions: Decisions(tables: [], jobs: jobs, exclusions: Exclusions(), following: following), tasks: tasks,
            tableJobs: 1, indexJobs: 1, retryFor: 10, verify: .checksums, plan: plan)
    }

    private static func piece(_ table: String, _ source: Connection) throws -> Piece {
        let name = QualifiedName(schema: "public", name: table)
        let shape = try TableShape.read(name, on: source)
        return Piece(
            table: name, tableOID: shape.oid, number: 1, count: 1, rows: .all,
            columns: shape.columns.filter { !$0.isGenerated }.map(\.name), isBinary: true, mayFreeze: false,
            estimatedRows: 1, estimatedBytes: 1)
    }

    // MARK: Doing

    /// Opens the gate, and says that what comes before it is done.
    func begin(fence: Plan.Cutover.Fence = .none) async throws {
        let gate = context.tasks.firstIndex { $0.action == .gate } ?? 0
        let migration = migration
        try await onTarget { target in
            try CutoverStore(target, migration: migration).request(fence: fence, waitSeconds: 0)
            try target.query("update skein.task set state = 'done' where number < $1", [String(gate)])
        }
    }

    /// Claims a task and runs it, as an engine does.
    /// - Parameter isApplied: the applier stands at the marker.
    @discardableResult
    func run(_ action: Action, isApplied: Bool = true) async throws -> TaskOutcome {
        let context = context
        guard let number = context.tasks.firstIndex(where: { $0.action == action }) else {
            throw StateError.unexpected("no such task")
        }
        try await onTarget {
            _ = try $0.query("update skein.task set state = 'done' where number < $1", [String(number)])
        }
        if action == .drain, isApplied { try await execute(Self.applied, target) }
        return try await context.run(number)
    }

    private static let applied = """
        delete from skein.apply_progress;
        insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position)
        select migration, 0, w, 2, 1, marker_lsn from skein.stream, generate_series(0, 1) w
        """

    func execute(_ sql: String, _ server: ConnectionTarget) async throws {
        try await TestServers.execute(sql, on: server)
    }

    func value(_ sql: String, _ server: ConnectionTarget) async throws -> String? {
        try await TestServers.withConnection(to: server) { try $0.scalar(sql) }
    }

    func onTarget<R: Sendable>(_ body: @escaping @Sendable (Connection) throws -> R) async throws -> R {
        try await TestServers.withConnection(to: target, body)
    }
}

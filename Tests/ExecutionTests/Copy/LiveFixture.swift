import ChangeStream
import Foundation
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

/// A live migration whose schema is restored and whose slot is made, as far as its state goes: its pieces are to be
/// copied.
struct LiveFixture: Sendable {
    struct Table: Sendable {
        var name: String
        var rows: [Piece.Rows] = [.all]
        var identity: FollowingDecision.Identity = .columns(["id"])
        var isHypertable = false
        var mayFreeze = false
    }

    let context: RunContext
    var source: ConnectionTarget { context.source }
    var target: ConnectionTarget { context.target }

    /// - Parameters:
    ///   - sql: for both sides; `targetSQL` for the target alone, behind it.
    ///   - slot: the snapshot that the slot is said to have exported; nil: what is seen now.
    static func with(
        source: ConnectionTarget? = nil, sql: String, targetSQL: [String] = [], withTimescaleDB: Bool = false,
        rowsSQL: String = "", tables: [Table], _ body: (LiveFixture) async throws -> Void,
    ) async throws {
        let server = try source ?? TestServers.requireSource()
        try await TestServers.withScratchDatabase(
            on: server, prefix: "livecopy", sql: [sql, rowsSQL].filter { !$0.isEmpty }
        ) { source in
            try await TestServers.withScratchDatabase(
                on: TestServers.requireTarget(), prefix: "livecopy", withTimescaleDB: withTimescaleDB,
                sql: [sql] + targetSQL
            ) { target in
                try await body(LiveFixture(source: source, target: target, tables))
            }
        }
    }

    private init(source: ConnectionTarget, target: ConnectionTarget, _ tables: [Table]) async throws {
        context = try await TestServers.blocking {
            try Self.create(
                source: Connection(source, applicationName: "skein tests"),
                target: Connection(target, applicationName: "skein tests"), source, target, tables)
        }
    }

    private static func create(
        source: Connection, target: Connection, _ sourceTarget: ConnectionTarget, _ targetTarget: ConnectionTarget,
        _ tables: [Table],
    ) throws -> RunContext {
        let jobs = JobDecision(
            tableJobs: 2, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
            maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
        var tasks: [MigrationTask] = []
        var decisions: [TableDecision] = []
        var followed: [FollowingDecision.Table] = []
        for table in tables {
            let name = QualifiedName(schema: "public", name: table.name)
            let shape = try TableShape.read(name, on: source)
            for (number, rows) in table.rows.enumerated() {
                let piece = Piece(
                    table: name, tableOID: shape.oid, number: number + 1, count: table.rows.count, rows: rows,
                    columns: shape.columns.filter { !$0.isGenerated }.map(\.name), isBinary: true,
                    mayFreeze: table.mayFreeze, estimatedRows: 1, estimatedBytes: 1)
                tasks.append(
                    MigrationTask(id: "copy:\(name):000\(number + 1)", action: .copy(piece), needs: []))
            }
            decisions.append(
                TableDecision(
                    table: name, way: .ranges, pieces: table.rows.count, isBinary: true,
                    isHypertable: table.isHypertable, estimatedRows: 1, bytes: 1, indexBytes: 1, why: ""))
            followed.append(
                FollowingDecision.Table(name: name, oid: shape.oid, identity: table.identity, why: ""))
        }
        tasks.append(MigrationTask(id: "follow", action: .follow, needs: Array(tasks.indices)))
        let following = FollowingDecision(
            plugin: .pgoutput, pluginWhy: "", isBinary: true, hasMessages: true, tables: followed, published: [],
            publishedForInserts: [])
        let graph = MigrationGraph(
            tasks: tasks, tables: decisions, jobs: jobs, exclusions: Exclusions(), following: following)
        let identity = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_000)
        let migration = try target.transaction {
            try StateStore(target).prepare()
            return try StateStore(target).create(
                name: "live", planHash: "", settings: [:], source: identity, target: identity,
                fingerprint: StateStore.decode(#"{"digest": "", "objects": {}}"#), graph: graph, skeinVersion: "0")
        }
        let plan = PlanLoader.load(
            text: "name: live\nsource: {uri: postgresql://a}\ntarget: {uri: postgresql://b}\n", file: "plan.yaml",
            environment: [:]
        ).plan
        guard let plan else { throw StateError.unexpected("the plan does not load") }
        let context = RunContext(
            planName: "live", migration: migration, source: sourceTarget, target: targetTarget,
            sourceVersion: source.serverVersion, targetVersion: target.serverVersion, sourceIsStandby: false,
            decisions: Decisions(tables: decisions, jobs: jobs, exclusions: Exclusions(), following: following),
            tasks: tasks, tableJobs: 2, indexJobs: 1, retryFor: 10, verify: .checksums, plan: plan)
        let now = try PieceSnapshot.take(source)
        try target.query(
            """
            insert into skein.stream (migration, slot_generation, consistent_lsn, slot_snapshot, progress_generation)
            values ($1, 1, $2, $3, 1)
            """, [String(migration), now.insertLSN.description, now.watermark.description])
        return context
    }

    /// Another slot, which exported what the source shows now, or what is given.
    func setSlot(generation: Int = 1, snapshot: String? = nil) async throws {
        let text: String
        if let snapshot { text = snapshot } else { text = try await value("select pg_current_snapshot()", source) }
        try await execute(
            "update skein.stream set slot_generation = \(generation), slot_snapshot = '\(text)'", target)
    }

    // MARK: Doing

    /// Claims a task and runs it, as an engine does.
    @discardableResult
    func run(_ number: Int, on link: Link? = nil) async throws -> TaskOutcome {
        try await context.run(number, on: link)
    }

    func execute(_ sql: String, _ server: ConnectionTarget) async throws {
        try await TestServers.execute(sql, on: server)
    }

    func value(_ sql: String, _ server: ConnectionTarget) async throws -> String {
        try await TestServers.column(sql, on: server).first.flatMap(\.self) ?? ""
    }

    /// All rows of a table as text, ordered.
    func rows(_ table: String, _ server: ConnectionTarget) async throws -> [String] {
        try await TestServers.column("select t::text from public.\(table) t order by 1", on: server).compactMap(\.self)
    }

    func areEqual(_ table: String) async throws -> Bool {
        try await rows(table, source) == rows(table, target)
    }

    /// Waits until a query answers true.
    func wait(_ sql: String, _ server: ConnectionTarget) async throws {
        for _ in 0..<1000 {
            if try await value(sql, server) == "t" { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw StateError.unexpected("never true: \(sql)")
    }

    /// Expects the first task to be begun, and not to end for a while.
    func expectToWait() async throws {
        let isRunning = "select state = 'running' from skein.task where number = 0"
        try await wait(isRunning, target)
        try await Task.sleep(for: .seconds(1))
        #expect(try await value(isRunning, target) == "t")
    }

    /// A session of our own process's copy that waits for a lock.
    static let copyWaitsForLock = """
        select exists (
            select from pg_stat_activity where application_name like 'skein/live/%' and wait_event_type = 'Lock'
                and datname = current_database())
        """
}

/// A session that a test keeps open over several steps.
actor HeldSession {
    private let session: Session
    init(_ target: ConnectionTarget) { session = Session(target, applicationName: "application") }
    func execute(_ sql: String) async throws { try await session.run { try $0.execute(sql) } }
    func value(_ sql: String) async throws -> String { try await session.run { try $0.scalar(sql) ?? "" } }
    func close() async { await session.close() }
}

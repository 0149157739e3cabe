import ChangeStream
import Foundation
import PlanFile
import Planning
import Postgres
import TestServers

@testable import Execution

/// A migration that begins: a source with tables, a target with its state, a plan's name of its own, because slots are
/// one server's and not one database's.
struct SourceFixture {
    /// Which server is the source.
    enum Server: String, CaseIterable, CustomStringConvertible {
        case postgres15, postgres17, postgres18
        var description: String { rawValue }

        static let present = TestServers.has18 ? Self.allCases : [.postgres15, .postgres17]

        var connection: ConnectionTarget {
            get throws {
                switch self {
                case .postgres15: try TestServers.requireSource()
                case .postgres17: try TestServers.requireTarget()
                case .postgres18: try TestServers.requireTarget18()
                }
            }
        }
    }

    static let sql = """
        create table keyed (id integer primary key, body text);
        create table bare (id integer, body text);
        create table full_row (id integer, body text);
        create table indexed (id integer not null, body text);
        create unique index indexed_id on indexed (id);
        create table parted (id integer primary key, body text) partition by range (id);
        create table parted_low partition of parted for values from (0) to (100);
        create table parted_high partition of parted for values from (100) to (200);
        insert into keyed values (1, 'a');
        insert into bare values (1, 'a');
        insert into full_row values (1, 'a');
        insert into indexed values (1, 'a');
        insert into parted values (1, 'a'), (101, 'b')
        """

    let sourceTarget: ConnectionTarget
    /// Ours; others' sessions are `application()`.
    let source: Connection
    let target: Connection
    let migration: Int64
    let planName: String
    let following: FollowingDecision

    var names: SourceNames { SourceNames(plan: planName) }
    var stream: StreamStore { StreamStore(target, migration: migration) }
    var cutover: CutoverStore { CutoverStore(target, migration: migration) }

    static func with(
        on server: Server = .postgres15, hasMessages: Bool = true, plugin: Plan.Plugin = .pgoutput,
        _ body: @escaping @Sendable (SourceFixture) throws -> Void,
    ) async throws {
        let name = "t" + UUID().uuidString.prefix(8).lowercased()
        try await TestServers.withScratchDatabase(on: server.connection, prefix: "source_s", sql: sql) { source in
            try await TestServers.withScratchDatabase(on: TestServers.requireTarget(), prefix: "source_t") { target in
                let outcome = await Result {
                    try await TestServers.blocking {
                        try body(
                            SourceFixture(source, target, name, hasMessages: hasMessages, plugin: plugin))
                    }
                }
                // A database with a slot cannot be dropped.
                try await TestServers.withConnection(to: source) { connection in
                    try connection.query(
                        """
                        select pg_terminate_backend(active_pid) from pg_replication_slots
                        where slot_name = $1 and active_pid is not null
                        """, [SourceNames(plan: name).slot])
                    _ = try SlotRemoval.drop(
                        connection, slot: SourceNames(plan: name).slot, endingSessionsOf: name)
                    try connection.execute("set transaction_read_only = off")
                }
                try outcome.get()
            }
        }
    }

    private init(
        _ source: ConnectionTarget, _ target: ConnectionTarget, _ name: String, hasMessages: Bool,
        plugin: Plan.Plugin,
    ) throws {
        sourceTarget = source
        planName = name
        self.source = try Connection(source, applicationName: "skein/\(name)/test")
        self.target = try Connection(target, applicationName: "skein/\(name)/test")
        following = try Self.decide(self.source, hasMessages: hasMessages, plugin: plugin)
        migration = try Self.create(self.target, name)
    }

    private static func decide(
        _ source: Connection, hasMessages: Bool, plugin: Plan.Plugin,
    ) throws -> FollowingDecision {
        func name(_ table: String) -> QualifiedName { QualifiedName(schema: "public", name: table) }
        func table(
            _ table: String, _ identity: FollowingDecision.Identity, change: FollowingDecision.IdentityChange? = nil,
        ) throws -> FollowingDecision.Table {
            let oid = try source.scalar("select $1::regclass::oid", [name(table).sql]).flatMap { UInt32($0) } ?? 0
            return FollowingDecision.Table(name: name(table), oid: oid, identity: identity, change: change, why: "")
        }
        let isPgoutput = plugin == .pgoutput
        return FollowingDecision(
            plugin: plugin, pluginWhy: "", isBinary: isPgoutput, hasMessages: hasMessages,
            tables: [
                try table("bare", .insertsOnly),
                try table("full_row", .full, change: .init(clause: "full", before: "default")),
                try table(
                    "indexed", .columns(["id"]),
                    change: .init(clause: #"using index "indexed_id""#, before: "default")),
                try table("keyed", .columns(["id"])), try table("parted_high", .columns(["id"])),
                try table("parted_low", .columns(["id"])),
            ],
            published: isPgoutput ? ["full_row", "indexed", "keyed", "parted"].map(name) : [],
            publishedForInserts: isPgoutput ? [name("bare")] : [])
    }

    private static func create(_ target: Connection, _ name: String) throws -> Int64 {
        let identity = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_000)
        let jobs = JobDecision(
            tableJobs: 1, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
            maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
        return try target.transaction {
            try StateStore(target).prepare()
            return try StateStore(target).create(
                name: name, planHash: "", settings: [:], source: identity, target: identity,
                fingerprint: StateStore.decode(#"{"digest": "", "objects": {}}"#),
                graph: MigrationGraph(tasks: [], tables: [], jobs: jobs, exclusions: Exclusions()), skeinVersion: "0")
        }
    }

    // MARK: Steps

    /// A session that is not ours.
    func application() throws -> Connection {
        // Without what our own sessions pin.
        try Connection(sourceTarget, applicationName: "shop")
    }

    func prepare(attempts: Int = 2) throws {
        try SourcePreparation(
            source: source, target: target, migration: migration, names: names, attempts: attempts
        ).run(following)
    }

    func createSlot() throws {
        try SlotCreation(source: source, target: target, migration: migration, names: names, planName: planName).run(
            following, replication: { try walsender() })
    }

    func walsender(_ name: String? = nil) throws -> Connection {
        try Connection(
            sourceTarget.with("replication", "database"), applicationName: name ?? "skein/\(planName)/slot")
    }

    /// Begins to receive, and stays in the middle of it.
    func receiver(_ name: String? = nil) throws -> Connection {
        let connection = try walsender(name)
        do {
            _ = try connection.simpleQuery(
                "START_REPLICATION SLOT \(names.slot) LOGICAL 0/0 (proto_version '1', publication_names "
                    + "'\"\(names.publication)\",\"\(names.insertsPublication)\"')")
        } catch PostgresError.unexpected {}
        return connection
    }

    func clean() throws -> SourceCleaned {
        try SourceCleaning(source, names: names, planName: planName, attempts: 2)
            .run(SourceTraces.read(target, planName: planName))
    }

    /// Replica identities as `table letter`.
    func identities() throws -> [String] {
        try column(
            """
            select relname || ' ' || relreplident::text from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1
            """)
    }

    func column(_ sql: String) throws -> [String] {
        let rows = try source.query(sql)
        return rows.indices.map { rows.text($0, 0) }
    }

    /// Everything of ours on the source.
    func traces() throws -> [String] { try SourceLeftovers.find(source, names).map(\.description) }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

import ChangeStream
import Foundation
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

/// A source with a slot, and a target with the state's tables.
struct Bed: Sendable {
    var source: ConnectionTarget
    var target: ConnectionTarget
    var slot: SlotSource.Slot
    var start: LSN
    var watermark: Watermark

    static func with<R>(
        _ plugin: Plugin = .pgoutput, isBinary: Bool = false, source sourceSQL: String, target targetSQL: String? = nil,
        hypertables: String = "", serverOfSource: ConnectionTarget? = nil, _ body: (Bed) async throws -> R,
    ) async throws -> R {
        let sourceServer = try serverOfSource ?? TestServers.requireSource()
        return try await TestServers.withScratchDatabase(on: sourceServer, prefix: "apply_s", sql: sourceSQL) {
            source in
            try await TestServers.withScratchDatabase(
                on: try TestServers.requireTarget(), prefix: "apply_t", withTimescaleDB: !hypertables.isEmpty,
                sql: [targetSQL ?? sourceSQL, hypertables, Self.state],
            ) { target in
                let name =
                    "apply_\(ProcessInfo.processInfo.processIdentifier)_\(number.add(1, ordering: .relaxed).newValue)"
                try await TestServers.execute("create publication everything for all tables", on: source)
                let facts = try await TestServers.withConnection(to: source) { connection in
                    if plugin == .wal2json { try connection.execute(SlotSource.allowWal2json) }
                    let start =
                        try connection.scalar(
                            "select lsn from pg_create_logical_replication_slot('\(name)', '\(plugin.rawValue)')") ?? ""
                    return [start, try connection.scalar("select pg_current_snapshot()") ?? ""]
                }
                let slot = SlotSource.Slot(
                    database: source, name: name, plugin: plugin, isBinary: isBinary, publication: "everything")
                let bed = Bed(
                    source: source, target: target, slot: slot, start: try #require(LSN(facts[0])),
                    watermark: try #require(Watermark(facts[1])))
                let outcome: Result<R, any Error>
                do { outcome = .success(try await body(bed)) } catch { outcome = .failure(error) }
                try await TestServers.execute("select pg_drop_replication_slot('\(name)')", on: source)
                return try outcome.get()
            }
        }
    }

    private static let number = Atomic(0)

    private static let state = """
        create schema skein;
        create table skein.migration (id bigint primary key);
        insert into skein.migration values (1);
        \(ApplyProgress.ddl)
        """

    // MARK: Tables

    /// A table whose rows were copied when the slot was made.
    func table(
        _ name: String, _ identity: FollowingDecision.Identity, pieces: [CopiedPiece]? = nil,
    ) async throws -> FollowedTable {
        let oid = try await TestServers.column("select 'public.\(name)'::regclass::oid", on: source).first ?? nil
        let columns = try await TestServers.column(
            """
            select attname from pg_attribute where attrelid = 'public.\(name)'::regclass and attnum > 0 and not attisdropped
                and attgenerated = '' order by attnum
            """, on: source)
        return FollowedTable(
            name: QualifiedName(schema: "public", name: name), sourceOID: UInt32(oid ?? "") ?? 0,
            columns: columns.compactMap(\.self), identity: identity,
            pieces: pieces ?? [CopiedPiece(rows: .all, watermark: watermark, insertLSN: start)])
    }

    // MARK: Applying

    func settings(jobs: Int = 1) -> ApplySettings {
        ApplySettings(
            migration: 1, target: target, source: source, applicationName: { "skein/tests/\($0)" },
            targetSettings: ["synchronous_commit": "off"], plugin: slot.plugin, jobs: jobs, startPosition: start)
    }

    func applier(
        _ tables: [FollowedTable], jobs: Int = 1, isFarBehind: Bool = false, events: Events = Events(),
        adjust: (inout ApplySettings) -> Void = { _ in },
    ) -> Applier {
        let slot = slot
        var settings = settings(jobs: jobs)
        adjust(&settings)
        return Applier(
            settings, tables: tables,
            open: { _ in try SlotSource(slot, pretendedEnd: isFarBehind ? LSN(rawValue: .max / 2) : nil) },
            report: { events.add($0) })
    }

    /// Applies everything that the source has committed.
    @discardableResult
    func applyAll(
        _ tables: [FollowedTable], jobs: Int = 1, isFarBehind: Bool = false, events: Events = Events(),
        adjust: (inout ApplySettings) -> Void = { _ in },
    ) async throws -> ApplyStatus {
        let token = UUID().uuidString
        let applier = applier(tables, jobs: jobs, isFarBehind: isFarBehind, events: events, adjust: adjust)
        applier.stop(atMarker: token)
        try await mark(token)
        let end = try await applier.run()
        guard case .reachedMarker(token, let position, _) = end else {
            Issue.record("ended with \(end)")
            return applier.status
        }
        #expect(applier.status.position == position)
        return applier.status
    }

    func mark(_ token: String) async throws {
        try await TestServers.execute("select pg_logical_emit_message(true, 'skein', '\(token)')", on: source)
    }

    func onSource(_ batches: String...) async throws {
        for batch in batches {
            try await TestServers.withConnection(to: source, settings: ["search_path": "public"]) {
                try $0.execute(batch)
            }
        }
    }

    func onTarget(_ batches: String...) async throws {
        for batch in batches {
            try await TestServers.withConnection(to: target, settings: ["search_path": "public"]) {
                try $0.execute(batch)
            }
        }
    }

    /// Both sides hold the same rows.
    func expectEqual(
        _ names: String..., columns: String = "t.*", sourceLocation: Testing.SourceLocation = #_sourceLocation,
    ) async throws {
        for name in names {
            let query = "select (\(columns == "t.*" ? "t" : columns))::text from public.\(name) t order by 1"
            let here = try await TestServers.column(query, on: source)
            let there = try await TestServers.column(query, on: target)
            #expect(here == there, "\(name): \(here.count) and \(there.count) rows", sourceLocation: sourceLocation)
        }
    }
}

final class Events: Sendable {
    private let events = Mutex<[ApplyEvent]>([])
    func add(_ event: ApplyEvent) { events.withLock { $0.append(event) } }
    var all: [ApplyEvent] { events.withLock { $0 } }
}

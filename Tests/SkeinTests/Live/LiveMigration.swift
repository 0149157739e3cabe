@testable import Chaos
import Foundation
import Glibc
import Postgres
import TestServers
import Testing

/// A live migration under test: the source of `Tests/chaos`, in which every kind of table occurs, and its writers.
extension Migration {
    /// The plan's lists for `SourceSchema`, everything small in pieces.
    static func livePlan(
        hypertable: Bool = true, plugin: String = "auto", fence: String = "none", more: String = "",
        identity: String = SourceSchema.identity,
    ) -> String {
        """
        \(hypertable ? SourceSchema.plan : "")
        copy: {table-jobs: 2, index-jobs: 2, split-tables-larger-than: 256 kB}
        replication: {plugin: \(plugin), identity: \(identity), spool: {directory: ./spool}}
        cutover: {max-lag: 5 s, fence: \(fence), verify: checksums}
        \(more)
        """
    }

    /// As `with`, live, with the source of `Tests/chaos` and a table `beat` to see when a change arrives.
    static func live<R>(
        _ prefix: String, sql: [String] = SourceSchema.batches, plan: String = livePlan(),
        sourceServer: ConnectionTarget? = nil, targetServer: ConnectionTarget? = nil,
        _ body: (Migration) async throws -> R,
    ) async throws -> R {
        try await with(
            "live_" + prefix,
            sql: sql + ["create table public.beat (n bigint generated always as identity primary key)"],
            plan: plan, mode: "live", sourceServer: sourceServer, targetServer: targetServer, body)
    }

    /// Starts writers; the caller stops them.
    func startWriters(_ count: Int = 2, seed: UInt64 = 1, _ habits: Writer.Habits = .init()) -> [Writer] {
        Self.started((1...count).map { Writer($0, source, seed: seed * 100 + UInt64($0), habits) })
    }

    /// With time they go slower: a debug build on a busy machine would never catch up with them otherwise.
    static func started(_ writers: [Writer]) -> [Writer] {
        writers.forEach { $0.start() }
        Task.detached {
            for seconds in [15, 10, 10] {
                try await Task.sleep(for: .seconds(seconds))
                writers.forEach { $0.slowDown() }
            }
        }
        return writers
    }

    func stop(_ writers: [Writer]) async throws {
        try await TestServers.blocking {
            writers.forEach { $0.stop() }
            for writer in writers where !writer.wait(atMost: 60) {
                throw NotInTime(condition: "the end of writer \(writer.number)")
            }
        }
    }

    func applyToSource(_ statements: String) async throws {
        try await TestServers.withConnection(to: source, settings: ["search_path": "public"]) { connection in
            try connection.execute(statements)
        }
    }

    /// Until what is committed on the source now is seen on the target.
    func waitUntilArrived(atMost seconds: Double = 60) async throws {
        let number = try await TestServers.column("insert into public.beat default values returning n", on: source)
        try await wait(
            on: target, atMost: seconds,
            until: "select count(*) = 1 from public.beat where n = \((number.first ?? nil) ?? "0")")
    }

    /// Until everything that comes before the gate is done, and changes arrive.
    func waitUntilFollowing(_ run: SkeinProcess, atMost seconds: Double = 90) async throws {
        do {
            // The first row may come by its table's copy, while other tables are still to be copied.
            try await waitUntilArrived(atMost: seconds)
            try await wait(
                on: target, atMost: seconds,
                until: "select bool_and(state = 'done') from skein.task where id like 'copy:%' or id = 'catch-up'")
        } catch {
            throw NotInTime(condition: "following\n\(run.isRunning ? "still running" : "ended")\n\(run.stderr)")
        }
    }

    /// `skein cutover`, again while it is too early.
    func cutOver(environment: [String: String] = [:], atMost seconds: Double = 60) async throws -> SkeinProcess.Result {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            let result = try await skein("cutover", "--no-color", environment: environment)
            if result.exitCode != 4 || Date() > deadline { return result }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Cuts over, and expects both commands to end with 0 and both sides to hold the same.
    func expectCutover(_ run: SkeinProcess, _ writers: [Writer] = []) async throws {
        let cutover = try await cutOver()
        try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
        let migrated = try await run.wait(atMost: 30)
        #expect(migrated.exitCode == 0, "\(migrated)")
        try await expectEqual(writers)
    }

    func expectEqual(_ writers: [Writer] = []) async throws {
        let (source, target) = (source, target)
        let differences = try await TestServers.blocking {
            try Comparison(source: source, target: target).differences
        }
        #expect(differences == [])
        try await expectLedgers(writers, on: target)
    }

    /// What the writers were told that it is committed is there, once.
    func expectLedgers(_ writers: [Writer], on database: ConnectionTarget) async throws {
        for writer in writers {
            let lost = try await TestServers.withConnection(to: database) { connection in
                let rows = try connection.query(
                    "select number, count(*) from public.ledger where writer = \(writer.number) group by number")
                let counts = rows.indices.reduce(into: [:]) { $0[rows.int($1, 0) ?? 0] = rows.int($1, 1) }
                return writer.ledger.contradictions(of: counts, mayLackAcknowledged: false)
            }
            #expect(lost == [])
            #expect(!writer.ledger.acknowledged.isEmpty)
        }
    }

    /// What `clean` left behind, on either side.
    func leftovers() async throws -> [String] {
        let (source, target) = try await (
            TestServers.column(Leftovers.query, on: source), TestServers.column(Leftovers.query, on: target),
        )
        return source.map { "source: \($0 ?? "")" } + target.map { "target: \($0 ?? "")" }
    }
}

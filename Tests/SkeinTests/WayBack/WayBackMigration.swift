@testable import Chaos
import Foundation
import Glibc
import Postgres
import TestServers
import Testing

/// A live migration whose cutover leaves a way back.
extension Migration {
    /// Every table has an identity, and so a way back.
    static func wayBackPlan(
        hypertable: Bool = true, plugin: String = "auto", fence: String = "read-only", directory: String = "./spool",
    ) -> String {
        """
        \(hypertable ? SourceSchema.plan : "")
        copy: {table-jobs: 2, index-jobs: 2, split-tables-larger-than: 256 kB}
        replication:
          plugin: \(plugin)
          identity: {public.events: full, public.log: full, public.ledger_log: full}
          spool: {directory: \(directory)}
        cutover: {max-lag: 5 s, fence: \(fence), verify: checksums, fallback: true}
        """
    }

    /// As `live`, with a target server of the test's own: a slot that is made there waits for every transaction of the
    /// server, and some of other tests take long.
    static func withWayBack<R>(
        _ prefix: String, sql: [String] = SourceSchema.batches, plan: String = wayBackPlan(),
        to name: OwnServers.Name = .target, _ body: (Migration) async throws -> R,
    ) async throws -> R {
        try await OwnServers.with([name]) { servers in
            try await live(prefix, sql: sql, plan: plan, targetServer: servers.target(name), body)
        }
    }

    /// As `startWriters`, on the target.
    func startTargetWriters(_ count: Int = 2, _ habits: Writer.Habits = .init(changesLog: true)) -> [Writer] {
        Self.started((11..<11 + count).map { Writer($0, target, seed: 900 + UInt64($0), habits) })
    }

    /// Migrates, cuts over, and leaves a `migrate` that carries changes back.
    func cutOverWithWayBack() async throws -> SkeinProcess {
        let run = try start("migrate", ["--no-color"])
        try await waitUntilFollowing(run)
        let cutover = try await cutOver()
        try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
        try await run.waitUntilSaid("way back: changes on the target are carried back")
        return run
    }

    /// Rolls back while the writers work on the target, and expects nothing of theirs to be lost.
    func expectRollback(_ run: SkeinProcess, _ writers: [Writer]) async throws {
        let rollback = try await skein("rollback", "--yes", "--no-color")
        #expect(rollback.exitCode == 0, "\(rollback)\n--- migrate\n\(run.stderr)")
        try await stop(writers)
        try await expectRolledBack(writers)
        _ = try await run.wait(atMost: 30)
    }

    /// What the writers on the target were told is on the source, once; both sides hold the same, and the source is
    /// written to again.
    func expectRolledBack(_ writers: [Writer] = [], isFenced: Bool = true) async throws {
        let (source, target) = (source, target)
        // What the target has is to be on the source.
        let differences = try await TestServers.blocking {
            try Comparison(source: target, target: source).differences
        }
        #expect(differences.filter { !$0.hasPrefix("not on the target:") } == [])
        try await expectLedgers(writers, on: source)
        let fenced = """
            select count(*) from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = setdatabase
            where datname = current_database() and setconfig::text like '%read_only%'
            """
        #expect(try await TestServers.column(fenced, on: source) == ["0"])
        #expect(try await TestServers.column(fenced, on: target) == [isFenced ? "1" : "0"])
    }

    /// Cleans, and expects nothing to be left on either side.
    func expectCleaned() async throws {
        let cleaned = try await skein("clean", "--prune", "--no-color")
        #expect(cleaned.exitCode == 0, "\(cleaned)")
        let left = try await leftovers()
        #expect(left == [])
        let spools = try? FileManager.default.contentsOfDirectory(atPath: folder + "/spool")
        #expect((spools ?? []).isEmpty)
    }
}

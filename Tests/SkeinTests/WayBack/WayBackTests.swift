@testable import Chaos
import Faults
import Foundation
import Glibc
import Postgres
import TestServers
import Testing

@Suite("The way back", .serialized, .enabled(if: TestServers.areAvailable && OwnServers.canStart))
struct WayBackTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var target: OwnServers.Name
        var plugin = "auto"
        var testDescription: String { "to \(target.rawValue), \(plugin)" }
        static let all = [Case(target: .target), Case(target: .source), Case(target: .target18)]
    }

    @Test(.timeLimit(.minutes(4)), arguments: Case.all)
    func `what the application changed on the target is on the source`(_ item: Case) async throws {
        if item.target == .target18, !TestServers.has18 { return }
        let plan = Migration.wayBackPlan(hypertable: item.target != .source, plugin: item.plugin)
        try await Migration.withWayBack("back", plan: plan, to: item.target) { migration in
            let before = migration.startWriters(2, .init(changesLog: true))
            let run = try await migration.cutOverWithWayBack()
            try await migration.stop(before)
            let writers = migration.startTargetWriters(3)
            try await Task.sleep(for: .seconds(2))
            try await migration.applyToTarget(
                """
                insert into readings select 7, '2027-03-01'::timestamptz + n * interval '1 h', n, null
                from generate_series(1, 2000) n;
                update readings set value = -1 where device_id = 3;
                with moved as (delete from readings where device_id = 5 returning *)
                insert into readings select device_id, time + interval '90 days', value, payload from moved;
                truncate scratch; insert into scratch select n, 'after' from generate_series(1, 50) n
                """)
            try await Task.sleep(for: .seconds(1))
            let status = try await migration.skein("status")
            #expect(status.stdout.contains("changes are carried back"), "\(status)")
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)\n--- migrate\n\(run.stderr)")
            #expect(rollback.stdout.contains("rolled back: the application may go back to the source"), "\(rollback)")
            try await migration.stop(writers)
            let migrated = try await run.wait(atMost: 30)
            #expect(migrated.exitCode == 0, "\(migrated)")
            try await migration.expectRolledBack(before + writers)
            let again = try await migration.skein("rollback", "--yes")
            #expect(again.exitCode == 0 && again.stdout.contains("already rolled back"), "\(again)")
            let said = try await migration.skein("status")
            #expect(said.stdout.contains("way back rolled back"), "\(said)")
            let forth = try await migration.skein("cutover")
            #expect(forth.exitCode == 2 && forth.stderr.contains("rolled back"), "\(forth)")
            // An application of the source goes on.
            try await migration.applyToSource("update accounts set balance = 1 where id = 2")
            try await migration.expectCleaned()
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `nobody followed meanwhile, and the rollback does it alone`() async throws {
        try await Migration.withWayBack("alone_back") { migration in
            let run = try await migration.cutOverWithWayBack()
            run.send(SIGINT)
            let stopped = try await run.wait(atMost: 30)
            #expect(stopped.exitCode == 4, "\(stopped)")
            let writers = migration.startTargetWriters(2)
            try await Task.sleep(for: .seconds(2))
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)")
            try await migration.stop(writers)
            try await migration.expectRolledBack(writers)
            let migrated = try await migration.skein("migrate")
            #expect(migrated.exitCode == 0 && migrated.stdout.contains("rolled back"), "\(migrated)")
            try await migration.expectCleaned()
        }
    }

    /// Behind the migration's end, before the way back is followed.
    @Test(.timeLimit(.minutes(4)))
    func `a signal that comes between the two is heard`() async throws {
        let sql = ["create table t (id int primary key); insert into t values (1)"]
        let plan = "replication: {spool: {directory: ./spool}}\ncutover: {fence: read-only, fallback: true}"
        try await Migration.withWayBack("between", sql: sql, plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await run.waitUntilSaid("ready for cutover")
            let cutover = try migration.start("cutover", ["--no-color"])
            while run.isRunning, !run.stdout.contains("cutover complete") {
                try await Task.sleep(for: .milliseconds(1))
            }
            run.send(SIGINT)
            let stopped = try await run.wait(atMost: 30)
            #expect(stopped.exitCode == 4 && stopped.stderr.contains("stopping: "), "\(stopped)")
            #expect(try await cutover.wait().exitCode == 0)
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)")
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `too early, without a way back, or without a word of consent it is refused`() async throws {
        let sql = ["create table t (id int primary key); insert into t values (1)"]
        let plan = "replication: {spool: {directory: ./spool}}\ncutover: {fence: read-only, fallback: true}"
        try await Migration.withWayBack("refused", sql: sql, plan: plan) { migration in
            let early = try await migration.skein("rollback", "--yes")
            #expect(early.exitCode == 4 && early.stderr.contains("has not begun"), "\(early)")
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            let open = try await migration.skein("rollback", "--yes")
            #expect(open.exitCode == 4 && open.stderr.contains("is not complete"), "\(open)")
            let cutover = try await migration.cutOver()
            #expect(cutover.exitCode == 0, "\(cutover)")
            try await run.waitUntilSaid("way back: changes on the target are carried back")
            let silent = try await migration.skein("rollback")
            #expect(silent.exitCode == 2 && silent.stderr.contains("has to be confirmed"), "\(silent)")
            let running = try await migration.skein("clean", "--yes")
            #expect(running.exitCode == 4, "\(running)")
            run.send(SIGINT)
            _ = try await run.wait(atMost: 30)
            let unasked = try await migration.skein("clean")
            #expect(unasked.exitCode == 2 && unasked.stderr.contains("the way back"), "\(unasked)")
            let cleaned = try await migration.skein("clean", "--yes", "--prune")
            #expect(cleaned.exitCode == 0, "\(cleaned)")
            let left = try await migration.leftovers()
            #expect(left == [])
            let late = try await migration.skein("rollback", "--yes")
            #expect(late.exitCode == 4, "\(late)")
        }
        try await Migration.live("none", sql: sql, plan: plan.replacing(", fallback: true", with: "")) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            #expect(try await migration.cutOver().exitCode == 0)
            let refused = try await migration.skein("rollback", "--yes")
            #expect(refused.exitCode == 2 && refused.stderr.contains("has no way back"), "\(refused)")
            _ = try await run.wait(atMost: 30)
        }
    }

    /// The slot on the target waits for them, and the application for the slot.
    @Test(.timeLimit(.minutes(4)))
    func `before the fence, open transactions anywhere on the target's server are named`() async throws {
        let sql = ["create table t (id int primary key); insert into t values (1)"]
        let plan = "replication: {spool: {directory: ./spool}}\ncutover: {fence: read-only, fallback: true}"
        try await Migration.withWayBack("held", sql: sql, plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await run.waitUntilSaid("ready for cutover")
            try await TestServers.withScratchDatabase(on: migration.target, prefix: "held") { other in
                let holder = try Connection(other, applicationName: "somebody's report")
                try holder.execute("create table public.t (id int); begin; insert into public.t values (1)")
                try await migration.expectRefused("somebody's report in database held")
                try holder.execute("commit; begin; insert into public.t values (2)")
                try holder.execute("prepare transaction 'held of way back'")
                try await migration.expectRefused("prepared transaction 'held of way back' of database held")
                try holder.execute("rollback prepared 'held of way back'")
            }
            // Nothing was fenced, and readers are in nobody's way.
            try await migration.applyToSource("insert into t values (2)")
            let reader = try Chaos.connection(to: migration.target)
            try reader.execute("begin; select * from public.t")
            let cutover = try await migration.cutOver()
            #expect(cutover.exitCode == 0, "\(cutover)")
            run.send(SIGINT)
            _ = try await run.wait(atMost: 30)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a rollback that was withdrawn leaves the application on the target`() async throws {
        try await Migration.withWayBack("unrolled") { migration in
            let run = try await migration.cutOverWithWayBack()
            try await FaultSequence(migration).die(at: .rollbackDrained, of: "rollback", ["--yes"])
            let withdrawn = try await migration.skein("rollback", "--abort")
            #expect(withdrawn.exitCode == 0 && withdrawn.stdout.contains("withdrawn"), "\(withdrawn)")
            let nothing = try await migration.skein("rollback", "--abort")
            #expect(nothing.exitCode == 0 && nothing.stdout.contains("no rollback is under way"), "\(nothing)")
            #expect(run.isRunning, "\(run.stderr)")
            let writers = migration.startTargetWriters(2)
            try await Task.sleep(for: .seconds(1))
            try await migration.expectRollback(run, writers)
        }
    }

    /// The source takes them through the root of its partitions.
    @Test(.timeLimit(.minutes(4)))
    func `rows of a hypertable that was made of partitions go back into partitions`() async throws {
        let sql = [
            """
            create table ticks (id int, time timestamptz, note text, primary key (id, time)) partition by range (time);
            create table ticks_1 partition of ticks for values from ('2026-01-01') to ('2026-02-01');
            create table ticks_2 partition of ticks for values from ('2026-02-01') to ('2027-01-01');
            insert into ticks select n, '2026-01-20'::timestamptz + n * interval '1 h', 'n' || n
            from generate_series(1, 1000) n
            """
        ]
        let plan = """
            hypertables: [{table: public.ticks, time-column: time, chunk-interval: 7 days, from-partitions: true}]
            replication: {spool: {directory: ./spool}}
            cutover: {fence: read-only, fallback: true}
            """
        try await Migration.withWayBack("parts", sql: sql, plan: plan) { migration in
            let run = try await migration.cutOverWithWayBack()
            try await migration.applyToTarget(
                """
                update ticks set note = 'changed' where id % 3 = 0; delete from ticks where id % 7 = 0;
                with moved as (delete from ticks where id < 20 returning *)
                insert into ticks select id, time + interval '60 days', note from moved;
                insert into ticks select n, '2026-10-01'::timestamptz + n * interval '1 min', 'new'
                from generate_series(2000, 2500) n
                """)
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)\n\(run.stderr)")
            let rows = "select count(*) || md5(string_agg(t::text, '|' order by t::text)) from public.ticks t"
            let there = try await TestServers.column(rows, on: migration.target)
            #expect(try await TestServers.column(rows, on: migration.source) == there)
            _ = try await run.wait(atMost: 30)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a column that the target got stops the way back until the source has it`() async throws {
        let sql = ["create table t (id int primary key); insert into t values (1)"]
        let plan = "replication: {spool: {directory: ./spool}}\ncutover: {fence: read-only, fallback: true}"
        try await Migration.withWayBack("column", sql: sql, plan: plan) { migration in
            let run = try await migration.cutOverWithWayBack()
            try await migration.applyToTarget("alter table t add c int; insert into t values (2, 2)")
            let stopped = try await run.wait(atMost: 60)
            #expect(stopped.exitCode == 4 && stopped.stderr.contains("on the source"), "\(stopped)")
            try await migration.applyToSource("begin; set transaction read write; alter table t add c int; commit")
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)")
            try await migration.expectRolledBack()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `without a fence a rollback waits until the application has stopped`() async throws {
        let plan = Migration.wayBackPlan(fence: "none")
        try await Migration.withWayBack("open_back", plan: plan) { migration in
            let run = try await migration.cutOverWithWayBack()
            let writers = migration.startTargetWriters(1, .init(changesLog: true, pause: 0.1))
            let early = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(early.exitCode == 4, "\(early)")
            #expect(early.stderr.contains("something still writes on the target: "), "\(early)")
            try await migration.stop(writers)
            let rollback = try await migration.skein("rollback", "--yes", "--no-color")
            #expect(rollback.exitCode == 0, "\(rollback)\n--- migrate\n\(run.stderr)")
            _ = try await run.wait(atMost: 30)
            try await migration.expectRolledBack(writers, isFenced: false)
            try await migration.expectCleaned()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `with wal2json, where both servers allow it`() async throws {
        let configuration: [OwnServers.Name: String] = [
            .source: try await OwnServers.allowingWal2json(like: TestServers.requireSource()),
            .target: try await OwnServers.allowingWal2json(like: TestServers.requireTarget()),
        ]
        try await OwnServers.with([.source, .target], configuration: configuration) { servers in
            let (source, target) = (try servers.target(.source), try servers.target(.target))
            let plan = Migration.wayBackPlan(plugin: "wal2json")
            try await Migration.live("json_back", plan: plan, sourceServer: source, targetServer: target) { migration in
                let run = try await migration.cutOverWithWayBack()
                let plugins = "select distinct plugin from pg_replication_slots"
                #expect(try await TestServers.column(plugins, on: migration.target) == ["wal2json"])
                let writers = migration.startTargetWriters(2, .init(changesLog: true, isBeyondNumbers: false))
                try await Task.sleep(for: .seconds(2))
                try await migration.expectRollback(run, writers)
            }
        }
    }

    @Test(.timeLimit(.minutes(6)))
    func `the source was away for a moment`() async throws {
        try await OwnServers.with([.source, .target]) { servers in
            try await Migration.live(
                "away", plan: Migration.wayBackPlan(), sourceServer: servers.target(.source),
                targetServer: servers.target(.target)
            ) { migration in
                let run = try await migration.cutOverWithWayBack()
                let writers = migration.startTargetWriters(2)
                try await Task.sleep(for: .seconds(1))
                try await servers.restart(.source, mode: .immediate)
                try await Task.sleep(for: .seconds(1))
                let rollback = try migration.start("rollback", ["--yes", "--no-color"])
                try await Task.sleep(for: .milliseconds(300))
                try await servers.restart(.source, mode: .immediate)
                let ended = try await rollback.wait(atMost: 90)
                #expect(ended.exitCode == 0, "\(ended)\n--- migrate\n\(run.stderr)")
                try await migration.stop(writers)
                try await migration.expectRolledBack(writers)
                let migrated = try await run.wait(atMost: 60)
                #expect(migrated.exitCode == 0, "\(migrated)")
            }
        }
    }
}

extension Migration {
    /// Expects a cutover to be refused for this reason, once the one before is undone.
    func expectRefused(_ reason: String) async throws {
        var refused = try await skein("cutover", "--wait", "1 s", "--no-color")
        while refused.stderr.contains("still being undone") {
            refused = try await skein("cutover", "--wait", "1 s", "--no-color")
        }
        #expect(refused.exitCode == 4, "\(refused)")
        #expect(refused.stderr.contains(reason), "\(refused)")
    }

    func applyToTarget(_ statements: String) async throws {
        try await TestServers.withConnection(to: target, settings: ["search_path": "public"]) { connection in
            try connection.execute(statements)
        }
    }
}

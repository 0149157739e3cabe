import ChangeStream
import Foundation
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

/// How applying goes on, stops and waits.
@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ApplyCourseTests {
    @Test func `Nothing behind the marker is applied, and it can be counted`() async throws {
        try await Bed.with(source: "create table public.t (id integer primary key)") { bed in
            let table = try await bed.table("t", .columns(["id"]))
            let applier = bed.applier([table])
            applier.stop(atMarker: "end")
            try await bed.onSource(
                "begin; insert into t values (1); select pg_logical_emit_message(true, 'skein', 'end'); insert into t values (2); commit"
            )
            try await bed.onSource("insert into t values (3)", "insert into t values (4), (5)")
            guard case .reachedMarker("end", let position, .some) = try await applier.run() else {
                Issue.record("no marker")
                return
            }
            #expect(try await TestServers.column("select id from public.t order by 1", on: bed.target) == ["1", "2"])
            let counter = bed.applier([table]) { $0.countsOnly = true }
            counter.stop(atMarker: "after")
            try await bed.mark("after")
            _ = try await counter.run()
            #expect(counter.status.changes == 3)
            #expect(try await TestServers.column("select id from public.t order by 1", on: bed.target) == ["1", "2"])
            let progress = try await TestServers.column("select position from skein.apply_progress", on: bed.target)
            #expect(progress == [position.description])
            try await bed.applyAll([table])
            try await bed.expectEqual("t")
        }
    }

    @Test func `Applying goes on while it waits for a change, and what is flushed follows`() async throws {
        try await Bed.with(source: "create table public.t (id integer primary key)") { bed in
            let applier = bed.applier([try await bed.table("t", .columns(["id"]))])
            async let end = applier.run()
            for number in 1...5 {
                try await bed.onSource("insert into t values (\(number))")
                try await Task.sleep(for: .milliseconds(50))
            }
            for _ in 0..<100 where applier.status.durable < applier.status.position || applier.status.transactions < 5 {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(applier.status.transactions == 5 && applier.status.changes == 5)
            #expect(applier.status.durable == applier.status.position)
            applier.stop()
            #expect(try await end == .stopped(at: applier.status.position))
            try await bed.expectEqual("t")
        }
    }

    @Test func `Somebody else's progress is noticed`() async throws {
        try await Bed.with(source: "create table public.t (id integer primary key)") { bed in
            let table = try await bed.table("t", .columns(["id"]))
            try await bed.applyAll([table])
            let applier = bed.applier([table])
            let run = Task { try await applier.run() }
            try await bed.onSource("insert into t values (0)")
            while applier.status.transactions == 0 { try await Task.sleep(for: .milliseconds(20)) }
            try await bed.onTarget("update skein.apply_progress set position = position + 8")
            try await bed.onSource("insert into t values (1)")
            await #expect(throws: ApplyFailure.progressMoved) { _ = try await run.value }
            #expect(try await TestServers.column("select id from public.t", on: bed.target) == ["0"])
        }
    }

    @Test func `A target that refuses the replication role is told of, and gets everything`() async throws {
        try await Bed.with(source: "create table public.t (id integer primary key)") { bed in
            try await bed.onTarget(
                "do $$ begin if not exists (select from pg_roles where rolname = 'apply_plain') then create role apply_plain login; end if; end $$",
                "grant all on all tables in schema public, skein to apply_plain; grant all on schema public, skein to apply_plain"
            )
            let events = Events()
            try await bed.onSource("insert into t select generate_series(1, 20)")
            try await bed.applyAll([try await bed.table("t", .columns(["id"]))], events: events) {
                $0.target = $0.target.with("user", "apply_plain")
            }
            #expect(events.all == [.replicationRoleRefused])
            try await bed.expectEqual("t")
        }
    }

    @Test func `A large transaction goes to the target in parts`() async throws {
        try await Bed.with(source: "create table public.t (id integer primary key, v text)") { bed in
            try await bed.onSource(
                "insert into t values (0, 'before')",
                "begin; insert into t select i, md5(i::text) from generate_series(1, 30000) i; update t set v = 'x' where id % 3 = 0; delete from t where id % 5 = 0; commit"
            )
            let status = try await bed.applyAll(
                [try await bed.table("t", .columns(["id"]))], jobs: 2, isFarBehind: true
            ) {
                $0.limits.partChanges = 1000
            }
            #expect(status.missing == 0 && status.transactions == 3)
            try await bed.expectEqual("t")
        }
    }

    /// Each is built after the target's catalogs were read, and before the changes that violate it are tried.
    @Test func `Unique indexes that are built one after the other while it applies`() async throws {
        let sql = """
            create table public.t (id integer primary key, a integer);
            create table public.u (id integer primary key, a integer);
            insert into public.t values (1, 1), (2, 2);
            insert into public.u values (1, 1), (2, 2)
            """
        try await Bed.with(source: sql) { bed in
            let tables = [try await bed.table("t", .columns(["id"])), try await bed.table("u", .columns(["id"]))]
            for table in ["t", "u"] {
                try await bed.onSource(
                    "update \(table) set a = null where id = 2; update \(table) set a = 2 where id = 1; "
                        + "update \(table) set a = 1 where id = 2")
            }
            let target = bed.target
            let builders = ["t", "u"].map { table in
                Task {
                    try await TestServers.withConnection(to: target) { builder in
                        try builder.execute("begin; lock table public.\(table) in share mode")
                        let isAwaited = """
                            select true from pg_locks
                            where relation = 'public.\(table)'::regclass and mode = 'RowExclusiveLock' and not granted
                            """
                        while try builder.scalar(isAwaited) != "t", !Task.isCancelled {
                            Thread.sleep(forTimeInterval: 0.02)
                        }
                        try builder.execute("create unique index on public.\(table) (a); commit")
                    }
                }
            }
            let locked = "select count(*) from pg_locks where mode = 'ShareLock' and granted and relation = any ("
            while try await TestServers.column(locked + "'{public.t, public.u}'::regclass[])", on: target) != ["2"] {
                try await Task.sleep(for: .milliseconds(20))
            }
            let events = Events()
            try await bed.applyAll(tables, events: events)
            for builder in builders { try await builder.value }
            #expect(events.all.filter { $0 == .triedAgain(sqlState: "23505") }.count == 2)
            try await bed.expectEqual("t")
            try await bed.expectEqual("u")
        }
    }
}

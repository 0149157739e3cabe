import Faults
import Postgres
import Synchronization
import TestServers
import Testing

/// Changes arrive on chunks, which come and go while they are followed.
@Suite(
    "TimescaleDB as source, live", .serialized,
    .enabled(if: TimescaleDatabase.areAvailable, TimescaleDatabase.absence), .timeLimit(.minutes(4)))
struct TimescaleLiveTests {
    private static let plan = #"""
        copy: {table-jobs: 2, split-tables-larger-than: 1 kB}
        replication:
          spool: {directory: ./spool}
          identity:
            public.ticks: full
            public.placed: inserts-only
            public.nothing: full
            '"Iot ""x"."Me''ters"': full
        cutover: {max-lag: 5 s, fence: none, verify: checksums}
        """#

    /// What the application does, again and again: rows into new chunks and old ones, updates that change keys (TimescaleDB lets
    /// no row change its chunk), deletes, transactions rolled back in part, a row whose large value does not travel.
    private static func work(_ round: Int) -> String {
        #"""
        begin;
        insert into readings select '2024-03-08'::timestamptz + (\#(round) * 37 + i) * interval '17 minutes', 1 + i % 20,
            \#(round) + i, case when i % 4 = 0 then repeat('y', 4000) end from generate_series(1, 20) i
            on conflict do nothing;
        update readings set value = value + 1 where device = \#(1 + round % 20) and time < '2024-03-05';
        savepoint s;
        delete from readings where device = 3;
        rollback to savepoint s;
        update readings set time = time + interval '7 minutes 13 seconds'
            where device = \#(1 + round % 5) and extract(hour from time) = \#(round % 22) and extract(minute from time) < 50;
        delete from readings where device = \#(1 + round % 20) and value::bigint % 11 = 0;
        commit;
        insert into "Iot ""x"."Me'ters" ("at", "si te", amount)
            select '2024-01-20'::timestamp + (\#(round) * 5 + i) * interval '1 hour', 'site ' || i % 9, i
            from generate_series(1, 6) i;
        update "Iot ""x"."Me'ters" set amount = amount + 1 where id % 13 = \#(round % 13);
        delete from "Iot ""x"."Me'ters" where id % 29 = \#(round % 29);
        insert into ticks values (\#(8000 + round * 80), \#(round)), (\#(round), \#(round));
        update ticks set v = v + 1 where n = \#(round) or n between \#(round * 7) and \#(round * 7 + 30);
        delete from ticks where n between \#(round * 3) and \#(round * 3 + 1);
        insert into days values ('2024-06-01'::date + \#(round), \#(round)) on conflict do nothing;
        update days set v = -v where day = '2023-02-01'::date + \#(round);
        insert into placed values ('2024-02-01'::timestamptz + \#(round) * interval '1 day', 2);
        insert into nothing values ('2024-05-01'::timestamptz + \#(round) * interval '1 day', \#(round));
        update nothing set v = v + 100 where v % 3 = 0 and v < 100;
        """#
    }

    /// Runs `body` while an application works on the source.
    private static func whileWorking(_ migration: Migration, _ body: () async throws -> Void) async throws {
        let (source, isOver) = (migration.source, Switch())
        let worker = Task {
            try await TestServers.withConnection(to: source, settings: ["search_path": "public"]) { connection in
                var round = 0
                while !isOver.isSet {
                    try connection.execute(work(round))
                    round += 1
                    // A debug build on a busy machine has to follow.
                    try connection.execute("select pg_sleep(0.5)")
                }
            }
        }
        do {
            try await body()
        } catch {
            isOver.set()
            throw error
        }
        isOver.set()
        try await worker.value
    }

    /// What a thread that blocks is told by.
    private final class Switch: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private static let beat = ["create table public.beat (n bigint generated always as identity primary key)"]

    @Test("What is written to chunks that exist, and to chunks that come, is followed")
    func followed() async throws {
        try await TimescaleDatabase.with(
            "tssource_live", plan: Self.plan, mode: "live", sql: TimescaleDatabase.batches + Self.beat
        ) { migration in
            let planned = try await migration.skein("plan", "--no-color")
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(planned.stdout.contains("pgoutput would miss chunks that are made later"), "\(planned)")
            var run: SkeinProcess?
            try await Self.whileWorking(migration) {
                let started = try migration.start("migrate", ["--no-color"])
                run = started
                try await migration.waitUntilFollowing(started)
                try await Task.sleep(for: .seconds(2))
            }
            // There first: a change that has no place ends `migrate`.
            try await TestServers.execute(
                "alter table public.days add column w text default 'new'", on: migration.target)
            try await migration.applyToSource(
                """
                select drop_chunks('readings', older_than => '2024-03-03'::timestamptz);
                select drop_chunks('ticks', older_than => 0);
                truncate nothing;
                insert into nothing values ('2030-01-01', 7);
                alter table days add column w text default 'new';
                """)
            try await TestServers.execute(
                "update public.days set w = v::text where v % 7 = 0", on: migration.source)
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run?.stderr ?? "")")
            let migrated = try #require(run)
            let said = cutover.stderr + migrated.stderr
            #expect(said.contains("chunks were dropped on the source"), "\(said)")
            let ended = try await migrated.wait(atMost: 30)
            #expect(ended.exitCode == 0, "\(ended)")
            #expect(try await migration.differences().filter { !$0.hasPrefix("sequence") } == [])
            let kept = try await migration.onTarget(
                "select count(*) from public.readings where time < '2024-03-03'")
            #expect(kept == ["0"])
            // Replica identities are as they were, on chunks, too.
            let cleaned = try await migration.skein("clean", "--prune", "--no-color")
            #expect(cleaned.exitCode == 0, "\(cleaned)")
            let identities = """
                select distinct relreplident::text from pg_class where relname ~ '_chunk$|^ticks$' and relkind = 'r'
                """
            #expect(try await migration.onSource(identities) == ["d"])
            #expect(try await migration.leftovers() == [])
        }
    }

    @Test("wal2json tells of chunks, too, where the server allows it", .enabled(if: OwnServers.canStart))
    func wal2json() async throws {
        let allowed = try await OwnServers.allowingWal2json(like: TestServers.requireTarget())
        try await OwnServers.with([.target], configuration: [.target: allowed]) { servers in
            let plan = Self.plan.replacing("replication:\n", with: "replication:\n  plugin: wal2json\n")
            try await TimescaleDatabase.with(
                "tssource_json", plan: plan, mode: "live", sql: TimescaleDatabase.batches + Self.beat,
                from: servers.target(.target)
            ) { migration in
                var run: SkeinProcess?
                try await Self.whileWorking(migration) {
                    let started = try migration.start("migrate", ["--no-color"])
                    run = started
                    try await migration.waitUntilFollowing(started)
                }
                let cutover = try await migration.cutOver()
                try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run?.stderr ?? "")")
                _ = try await run?.wait(atMost: 30)
                #expect(try await migration.differences().filter { !$0.hasPrefix("sequence") } == [])
            }
        }
    }

    @Test("Killed while it follows, it goes on, and nothing is lost or doubled")
    func killed() async throws {
        try await TimescaleDatabase.with(
            "tssource_lkill", plan: Self.plan, mode: "live", sql: TimescaleDatabase.batches + Self.beat
        ) { migration in
            try await Self.whileWorking(migration) {
                let faults = [
                    "live-copy.before-commit:2", "copy.committed:5", "apply.committed:3", "apply.before-commit:2",
                ]
                for fault in faults {
                    let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": fault])
                    #expect(killed.signal == 9, "\(killed)")
                }
                let run = try migration.start("migrate", ["--no-color"])
                try await migration.waitUntilFollowing(run)
                try await run.waitUntilSaid("ready for cutover")
                run.send(9)
                _ = try await run.wait()
            }
            try await TestServers.execute(
                "select public.drop_chunks('public.readings', older_than => '2024-03-02'::timestamptz)",
                on: migration.source)
            try await FaultSequence(migration).die(at: .chunksLevelled, of: "cutover")
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)")
            #expect(try await migration.differences().filter { !$0.hasPrefix("sequence") } == [])
        }
    }

    @Test("One hypertable is copied again while the others are followed")
    func resync() async throws {
        try await TimescaleDatabase.with(
            "tssource_resync", plan: Self.plan, mode: "live", sql: TimescaleDatabase.batches + Self.beat
        ) { migration in
            var run: SkeinProcess?
            try await Self.whileWorking(migration) {
                let started = try migration.start("migrate", ["--no-color"])
                try await migration.waitUntilFollowing(started)
                started.send(15)
                _ = try await started.wait(atMost: 30)
                try await TestServers.execute("delete from public.readings where device < 9", on: migration.target)
                let again = try migration.start("migrate", ["--resync", "public.readings", "--no-color"])
                run = again
                try await migration.waitUntilFollowing(again)
                try await migration.wait(on: migration.target, until: "select count(*) = 0 from skein.resync")
            }
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run?.stderr ?? "")")
            _ = try await run?.wait(atMost: 30)
            #expect(try await migration.differences().filter { !$0.hasPrefix("sequence") } == [])
        }
    }

    @Test("An index that names a hypertable's rows is refused with the reason")
    func identities() async throws {
        let key = #"index "Me'ters_at_si te_id_key""#
        let plan = Self.plan.replacing(
            """
            Me''ters"': full
            """, with: "Me''ters\"': \(key)")
        try await TimescaleDatabase.with("tssource_ident", plan: plan, mode: "live") { migration in
            let refused = try await migration.skein("plan", "--no-color")
            #expect(refused.exitCode == 2)
            let said = refused.stdout + refused.stderr
            #expect(said.contains("SK573") && said.contains("Me''ters\"': full"), "\(said)")
        }
    }

    @Test("pgoutput is refused with the reason")
    func pgoutput() async throws {
        let plan = "replication: {plugin: pgoutput}"
        try await TimescaleDatabase.with("tssource_pgout", plan: plan, mode: "live") { migration in
            let refused = try await migration.skein("plan", "--no-color")
            #expect(refused.exitCode == 2)
            #expect((refused.stdout + refused.stderr).contains("pgoutput would miss chunks"), "\(refused)")
        }
    }
}

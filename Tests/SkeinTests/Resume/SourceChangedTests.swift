import Glibc
import Postgres
import TestServers
import Testing

@Suite("The source is written to while no process runs", .serialized, .enabled(if: TestServers.areAvailable))
struct SourceChangedTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: String
    }

    /// Each in tables that are cut by range, by block and into a hypertable's chunks, whether copied already or not.
    static let changes = [
        Change(
            testDescription: "nothing but a transaction id given out",
            sql: "create table passing (); drop table passing"),
        Change(
            testDescription: "inserts",
            sql: """
                insert into events (device_id, body) select 1, 'new' from generate_series(1, 500);
                insert into events (id, body) values (-5, 'before all others');
                insert into log select n, 'new' from generate_series(1, 500) n;
                insert into readings select '2025-06-01'::timestamptz + n * interval '1 hour', 1, n
                from generate_series(1, 100) n;
                insert into devices (name) values ('new');
                """),
        Change(
            testDescription: "updates, keys among them",
            sql: """
                update events set body = body || '!' where id % 1000 = 0;
                update events set id = id + 1000000 where id % 777 = 0;
                update log set line = 'changed' where n % 1000 = 0;
                update readings set value = -1 where time < '2026-01-02';
                update readings set time = time + interval '3 years' where time between '2026-01-20' and '2026-01-21';
                update devices set name = name || ' again' where id < 10;
                """),
        Change(
            testDescription: "deletes",
            sql: """
                delete from events where id % 10 = 0;
                delete from log where n between 100 and 2000;
                delete from readings where time < '2026-01-15';
                """),
        Change(
            testDescription: "truncation and other rows",
            sql: """
                truncate events;
                insert into events (id, body) select n, 'other' from generate_series(1, 3000) n;
                truncate readings;
                truncate log;
                insert into log select n, 'other' from generate_series(1, 3000) n;
                """),
        Change(
            testDescription: "a rewritten table",
            sql: "alter table log alter column n type bigint using n + 1; vacuum full events"),
        Change(
            testDescription: "large objects and sequences",
            sql: """
                select lo_unlink(oid) from pg_largeobject_metadata order by oid limit 1;
                select lo_from_bytea(0, '\\x00ff'), lo_put((select max(oid) from pg_largeobject_metadata), 3, 'changed');
                select nextval('numbers');
                """),
    ]

    /// With a table of blocks that is there in part; with keys and foreign keys built; with everything done but the last
    /// word; and early.
    static let faults =
        ["copy.committed:8", "task.committed:25", "run.before-finish"]
        + (LongTests.areWanted ? ["copy.committed:2", "task.committed:40"] : [])

    @Test(arguments: changes, faults)
    func `the target ends as the source is then`(_ change: Change, _ fault: String) async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": fault])
            #expect(killed.signal == SIGKILL, "\(killed)")
            try await TestServers.withConnection(to: migration.source, settings: ["search_path": "public"]) { source in
                for statement in change.sql.split(separator: ";") { try source.execute(String(statement)) }
                // The target's is fresh by itself.
                try source.execute("refresh materialized view totals")
            }
            let resumed = try await migration.skein("migrate")
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(!resumed.stderr.contains("NOT VALID"), "\(resumed)")
            #expect(try await migration.differences() == [], "\(resumed)")
        }
    }

    @Test func `a table that has another shape is named, and nothing is spoilt`() async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.committed:8"]).signal
                    == SIGKILL)
            try await TestServers.execute("alter table public.log add column extra text", on: migration.source)
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 1, "\(refused)")
            #expect(refused.stderr.contains("public.log"), "\(refused)")
            #expect(refused.stderr.contains("--drop-if-exists"), "\(refused)")
            try await TestServers.execute("alter table public.log drop column extra", on: migration.source)
            let resumed = try await migration.skein("migrate")
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(try await migration.differences() == [], "\(resumed)")
        }
    }

    /// Both lose the snapshot, both compare, and one must not throw away what the other has copied again.
    @Test(.timeLimit(.minutes(2)))
    func `two processes that resume at once agree on what to copy again`() async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.committed:9"]).signal
                    == SIGKILL)
            try await TestServers.execute(
                """
                update public.events set body = 'changed' where id % 50 = 0;
                update public.readings set value = 1 where device_id = 7;
                update public.log set line = 'changed' where n % 50 = 0;
                refresh materialized view public.totals;
                """, on: migration.source)
            let runs = [try migration.start("migrate"), try migration.start("migrate")]
            for run in runs {
                let result = try await run.wait()
                #expect(result.exitCode == 0, "\(result)")
            }
            #expect(try await migration.differences() == [])
        }
    }

    @Test func `writes after the snapshot was taken are reported`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            try await TestServers.execute(
                "insert into public.events (id, body) values (1000000, 'too late')", on: migration.source)
            let result = try await run.wait()
            // What verification then finds is this row.
            #expect(result.exitCode == 3, "\(result)")
            #expect(result.stderr.contains("public.events (1 change"), "\(result)")
        }
    }
}

import Glibc
import Postgres
import TestServers
import Testing

@Suite("Tasks that fail", .serialized, .enabled(if: TestServers.areAvailable))
struct FailingTaskTests {
    private func killed(_ migration: Migration, at fault: String) async throws {
        let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": fault])
        #expect(killed.signal == SIGKILL, "\(killed)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `a table that somebody has locked is waited for, and that is told`() async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            try await killed(migration, at: "task.committed:4")
            let source = migration.source
            let run = try await TestServers.blocking { () -> SkeinProcess in
                let locker = try Connection(source, applicationName: "skein tests")
                try locker.execute("begin; lock table public.log in access exclusive mode")
                let run = try migration.start("migrate")
                while run.isRunning, !run.stderr.contains("SQLSTATE 55P03") { usleep(20_000) }
                try locker.execute("rollback")
                return run
            }
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.stderr.contains("retry    snapshot in"), "\(result)")
            #expect(try await migration.differences() == [], "\(result)")
        }
    }

    @Test func `a lost table on the target stops the run, which names task, object and SQLSTATE`() async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            try await killed(migration, at: "copy.before-commit:1")
            try await TestServers.execute("drop table public.log cascade", on: migration.target)
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.stderr.contains("error: copy:public.log:0"), "\(result)")
            #expect(result.stderr.contains("SQLSTATE 42P01"), "\(result)")
            #expect(result.stderr.contains("put it back, or start over with --drop-if-exists"), "\(result)")
            #expect(result.stderr.contains(" behind it could not run"), "\(result)")
            let status = try await migration.skein("status")
            #expect(status.stdout.contains("42P01"), "\(status)")
        }
    }

    @Test func `rows that were there before make a key fail, and mended, the run goes on`() async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            try await killed(migration, at: "copy.before-commit:1")
            try await TestServers.execute(
                "insert into public.events (id, body) values (1, 'not from the source')", on: migration.target)
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.stderr.contains("events_pkey"), "\(result)")
            #expect(result.stderr.contains("SQLSTATE 23505"), "\(result)")
            #expect(result.stderr.contains("empty it, or exclude"), "\(result)")
            // The row's values belong in no log.
            #expect(!result.stderr.contains("(id)=(1)"), "\(result)")
            try await TestServers.execute(
                "delete from public.events where body = 'not from the source'", on: migration.target)
            let resumed = try await migration.skein("migrate")
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(try await migration.differences() == [], "\(resumed)")
        }
    }

    @Test func `of a foreign key that the source itself violates, the run warns and succeeds`() async throws {
        let violation = """
            alter table readings disable trigger all;
            insert into readings values ('2026-01-01 00:00:01', 9999, 0);
            alter table readings enable trigger all;
            refresh materialized view totals;
            """
        try await Migration.with("faults", sql: FaultSource.sql + [violation], plan: FaultSource.plan) { migration in
            try await killed(migration, at: "task.before-commit:25")
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.stderr.contains("NOT VALID"), "\(result)")
            #expect(result.stderr.contains("public.readings"), "\(result)")
            #expect(!result.stderr.contains("9999"), "\(result)")
            #expect(try await migration.differences() == [])
        }
    }
}

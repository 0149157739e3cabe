import Glibc
import TestServers
import Testing

@Suite("Stopping", .serialized, .enabled(if: TestServers.areAvailable))
struct StoppingTests {
    @Test(.timeLimit(.minutes(2)), arguments: [SIGINT, SIGTERM])
    func `a signal rolls back what is under way, and the same command goes on`(_ signal: Int32) async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            run.send(signal)
            let stopped = try await run.wait(atMost: 30)
            #expect(stopped.exitCode == 4, "\(stopped)")
            #expect(stopped.stderr.contains("Run the same command to go on"), "\(stopped)")
            // Nothing holds on to a claim.
            let left = try await TestServers.column(
                "select id from skein.task where state = 'running'", on: migration.target)
            #expect(left == [])
            let resumed = try await migration.skein("migrate")
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.stderr.contains("goes on, "), "\(resumed)")
            #expect(try await migration.differences() == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a second signal ends it at once`() async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            run.send(SIGINT)
            try await run.waitUntilSaid("stopping")
            run.send(SIGINT)
            let stopped = try await run.wait(atMost: 5)
            #expect(stopped.exitCode == 4, "\(stopped)")
            #expect(try await migration.skein("migrate").exitCode == 0)
            #expect(try await migration.differences() == [])
        }
    }

    /// An index whose build takes the target longer than anybody waits.
    private static let slowIndex = [
        """
        create table t (id bigint);
        insert into t select generate_series(1, 2000);
        create function slow(n bigint) returns bigint immutable language plpgsql as $$
        declare rounds bigint := 0;
        begin
            while current_setting('server_version_num')::int >= 160000 and rounds < 1000000 loop
                rounds := rounds + 1;
            end loop;
            return n;
        end $$;
        create index t_slow_idx on t (slow(id));
        """
    ]

    @Test(.timeLimit(.minutes(2)))
    func `after kill -9 no session is left within seconds, an index build's neither`() async throws {
        try await Migration.with("faults", sql: Self.slowIndex) { migration in
            let run = try migration.start("migrate")
            try await migration.wait(
                on: migration.target,
                until:
                    "select count(*) > 0 from pg_catalog.pg_stat_progress_create_index where relid = to_regclass('public.t')"
            )
            run.send(SIGKILL)
            for database in [migration.target, migration.source] {
                let seconds = try await migration.wait(
                    on: database, atMost: 30, until: "select count(*) = 0 \(migration.sessions())")
                #expect(seconds < 10)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a signal cancels an index build`() async throws {
        try await Migration.with("faults", sql: Self.slowIndex) { migration in
            let run = try migration.start("migrate")
            try await migration.wait(
                on: migration.target,
                until:
                    "select count(*) > 0 from pg_catalog.pg_stat_progress_create_index where relid = to_regclass('public.t')"
            )
            run.send(SIGTERM)
            let stopped = try await run.wait(atMost: 30)
            #expect(stopped.exitCode == 4, "\(stopped)")
        }
    }
}

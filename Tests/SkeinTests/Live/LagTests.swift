import Postgres
import TestServers
import Testing

@Suite("Live: the lag", .serialized, .enabled(if: TestServers.areAvailable))
struct LagTests {
    /// For about ten seconds, in many transactions.
    private static let writing = """
        do $$
        begin
            for i in 1..1500 loop
                insert into public.t select repeat('w', 500) from generate_series(1, 100);
                commit;
                perform pg_sleep(0.005);
            end loop;
        end $$
        """

    /// The server's WAL is that of all its databases. A quiet one's follower is not behind because others are busy.
    @Test(.timeLimit(.minutes(3)))
    func `does not count what the server's other databases write`() async throws {
        let plan = Migration.livePlan().replacing("max-lag: 5 s", with: "max-lag: 1 s")
        try await Migration.live("lag", plan: plan) { migration in
            let run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await run.waitUntilSaid("ready for cutover")
            let server = try TestServers.requireSource()
            try await TestServers.withScratchDatabase(on: server, prefix: "live_lag_other") { other in
                try await TestServers.execute("create table public.t (v text)", on: other)
                async let writing: Void = TestServers.execute(Self.writing, on: other)
                var (worst, mostBytes) = (0.0, 0.0)
                for _ in 0..<40 {
                    try await Task.sleep(for: .milliseconds(200))
                    let lag = try await TestServers.column(
                        """
                        select unnest(array[status ->> 'lagSeconds', status ->> 'lagBytes',
                            (status ->> 'sourceBytesPerSecond')]) from skein.stream
                        """, on: migration.target
                    ).map { $0.flatMap { Double($0) } ?? 0 }
                    (worst, mostBytes) = (max(worst, lag[0]), max(mostBytes, lag[1] / max(1, lag[2])))
                }
                try await writing
                // A look is taken twice a second, where the machine permits; what was counted would be ten seconds.
                #expect(worst < 4, "seconds; and \(mostBytes) of the writing in bytes")
                #expect(mostBytes < 4)
            }
            try await migration.expectCutover(run)
        }
    }
}

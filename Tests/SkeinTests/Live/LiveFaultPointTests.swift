@testable import Chaos
import Faults
import Glibc
import TestServers
import Testing

/// Whatever process passes the point first (the one that follows, the cutover, the cleaning) dies there, and the same
/// command goes on.
@Suite("Live, killed at a fault point, the same command goes on", .serialized, .enabled(if: TestServers.areAvailable))
struct LiveFaultPointTests {
    /// Points that live migrations do not pass here: offline's own, and those of options.
    private static let elsewhere: Set<FaultPoint> = [.snapshotExported, .recheckReset, .dropBegun]

    static let points = FaultPoint.allCases.filter { !elsewhere.contains($0) }

    @Test(.timeLimit(.minutes(3)), arguments: points)
    func `nothing is lost and nothing is doubled`(_ point: FaultPoint) async throws {
        let environment = ["SKEIN_FAULT": point.rawValue]
        try await Migration.live("faults", plan: Migration.livePlan(fence: "read-only")) { migration in
            let writers = migration.startWriters(2, Writer.Habits(asynchronous: 0.3))
            var kills = 0
            var run = try migration.start("migrate", ["--no-color"], environment: environment)
            do {
                try await migration.waitUntilArrived(run)
            } catch is Died {
                kills += 1
                run = try migration.start("migrate", ["--no-color"])
                try await migration.waitUntilFollowing(run)
            }
            // It lives: the cutover's points are passed by whoever drives it.
            if kills == 0 {
                let first = try await migration.cutOver(environment: environment)
                if first.signal == SIGKILL { kills += 1 }
                if !run.isRunning {
                    let end = try await run.wait()
                    if end.signal == SIGKILL {
                        kills += 1
                        run = try migration.start("migrate", ["--no-color"])
                    }
                }
            }
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            var end = try await run.wait(atMost: 30)
            if end.signal == SIGKILL {
                kills += 1
                end = try await migration.skein("migrate", "--no-color")
            }
            #expect(end.exitCode == 0, "\(end)")
            try await migration.stop(writers)
            try await migration.expectEqual(writers)
            let again = try await migration.skein("migrate")
            #expect(again.stdout.contains("already done"), "\(again)")
            if try await migration.skein("clean", "--prune", environment: environment).signal == SIGKILL { kills += 1 }
            let cleaned = try await migration.skein("clean", "--prune")
            #expect(cleaned.exitCode == 0, "\(cleaned)")
            #expect(try await migration.leftovers() == [])
            #expect(kills > 0, "the point was not passed")
        }
    }
}

/// The process that was waited for is dead.
struct Died: Error {}

extension Migration {
    /// Until what is committed now is on the target.
    /// - Throws: `Died` where `run` was killed meanwhile.
    func waitUntilArrived(_ run: SkeinProcess, atMost seconds: Double = 60) async throws {
        let number = try await TestServers.column("insert into public.beat default values returning n", on: source)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while clock.now < deadline {
            let query = "select count(*) from public.beat where n = \((number.first ?? nil) ?? "0")"
            if await (try? TestServers.column(query, on: target)) == ["1"] { return }
            if !run.isRunning {
                let end = try await run.wait()
                if end.signal == SIGKILL { throw Died() }
                throw NotInTime(condition: "a change's arrival: \(end)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotInTime(condition: "a change's arrival\n\(run.stderr)")
    }
}

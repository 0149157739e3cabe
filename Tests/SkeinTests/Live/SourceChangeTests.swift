@testable import Chaos
import Glibc
import TestServers
import Testing

@Suite("Live: definitions that change on the source", .serialized, .enabled(if: TestServers.areAvailable))
struct SourceChangeTests {
    @Test(.timeLimit(.minutes(4)))
    func `a new column is named with its statement, and after it the same command goes on`() async throws {
        try await Migration.live("ddl") { migration in
            let writers = migration.startWriters(2)
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource("alter table accounts add column nickname text")
            try await migration.applyToSource("update accounts set nickname = 'nick ' || id where id <= 50")
            try await run.waitUntilSaid("nickname")
            try await Task.sleep(for: .seconds(1))
            #expect(run.stderr.contains("accounts"), "\(run.stderr)")
            #expect(run.stderr.contains("add column \"nickname\" text;"), "\(run.stderr)")
            let stopped = try await run.wait(atMost: 20)
            #expect(stopped.exitCode == 4, "\(stopped)")
            try await TestServers.execute("alter table public.accounts add column nickname text", on: migration.target)
            run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.stop(writers)
            try await migration.expectCutover(run, writers)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a rewrite is told once, and after the table was copied again not at all`() async throws {
        try await Migration.live("rewrite") { migration in
            func follow(_ arguments: String...) async throws -> String {
                let run = try migration.start("migrate", arguments + ["--no-color"])
                try await migration.waitUntilFollowing(run)
                try await migration.wait(on: migration.target, until: "select count(*) = 0 from skein.resync")
                run.send(SIGTERM)
                return try await run.wait().stderr
            }
            #expect(!(try await follow()).contains("rewritten"))
            try await migration.applyToSource("vacuum full accounts")
            #expect(try await follow().contains("public.accounts: was rewritten"))
            #expect(!(try await follow()).contains("rewritten"))
            try await migration.applyToSource("vacuum full names")
            #expect(!(try await follow("--resync", "public.accounts")).contains("accounts: was rewritten"))
            let shape = try await TestServers.column(
                "select source_shape ->> 'told' from skein.stream", on: migration.target)
            #expect(shape.first??.contains("accounts") == false && shape.first??.contains("names") == true)
            try await migration.applyToSource("vacuum full accounts")
            #expect(try await follow().contains("public.accounts: was rewritten"))
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a table made on the source meanwhile is named`() async throws {
        try await Migration.live("new") { migration in
            var run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource(
                "create table latecomer (id int primary key); insert into latecomer values (1)")
            run.send(SIGTERM)
            let stopped = try await run.wait()
            #expect(stopped.exitCode == 4, "\(stopped)")
            run = try migration.start("migrate", ["--no-color"])
            try await migration.waitUntilFollowing(run)
            let cutover = try await migration.cutOver()
            let migrated = try await run.wait(atMost: 30)
            #expect((run.stderr + cutover.stderr + cutover.stdout).contains("latecomer"), "\(migrated)\n\(cutover)")
        }
    }
}

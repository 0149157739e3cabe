import Execution
import Glibc
import Postgres
import TestServers
import Testing

@Suite("What a resumed migration refuses", .serialized, .enabled(if: TestServers.areAvailable))
struct ResumeRefusalTests {
    private func withBegun(_ body: (Migration) async throws -> Void) async throws {
        try await Migration.with("faults", sql: FaultSource.sql, plan: FaultSource.plan) { migration in
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.committed:3"])
            #expect(killed.signal == SIGKILL, "\(killed)")
            try await body(migration)
        }
    }

    private func goesOn(_ migration: Migration) async throws {
        let resumed = try await migration.skein("migrate")
        #expect(resumed.exitCode == 0, "\(resumed)")
        #expect(try await migration.differences() == [])
    }

    @Test(arguments: [
        ("7 days", "14 days", "hypertables.public.readings.chunk-interval"),
        ("512 kB", "1 MB", "copy.split-tables-larger-than"),
        ("copy: {", "copy: {skip-table-data: [public.log], ", "copy.skip-table-data"),
    ])
    func `a changed key, by name`(_ old: String, _ new: String, _ key: String) async throws {
        try await withBegun { migration in
            try migration.writePlan(FaultSource.plan.replacing(old, with: new))
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 2, "\(refused)")
            #expect(refused.stderr.contains(key), "\(refused)")
            #expect(refused.stderr.contains("--drop-if-exists"), "\(refused)")
            try migration.writePlan(FaultSource.plan)
            try await goesOn(migration)
        }
    }

    @Test func `but not other numbers of jobs, or how to verify`() async throws {
        try await withBegun { migration in
            try migration.writePlan(
                FaultSource.plan.replacing("table-jobs: 3, index-jobs: 2", with: "table-jobs: 1, index-jobs: 1")
                    .replacing("checksums", with: "none"))
            try await goesOn(migration)
        }
    }

    @Test func `another source`() async throws {
        try await withBegun { migration in
            try migration.writePlan(
                FaultSource.plan, source: migration.source.with(database: "postgres").conninfoWithoutPassword)
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 2, "\(refused)")
            #expect(refused.stderr.contains("the source is not the one"), "\(refused)")
            try migration.writePlan(
                FaultSource.plan, source: migration.target.conninfoWithoutPassword)
            let again = try await migration.skein("migrate")
            #expect(again.exitCode == 2, "\(again)")
            try migration.writePlan(FaultSource.plan)
            try await goesOn(migration)
        }
    }

    @Test func `state that another version of Skein has written`() async throws {
        try await withBegun { migration in
            try await TestServers.execute("update skein.format set version = 99", on: migration.target)
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 1, "\(refused)")
            #expect(refused.stderr.contains("format 99"), "\(refused)")
            try await TestServers.execute(
                "update skein.format set version = \(StateSchema.formatVersion)", on: migration.target)
            try await goesOn(migration)
        }
    }
}

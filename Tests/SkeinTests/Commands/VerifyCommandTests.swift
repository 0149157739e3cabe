import Foundation
import TestServers
import Testing

@Suite("verify, status and clean", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct VerifyCommandTests {
    @Test("verify says what is equal, names the keys that differ, and exits with 3")
    func differences() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("migrate").exitCode == 0)
            let equal = try await migration.skein("verify")
            #expect(equal.exitCode == 0)
            #expect(equal.stdout.hasSuffix("3 tables, all equal by checksums\n"), "\(equal)")
            try await TestServers.execute(
                "update public.devices set name = 'other' where id = 17", "insert into public.notes values ('b')",
                "delete from public.readings where device_id = 3 and time = '2026-01-01 00:02:00+00'",
                on: migration.target)
            let result = try await migration.skein("verify")
            #expect(result.exitCode == 3)
            for line in [
                "    (id) = (17): different\n", "3 of 3 tables differ\n",
                "    (device_id, time) = (3, 2026-01-01 00:02:00+00): missing on the target\n",
                "differs: 3 rows on the source, 4 on the target\n",
            ] {
                #expect(result.stdout.contains(line), "\(line): \(result)")
            }
            let document = try await migration.skein("verify", "--json").document(Documents.Verification.self)
            #expect(!document.equal && document.compared_by == "checksums")
            #expect(document.tables.map(\.table) == CommandSource.tables)
            #expect(document.tables[0].differences.map(\.key) == ["(id) = (17)"])
            #expect(document.tables[0].differences.map(\.kind) == ["different"])
            #expect(document.tables[2].differences.map(\.kind) == ["missing-on-target"])

            let counts = try await migration.skein("verify", "--counts", "--tables", "public.dev*")
            #expect(counts.exitCode == 0)
            #expect(counts.stdout.hasSuffix("1 table, all equal by row counts\n"), "\(counts)")
            let some = try await migration.skein("verify", "--tables", "public.dev*", "public.notes", "--json")
            #expect(some.exitCode == 3)
            #expect(
                try some.document(Documents.Verification.self).tables.map(\.table)
                    == ["public.devices", "public.notes"])
        }
    }

    @Test("verify refuses patterns that match nothing, each of them")
    func unmatched() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("verify", "--tables", "public.nope", "public.notes", "other.*")
            #expect(result.exitCode == 2)
            #expect(result.stdout == "")
            #expect(result.stderr.contains("--tables public.nope matches no table"))
            #expect(result.stderr.contains("--tables other.* matches no table"))
            #expect(!result.stderr.contains("public.notes matches"))
            let failure = try await migration.skein("verify", "--tables", "public.nope", "--json")
                .document(Documents.Failure.self)
            #expect(failure.diagnostics.map(\.code) == ["SK908"])
        }
    }

    @Test("verify before the migration names what is not there")
    func early() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("verify")
            #expect(result.exitCode == 3)
            #expect(result.stdout.contains("cannot be compared: relation \"public.notes\" does not exist"), "\(result)")
        }
    }

    @Test("status tells where it stands at any time")
    func status() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let before = try await migration.skein("status")
            #expect(before.exitCode == 0)
            #expect(before.stdout == "cli-test: not started (the target holds no state of it)\n")
            let none = try await migration.skein("status", "--json").document(Documents.Status.self)
            #expect(none.phase == "not-started" && none.tasks == 0 && !none.is_running)
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:8"]).exitCode == nil)
            let middle = try await migration.skein("status", "--json").document(Documents.Status.self)
            #expect((8..<middle.tasks).contains(middle.done) && middle.started != nil && middle.finished == nil)
            #expect(try await migration.skein("migrate").exitCode == 0)
            let after = try await migration.skein("status")
            #expect(after.stdout.hasPrefix("cli-test: finished\n"))
            let done = try await migration.skein("status", "--json").document(Documents.Status.self)
            #expect(done.phase == "finished" && done.done == done.tasks && done.copied_rows == CommandSource.rows)
            #expect(done.tables.map(\.table).sorted() == CommandSource.tables)
            // From a machine that does not reach the source.
            try migration.writePlan("", source: "host=127.0.0.1 port=1 user=nobody")
            #expect(try await migration.skein("status").stdout == after.stdout)
        }
    }

    @Test("clean asks before it gives up a migration that is not finished, and twice is harmless")
    func clean() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("clean").stdout == "cli-test: nothing to clean\n")
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:8"]).exitCode == nil)
            let asked = try await migration.skein("clean")
            #expect(asked.exitCode == 2)
            #expect(asked.stdout == "")
            #expect(asked.stderr.contains("migration cli-test is not finished ("), "\(asked)")
            #expect(asked.stderr.contains("Say --yes"))
            let failure = try await migration.skein("clean", "--json").document(Documents.Failure.self)
            #expect(failure.diagnostics.map(\.code) == ["SK907"])
            let done = try await migration.skein("clean", "--yes")
            #expect(done.exitCode == 0)
            #expect(done.stdout == "cli-test: removed the state on the target\n")
            let again = try await migration.skein("clean", "--json").document(Documents.Cleaning.self)
            #expect(!again.removed_state && !again.removed_spool)
        }
    }

    @Test("clean --prune removes this migration's spool, and no other's")
    func prune() async throws {
        try await Migration.with("cli", sql: []) { migration in
            for name in ["cli-test", "other"] {
                try FileManager.default.createDirectory(
                    atPath: "\(migration.folder)/.skein/\(name)", withIntermediateDirectories: true)
            }
            #expect(try await migration.skein("clean").stdout == "cli-test: nothing to clean\n")
            #expect(try await migration.skein("clean", "--prune").stdout == "cli-test: removed the spool\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: migration.folder + "/.skein") == ["other"])
            #expect(try await migration.skein("clean", "--prune").stdout == "cli-test: nothing to clean\n")
        }
    }
}

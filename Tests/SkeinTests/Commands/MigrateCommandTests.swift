import Foundation
import Postgres
import TestServers
import Testing

@Suite("migrate", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct MigrateCommandTests {
    @Test("tells on stderr what it does and on stdout what came of it, and nothing twice")
    func text() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result)")
            let said = try #require(
                result.stdout.wholeMatch(
                    of:
                        /cli-test: migrated 3 tables, 5,203 rows, .+ in .+; source and target compared by checksums: equal\n/
                ),
                "\(result)")
            #expect(!said.output.isEmpty)
            for text in [
                "cli-test: ", " tasks\n", "-- schema", "-- copying rows", "-- building indexes and keys",
                "-- adding foreign keys", "-- comparing", "done     copy:public.readings:0001  5,000 rows, ",
                "done     verify:public.notes:0001  3 rows equal, ",
            ] {
                #expect(result.stderr.contains(text), "\(text) is not in it: \(result.stderr)")
            }
            #expect(try await migration.differences() == [])

            let again = try await migration.skein("migrate")
            #expect(again.exitCode == 0)
            #expect(again.stdout.wholeMatch(of: /cli-test: already done, .+ UTC\n/) != nil, "\(again)")
            #expect(again.stderr == "")
        }
    }

    @Test("at --log-level warning says nothing that needs no attention")
    func quiet() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("migrate", "--log-level", "warning")
            #expect(result.exitCode == 0)
            #expect(Self.timed(result) == [])
            #expect(result.stdout.hasPrefix("cli-test: migrated"))
        }
    }

    @Test("with --json prints one document a line, the last one saying how it ended")
    func json() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("migrate", "--json")
            #expect(result.exitCode == 0)
            #expect(Self.timed(result) == [])
            let events = try result.documents(Documents.Event.self)
            #expect(events.first?.event == "checked")
            #expect(events.dropFirst().first?.event == "begun")
            let tasks = try #require(events.dropFirst().first?.tasks)
            #expect(events.count { $0.event == "finished" } == tasks)
            #expect(events.contains { $0.task == "copy:public.readings:0001" && $0.rows == 5_000 })
            let end = try #require(events.last)
            #expect(end.event == "end" && end.result == "finished" && end.exit_code == 0)
            #expect(end.summary?.tables == 3 && end.summary?.rows == CommandSource.rows)
            #expect(end.summary?.verify == "checksums" && end.summary?.warnings.isEmpty == true)
            let again = try await migration.skein("migrate", "--json").documents(Documents.Event.self)
            #expect(again.map(\.result) == ["already-finished"])
        }
    }

    @Test("gathers warnings at the end, also those of earlier runs")
    func warnings() async throws {
        try await Migration.with("cli", sql: CommandSource.sql + [CommandSource.violation]) { migration in
            let result = try await migration.skein("migrate", "--log-level", "warning")
            #expect(result.exitCode == 0)
            let lines = result.stderr.split(separator: "\n")
            #expect(lines.suffix(2).first == "1 warning:", "\(result)")
            #expect(lines.last?.contains("stays NOT VALID") == true, "\(result)")
            #expect(result.stdout.hasSuffix("; 1 warning\n"))
            let again = try await migration.skein("migrate", "--json").documents(Documents.Event.self)
            #expect(again.last?.summary?.warnings.map(\.task) == ["validate:public.readings.readings_device_id_fkey"])
        }
    }

    @Test("names the task, the object, the SQLSTATE and what to do when a task fails, and exits with 1")
    func failure() async throws {
        let failing = """
            create table divisors (x int); insert into divisors values (0);
            create function ten_by(x int) returns int immutable language sql as 'select 10';
            create index tenth on divisors (ten_by(x));
            create or replace function ten_by(x int) returns int immutable language sql as 'select 10 / x'
            """
        try await Migration.with("cli", sql: CommandSource.sql + [failing]) { migration in
            let result = try await migration.skein("migrate", "--log-level", "error")
            #expect(result.exitCode == 1)
            #expect(result.stdout == "")
            #expect(
                result.stderr.contains("error: index:public.tenth: division by zero (SQLSTATE 22012)"),
                "\(result)")
            #expect(result.stderr.contains("run the same command then"))
            let events = try await migration.skein("migrate", "--json").documents(Documents.Event.self)
            #expect(events.first?.event == "resumed")
            #expect(events.last?.result == "failed" && events.last?.exit_code == 1)
            #expect(events.last?.diagnostics?.map(\.code) == ["SK923"])
            let status = try await migration.skein("status")
            #expect(status.exitCode == 0)
            #expect(status.stdout.contains("index:public.tenth: division by zero (SQLSTATE 22012)"), "\(status)")
            #expect(status.stdout.contains("not running: `skein migrate` goes on"))
            try await TestServers.execute("update public.divisors set x = 2", on: migration.target)
            try await TestServers.execute("update public.divisors set x = 2", on: migration.source)
            #expect(try await migration.skein("migrate").exitCode == 0)
        }
    }

    @Test("refuses what the target holds already, and drops it only when that is confirmed")
    func leftovers() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            try await TestServers.execute("create table public.notes (mine int)", on: migration.target)
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 2)
            #expect(refused.stdout == "")
            #expect(refused.stderr.contains("public.notes"))
            #expect(refused.stderr.contains("--drop-if-exists"))
            let asked = try await migration.skein("migrate", "--drop-if-exists")
            #expect(asked.exitCode == 2)
            #expect(asked.stderr.contains("  table public.notes\n"))
            #expect(asked.stderr.contains("Say --yes"))
            #expect(try await TestServers.column("select count(mine) from public.notes", on: migration.target) == ["0"])
            let done = try await migration.skein("migrate", "--drop-if-exists", "--yes")
            #expect(done.exitCode == 0, "\(done)")
            #expect(try await migration.differences() == [])
            // Started over once more, with its own state among what goes.
            let again = try await migration.skein("migrate", "--drop-if-exists", "--yes")
            #expect(again.stderr.contains("  state of migration cli-test in schema skein\n"), "\(again)")
            #expect(again.stdout.hasPrefix("cli-test: migrated 3 tables"))
        }
    }

    @Test("refuses a plan that says something else than when it began, and names what")
    func changed() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:4"])
            #expect(killed.exitCode == nil)
            try migration.writePlan("select: {tables: {exclude: [public.notes]}}\ncutover: {verify: counts}")
            let refused = try await migration.skein("migrate")
            #expect(refused.exitCode == 2)
            #expect(
                refused.stderr.contains(
                    "error: the plan has changed since this migration began: select.tables.exclude [SK910]"),
                "\(refused)")
            // How closely it compares may change.
            try migration.writePlan("cutover: {verify: counts}")
            let resumed = try await migration.skein("migrate")
            #expect(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.stdout.contains("equally many rows"))
        }
    }

    @Test("refuses another source, and says by what it knows")
    func otherServer() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:4"]).exitCode == nil)
            try await TestServers.withScratchDatabase(on: try TestServers.requireSource(), prefix: "cli_o") { other in
                try migration.writePlan("", source: other.conninfoWithoutPassword)
                let refused = try await migration.skein("migrate")
                #expect(refused.exitCode == 2)
                #expect(
                    refused.stderr.contains("the source is not the one that this migration began with: its database"))
            }
        }
    }

    @Test("ends with 4 where a migration has begun and its source is down")
    func sourceDown() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:4"]).exitCode == nil)
            try migration.writePlan("", source: "host=127.0.0.1 port=1 user=postgres")
            let stopped = try await migration.skein("migrate")
            #expect(stopped.exitCode == 4)
            #expect(stopped.stderr.contains("error: the source does not answer [SK310]"))
        }
    }

    @Test("keeps names with line feeds and escapes in their lines")
    func hostileNames() async throws {
        let table = "create table \"a\nb\u{1B}[31m\" (x int primary key); insert into \"a\nb\u{1B}[31m\" values (1)"
        try await Migration.with("cli", sql: [table]) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result)")
            let status = try await migration.skein("status")
            let verify = try await migration.skein("verify")
            for text in [result.stderr, status.stdout, verify.stdout] {
                #expect(!text.contains("\u{1B}"))
                #expect(text.contains("public.\"a\u{FFFD}b\u{FFFD}[31m\""), "\(text)")
            }
            #expect(!result.stderr.contains("\nb"), "\(result)")
        }
    }

    /// The lines that tell of the run; checks may have something to say of the servers, too, which others use as well.
    private static func timed(_ result: SkeinProcess.Result) -> [Substring] {
        result.stderr.split(separator: "\n").filter { $0.contains(#/^\d\d:\d\d:\d\d /#) }
    }
}

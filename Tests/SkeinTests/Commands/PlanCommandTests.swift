import Foundation
import Postgres
import TestServers
import Testing

@Suite("plan", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct PlanCommandTests {
    @Test("shows what will happen and changes nothing")
    func text() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("plan")
            #expect(result.exitCode == 0)
            for text in ["Plan cli-test (offline): ", "public.readings", "Tasks", "Estimate"] {
                #expect(result.stdout.contains(text), "\(result)")
            }
            #expect(try await TestServers.column("select to_regnamespace('skein')", on: migration.target) == [nil])
        }
    }

    @Test("with --json prints the same for programs, and what is done once it has begun")
    func json() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let before = try await migration.skein("plan", "--json").document(Documents.Plan.self)
            #expect(before.name == "cli-test" && before.mode == "offline" && before.hash.count == 64)
            #expect(before.tables?.map(\.table.name).sorted() == ["devices", "notes", "readings"])
            let tasks = try #require(before.tasks)
            #expect(tasks.allSatisfy { $0.done == nil })
            let ids = Set(tasks.map(\.id))
            #expect(tasks.allSatisfy { ids.isSuperset(of: $0.needs) })
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:4"]).exitCode == nil)
            let after = try await migration.skein("plan", "--json").document(Documents.Plan.self)
            let done = after.tasks?.count { $0.done == true } ?? 0
            #expect((4..<tasks.count).contains(done))
            let text = try await migration.skein("plan")
            #expect(text.stdout.contains("the migration has begun, \(done) of \(tasks.count) are done"), "\(text)")
        }
    }

    @Test("draws the tasks as a graph", arguments: ["mermaid", "dot"])
    func graph(_ format: String) async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let result = try await migration.skein("plan", "--graph", format)
            #expect(result.exitCode == 0)
            #expect(result.stdout.hasPrefix(format == "dot" ? "digraph \"cli-test\" {" : "flowchart LR"))
            #expect(result.stdout.contains(format == "dot" ? "copy:public.readings" : "\"public.readings\""))
        }
    }

    @Test("with an error tells everything else all the same, and exits with 2")
    func errors() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            try migration.writePlan("hypertables: [{table: public.devices, time-column: nope}]")
            let result = try await migration.skein("plan", "--out", migration.folder + "/saved.json")
            #expect(result.exitCode == 2)
            #expect(result.stdout.hasPrefix("Plan cli-test"))
            #expect(result.stderr.contains("plan.yaml:6:"), "\(result)")
            #expect(result.stderr.contains("not saved, because of the errors above"))
            #expect(!FileManager.default.fileExists(atPath: migration.folder + "/saved.json"))
            let json = try await migration.skein("plan", "--json")
            #expect(json.exitCode == 2)
            let document = try json.document(Documents.Plan.self)
            #expect(document.tasks == nil)
            #expect(document.diagnostics.contains { $0.severity == "error" && $0.location?.line == 6 })
            let graph = try await migration.skein("plan", "--graph", "dot")
            #expect(graph.exitCode == 2)
            #expect(graph.stdout == "")
            let migrate = try await migration.skein("migrate", "--json")
            #expect(migrate.exitCode == 2)
            let events = try migrate.documents(Documents.Event.self)
            #expect(events.map(\.result) == ["refused"])
            #expect(events[0].diagnostics?.contains { $0.severity == "error" } == true)
        }
    }

    @Test("with --detailed-exitcode exits with 2 where there is work, 0 where there is none, 1 with an error")
    func detailedExitCode() async throws {
        try await Migration.with("ops_exit", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("plan", "--detailed-exitcode").exitCode == 2)
            #expect(try await migration.skein("plan", "--detailed-exitcode", "--json").exitCode == 2)
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "task.committed:4"])
            #expect(killed.exitCode == nil)
            #expect(try await migration.skein("plan", "--detailed-exitcode").exitCode == 2)
            #expect(try await migration.skein("migrate").exitCode == 0)
            let done = try await migration.skein("plan", "--detailed-exitcode")
            #expect(done.exitCode == 0, "\(done)")
            #expect(try await migration.skein("plan").exitCode == 0)

            try migration.writePlan("hypertables: [{table: public.devices, time-column: nope}]")
            #expect(try await migration.skein("plan", "--detailed-exitcode").exitCode == 1)
            let missing = migration.target.with(database: "ops_no_such_database")
            try migration.writePlan("", target: missing.conninfoWithoutPassword)
            let failure = try await migration.skein("plan", "--detailed-exitcode", "--json")
            #expect(failure.exitCode == 1)
            #expect(try failure.document(Documents.Failure.self).exit_code == 1)
            try migration.writePlan("colour: red")
            #expect(try await migration.skein("plan", "--detailed-exitcode").exitCode == 1)
            // A command line that is wrong must not look like work.
            #expect(try await migration.skein("plan", "--detailed-exitcode", "--bogus").exitCode == 1)
            #expect(try await migration.skein("plan", "--bogus").exitCode == 2)
        }
    }

    @Test("a live plan says how the source is followed, and what the downtime is made of")
    func live() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let text = try String(contentsOfFile: migration.planFile, encoding: .utf8)
            try text.replacing("mode: offline", with: "mode: live")
                .write(toFile: migration.planFile, atomically: true, encoding: .utf8)
            let result = try await migration.skein("plan")
            #expect(result.stdout.hasPrefix("Plan cli-test (live): "), "\(result)")
            #expect(result.stdout.contains("\nFollowing the source\n  pgoutput, "))
            #expect(result.stdout.contains("\nDowntime, from the fence to the end of the cutover\n"))
        }
    }

    @Test("a database that does not exist is named, with the statement that makes it")
    func noDatabase() async throws {
        try await Migration.with("cli", sql: []) { migration in
            let missing = migration.target.with(database: "cli_no_such_database")
            try migration.writePlan("", target: missing.conninfoWithoutPassword)
            for command in ["plan", "migrate", "status", "verify", "clean"] {
                let result = try await migration.skein(command)
                #expect(result.exitCode == 2)
                #expect(result.stdout == "")
                #expect(
                    result.stderr.contains("error: the database of the target, cli_no_such_database, does not exist"))
                #expect(result.stderr.contains("create database \"cli_no_such_database\";"))
            }
        }
    }
}

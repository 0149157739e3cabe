import Foundation
import Postgres
import TestServers
import Testing

@Suite("report", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReportCommandTests {
    private struct Document: Decodable {
        struct Table: Decodable {
            var table: String
            var rows: Int
            var comparison: String
        }
        struct Span: Decodable {
            var task: String
            var worker: String?
            var run: Int?
            var outcome: String
        }
        struct Run: Decodable {
            var run: Int
            var outcome: String?
        }
        var standing: String
        var tables: [Table]
        var spans: [Span]
        var runs: [Run]
        var samples: [Sample]
        struct Sample: Decodable {
            var tasks_done: Int
        }
    }

    @Test func `Before and after a migration there is nothing to report`() async throws {
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            let before = try await migration.skein("report")
            #expect(before.exitCode == 2)
            #expect(before.stderr.contains("there is nothing to report"), "\(before)")
            #expect(!FileManager.default.fileExists(atPath: migration.folder + "/report-test-report.html"))
        }
    }

    @Test func `A finished migration is written beside where the command runs, and nothing else is overwritten`()
        async throws
    {
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("migrate").exitCode == 0)
            let file = migration.folder + "/report-test-report.html"
            for _ in 1...2 {
                let result = try await migration.skein("report")
                #expect(result.exitCode == 0)
                #expect(result.stdout == "report-test: report written to report-test-report.html\n", "\(result)")
            }
            let html = try String(contentsOfFile: file, encoding: .utf8)
            #expect(html.contains("<strong>Complete</strong>") && html.contains("public.readings"))
            let markdown = try await migration.skein("report", "--format", "markdown", "--out", "-")
            #expect(markdown.stdout.contains("# report-test: Complete") && markdown.exitCode == 0)
            let refused = try await migration.skein("report", "--out", migration.planFile)
            #expect(refused.exitCode == 2 && refused.stderr.contains("something else than a report"), "\(refused)")
            let document = try await migration.skein("report", "--json").document(Document.self)
            #expect(document.standing == "complete")
            #expect(document.tables.map(\.table).sorted() == CommandSource.tables)
            #expect(document.tables.allSatisfy { $0.comparison == "equal" })
            #expect(document.tables.reduce(0) { $0 + $1.rows } == CommandSource.rows)
            #expect(document.spans.allSatisfy { $0.outcome == "done" && $0.run == 1 && $0.worker != nil })
            #expect(document.runs.map(\.outcome) == ["finished"])
            #expect(!document.samples.isEmpty)
        }
    }

    @Test func `A killed run is told as one that stopped, and the next one's report has both`() async throws {
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.before-commit:2"])
            #expect(killed.exitCode == nil)
            let stopped = try await migration.skein("report", "--json").document(Document.self)
            #expect(stopped.standing == "stopped")
            #expect(stopped.runs.map(\.outcome) == [nil])
            let html = try await migration.skein("report", "--out", "-").stdout
            #expect(html.contains("Not complete: stopped") && html.contains("killed, or its machine was lost"))
            #expect(try await migration.skein("migrate").exitCode == 0)
            let both = try await migration.skein("report", "--json").document(Document.self)
            #expect(both.runs.map(\.outcome) == [nil, "finished"])
            #expect(both.spans.contains { $0.outcome == "lost" && $0.task.hasPrefix("copy:") && $0.run == 1 })
            #expect(both.spans.contains { $0.outcome == "done" && $0.run == 2 })
        }
    }

    @Test func `A state of an earlier version is told as far as it goes, and gone on with`() async throws {
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            #expect(
                try await migration.skein("migrate", environment: ["SKEIN_FAULT": "copy.before-commit:2"]).exitCode
                    == nil)
            try await TestServers.withConnection(to: migration.target) { connection in
                try connection.execute(
                    """
                    drop table skein.run, skein.attempt, skein.sample, skein.origin;
                    alter table skein.task drop column run, drop column worker
                    """)
            }
            let old = try await migration.skein("report", "--json").document(Document.self)
            #expect(old.standing == "stopped" && old.runs.isEmpty)
            #expect(old.spans.contains { $0.outcome == "done" && $0.worker == nil })
            #expect(try await migration.skein("migrate").exitCode == 0)
            let new = try await migration.skein("report", "--json").document(Document.self)
            #expect(new.standing == "complete" && new.runs.count == 1)
        }
    }

    @Test func `clean says that the report goes with the state, and writes it first where it is asked to`() async throws
    {
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("migrate").exitCode == 0)
            let cleaned = try await migration.skein("clean", "--report")
            #expect(cleaned.exitCode == 0)
            #expect(cleaned.stderr.contains("report written to report-test-report.html"), "\(cleaned)")
            let html = try String(contentsOfFile: migration.folder + "/report-test-report.html", encoding: .utf8)
            #expect(html.contains("<strong>Complete</strong>"))
            #expect(try await migration.skein("report").exitCode == 2)
            let again = try await migration.skein("clean", "--report")
            #expect(again.exitCode == 0 && again.stdout.contains("nothing to clean"))
        }
        try await Migration.with("report", sql: CommandSource.sql) { migration in
            #expect(try await migration.skein("migrate").exitCode == 0)
            let cleaned = try await migration.skein("clean")
            #expect(cleaned.stderr.contains("--report writes it first"), "\(cleaned)")
        }
    }

    @Test func `A live migration's report has its downtime, and runbook and report are there at every stage`()
        async throws
    {
        try await Migration.with(
            "report", sql: CommandSource.sql,
            plan: "replication: {spool: {directory: ./spool}}\ncutover: "
                + "{approval: automatic}",
            mode: "live"
        ) { migration in
            let planned = try await migration.skein("runbook")
            #expect(
                planned.exitCode == 0
                    && planned.stdout.contains(
                        "## 3. The cutover, minute by "
                            + "minute"),
                "\(planned)")
            let migrated = try await migration.skein("migrate")
            #expect(migrated.exitCode == 0, "\(migrated)")
            let html = try await migration.skein("report", "--out", "-").stdout
            #expect(html.contains("The application stood still for <strong>"))
            #expect(html.contains("drain: the rest of the stream"))
            #expect(try await migration.skein("clean", "--yes").exitCode == 0)
        }
    }
}

@Suite("runbook")
struct RunbookCommandTests {
    @Test func `Without servers it is written from the plan alone, and says so`() async throws {
        try await CommandFolder.with { folder in
            try folder.write(
                """
                version: 1
                name: nowhere
                source: {uri: "host=127.0.0.1 port=1 dbname=iot", provider: rds}
                target: {uri: "host=127.0.0.1 port=1 dbname=tsdb", provider: tiger-cloud}
                """, to: "plan.yaml")
            let result = try await folder.skein("runbook", "@plan.yaml")
            #expect(result.exitCode == 0)
            for text in [
                "**Not from the servers.**",
                "aws rds "
                    + "modify-db-parameter-group", "rds.logical_replication", "tsdbadmin",
                "above 400 GB it is provisioned beforehand", "skein cutover plan.yaml",
            ] {
                #expect(result.stdout.contains(text), "\(text)\n\(result)")
            }
            #expect(result.stderr.contains("not asked: "))
            let json = try await folder.skein("runbook", "@plan.yaml", "--json")
            struct Document: Decodable {
                var from_servers: Bool
                var markdown: String
            }
            let document = try json.document(Document.self)
            #expect(!document.from_servers && document.markdown.hasPrefix("# Runbook: nowhere"))
        }
    }
}

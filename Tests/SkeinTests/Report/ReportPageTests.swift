import Foundation
import PlanFile
import Testing

@testable import Execution
@testable import Skein

@Suite("A report as HTML")
struct ReportPageTests {
    static let hostile = "a\"><script>alert(1)</script><img src=x onerror='b'>&\u{202E}\u{1B}[31m"

    private func page(_ report: MigrationReport) -> String { ReportPage(report, planArgument: "iot.yaml").html }

    @Test func `All sections are there, and the navigation leads to them`() {
        let html = page(SampleReport.finished())
        for id in ["left", "comparison", "cutover", "timeline", "stream", "time", "tables", "warnings", "runs"] {
            #expect(html.contains("<section id=\"\(id)\""), "\(id)")
            #expect(html.contains("<a href=\"#\(id)\">"), "\(id)")
        }
        for text in [
            "PostgreSQL 17.11 with TimescaleDB 2.19.3", "mover-1", "SK710", "public.log_lines", "\\password app",
            "refresh materialized view public.daily;", "alter database iot reset default_transaction_read_only;",
            "alter table public.a validate constraint f;", "alter table public.a owner to app;", "2.6 s", "hypertable",
            "the connection was lost", "<code>replication</code>",
        ] {
            #expect(html.contains(text), "\(text)")
        }
    }

    @Test func `Nothing leaves the file, and nothing in it is a script`() {
        let html = page(SampleReport.finished())
        #expect(html.contains("default-src 'none'; style-src 'unsafe-inline'"))
        #expect(html.firstMatch(of: /<script|<link|<iframe|<object|<embed|<img|javascript:|@import|url\(/) == nil)
        #expect(html.firstMatch(of: /\s(src|srcset|data|action|poster|xlink:href)\s*=/) == nil)
        #expect(html.matches(of: /href="([^"]*)"/).allSatisfy { $0.1.hasPrefix("#") })
        #expect(html.firstMatch(of: /https?:/) == nil)
        #expect(html.firstMatch(of: /\son[a-z]+=/) == nil)
    }

    @Test func `Whatever names and messages hold is text`() {
        var report = SampleReport.finished()
        let text = Self.hostile
        report.name = text
        report.standing = .failed
        report.source.version = text
        report.target.timescaleDB = text
        report.tables[0].table = text
        report.spans = report.spans.map { span in
            var span = span
            (span.task, span.table, span.worker, span.kind) = (text, text, text, text)
            return span
        }
        report.phases[0].kind = text
        report.runs[0].host = text
        report.runs[0].outcome = text
        report.errors = [.init(task: text, text: text, sqlState: text)]
        report.warnings = [.init(task: text, text: text)]
        report.failedAttempts = [.init(task: text, text: text)]
        report.findings = [Diagnostic(.warning, text, text, detail: text, cure: text, statement: text, object: text)]
        report.verification.differences = [text]
        report.todo = [Todo(task: text, sql: text, why: text)]
        report.settings = [Plan.Setting(key: text, value: text)]
        report.live?.insertsOnly = [.init(table: text)]
        report.live?.resyncs = [text]
        report.live?.broken = text
        report.live?.cutover?.report?.parts = [.init(name: text, seconds: 1)]
        report.live?.cutover?.report?.refreshes = [text]
        let html = page(report)
        #expect(!html.contains("<script") && !html.contains("<img"))
        #expect(!html.contains("\u{202E}") && !html.contains("\u{1B}"))
        #expect(html.contains("&lt;script&gt;"))
        // No quote of it ends an attribute: every tag is one of ours, with whole attributes.
        #expect(html.firstMatch(of: /<[a-z]+[^<>]*onerror/) == nil)
    }

    @Test func `A thousand tables and ten thousand tasks are a page of bounded size`() {
        let thousand = page(SampleReport.finished(tables: 1_000, piecesOfEach: 10))
        #expect(thousand.utf8.count < 1_500_000)
        #expect(thousand.contains("public.table_999"))
        let many = page(SampleReport.finished(tables: 5_000, piecesOfEach: 4))
        #expect(many.utf8.count < 1_500_000)
        #expect(many.contains("and 4,000 smaller ones"))
    }

    @Test(
        "says at the top how it stands",
        arguments: [
            (.complete, "Complete"), (.differs, "source and target differ"), (.broken, "the change stream is broken"),
            (.cuttingOver, "the cutover is under way"), (.running, "Not complete: running"),
            (.failed, "Not complete: a task failed"), (.stopped, "Not complete: stopped, no process works on it"),
        ] as [(MigrationReport.Standing, String)])
    func standing(_ standing: MigrationReport.Standing, _ text: String) throws {
        var report = SampleReport.finished()
        report.standing = standing
        if standing != .complete { report.finished = nil }
        let html = page(report)
        let header = try #require(html.split(separator: "</header>").first)
        #expect(header.contains(text))
        let markdown = ReportMarkdown(report, planArgument: "iot.yaml").text
        #expect(markdown.split(separator: "\n")[1].contains(text))
    }

    @Test func `Nothing has begun but the state: the page stands all the same`() {
        var report = SampleReport.empty
        report.standing = .stopped
        report.findings = nil
        report.live = nil
        report.runs = []
        let html = page(report)
        #expect(html.contains("No task has begun yet."))
        #expect(html.contains("an earlier version of Skein began this migration"))
        #expect(html.contains("skein migrate iot.yaml"))
    }

    @Test func `Markdown is short enough for a ticket, however large the migration was`() {
        var report = SampleReport.finished(tables: 5_000, piecesOfEach: 4)
        report.warnings = (0..<500).map { .init(task: "validate:\($0)", text: Self.hostile) }
        let text = ReportMarkdown(report, planArgument: "iot.yaml").text
        #expect(text.utf8.count < 8_000)
        #expect(text.hasPrefix(ReportMarkdown.mark))
        #expect(text.contains("| public.table\\_0 |"))
        #expect(text.contains("and 4,988 smaller tables"))
        #expect(text.contains("## Downtime: 2.6 s"))
        #expect(text.firstMatch(of: /[^\\]<script/) == nil)
    }
}

@Suite("A report's time axis")
struct TimeAxisTests {
    @Test func `A long pause is left out, and what is short still has room`() {
        let axis = TimeAxis(busy: [(0, 7_200), (200_000, 200_003)], left: 100, right: 1_100)
        #expect(axis.segments.count == 2)
        #expect(axis.breaks.map(\.seconds) == [192_800])
        #expect(axis.position(0) == 100 && axis.position(200_003) == 1_100)
        #expect(axis.position(200_003) - axis.position(200_000) >= 17)
        #expect(axis.position(100_000) > axis.position(7_200) && axis.position(100_000) < axis.position(200_000))
    }

    @Test func `Short pauses stay, and very many do not make very many breaks`() {
        #expect(TimeAxis(busy: [(0, 100), (102, 200)], left: 0, right: 1_000).segments.count == 1)
        let busy = (0..<1_000).map { (start: Double($0) * 1_000, end: Double($0) * 1_000 + 1) }
        #expect(TimeAxis(busy: busy, left: 0, right: 1_000).segments.count <= 9)
    }

    @Test func `Positions never go back, and labels do not lie over one another`() {
        for length in [0.5, 3, 59, 3_000, 90_000, 3_000_000] {
            let axis = TimeAxis(busy: [(SampleReport.began, SampleReport.began + length)], left: 100, right: 1_100)
            let places = (0...100).map { axis.position(SampleReport.began + length * Double($0) / 100) }
            #expect(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 })
            let ticks = axis.ticks.map(\.position)
            #expect(!ticks.isEmpty && ticks.count <= 16)
            #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $1 - $0 >= 60 })
        }
        #expect(TimeAxis(busy: [], left: 0, right: 1).position(5) == 0)
    }

    @Test func `Times are UTC, leap days and all`() {
        #expect(ReportTime.text(0) == "1970-01-01 00:00:00 UTC")
        #expect(ReportTime.text(1_709_210_096) == "2024-02-29 12:34:56 UTC")
        #expect(ReportTime.text(1_795_000_000) == "2026-11-18 11:06:40 UTC")
        #expect(ReportTime.clock(86_399.9) == "23:59:59")
    }
}

import Execution
import PlanFile

/// The bodies of a report's sections, as HTML.
struct ReportSections {
    let report: MigrationReport
    let words: ReportWords

    /// Beyond so many of a kind a number stands in their place.
    private static let mostTables = 1_000
    private static let mostMessages = 200

    // MARK: Left to do, and what failed

    var left: String {
        words.rests.map { rest in
            let shown = rest.lines.prefix(Self.mostMessages)
            let more = rest.lines.count - shown.count
            return HTMLText.paragraph(rest.title) + HTMLText.statement(shown.joined(separator: "\n"))
                + (more > 0 ? HTMLText.paragraph("and \(more) more", "muted") : "")
        }
        .joined(separator: "\n")
    }

    var errors: String {
        HTMLText.list(report.errors.map(Self.trouble), most: Self.mostMessages, what: "tasks")
    }

    private static func trouble(_ trouble: MigrationReport.Trouble) -> String {
        let state = trouble.sqlState.map { " (SQLSTATE \($0))" } ?? ""
        let time = trouble.time.map { "<span class=\"muted\">\(ReportTime.text($0))</span> " } ?? ""
        return "\(time)\(HTMLText.code(trouble.task)) <span "
            + "class=\"text\">\(HTMLText.sentence(trouble.text + state))</span>"
    }

    // MARK: Comparison

    var comparison: String {
        let verification = report.verification
        var html = HTMLText.paragraph(words.verification)
        if verification.kind != .none, verification.piecesDone > 0 {
            html += HTMLText.paragraph(
                "By \(verification.kind.rawValue), \(verification.piecesDone) of "
                    + "\(Words.count(Int64(verification.pieces), "piece")), in "
                    + "\(Words.duration(verification.seconds)).", "muted")
        }
        if !verification.differences.isEmpty {
            html += HTMLText.list(
                verification.differences.map {
                    "<span "
                        + "class=\"text\">\(HTMLText.escaped($0))</span>"
                }, most: 50, what: "places")
        }
        return html
    }

    // MARK: Cutover

    var cutover: String {
        guard let live = report.live else { return "" }
        guard let cutover = live.cutover else {
            return HTMLText.paragraph(
                live.isReady
                    ? "Everything before it is done; it has not been asked "
                        + "for." : "It is not time yet.")
        }
        guard let done = cutover.report else { return unfinished(cutover) }
        var html =
            "<p>The application stood still for "
            + "<strong>\(HTMLText.escaped(Words.duration(done.downtimeSeconds)))</strong>, "
            + "from the beginning of the fence to the completion"
            + (cutover.completed.map { " at \(HTMLText.escaped(Words.time($0)))" } ?? "") + ".</p>"
        var table = HTMLTable(
            "Parts of the downtime, in the order in which they began; some run side by side, so that together they "
                + "may be longer.",
            [.init(title: "Part"), .init(title: "Time", isNumber: true), .init(title: "Share of the downtime")])
        let whole = max(done.downtimeSeconds, 0.001)
        for part in done.parts {
            table.add(
                HTMLText.escaped(TaskCategory.words(part.name)), HTMLText.escaped(Words.duration(part.seconds)),
                Self.bar(part.seconds / whole, TaskCategory(kind: Self.category(part.name))))
        }
        html += table.html
        html += HTMLText.paragraph(
            done.lateChanges == 0
                ? "No row was changed on the source after the marker."
                : "\(Words.count(done.lateChanges, "row")) changed on the source after the marker: not on the target.",
            done.lateChanges == 0 ? "muted" : "bad")
        return html
    }

    /// Of a part of the downtime, the kind of task that it is made of.
    private static func category(_ part: String) -> String {
        switch part {
        case "copy-again": "recopy"
        case "indexes", "constraints": "index"
        case "foreign-keys": "foreign-key"
        case "views": "refresh"
        case "completion": "complete"
        default: part
        }
    }

    private func unfinished(_ cutover: LiveReport.Cutover) -> String {
        let steps: [(String, String?)] = [
            ("asked for", cutover.requested), ("fence complete", cutover.fenced), ("marker written", cutover.marked),
            ("drained", cutover.drained),
        ]
        let items = steps.map { step in "\(step.0): \(step.1.map { Words.time($0) } ?? "not yet")" }
        return HTMLText.paragraph(
            cutover.isAbandoned
                ? "It was withdrawn, and what was done of it is being "
                    + "undone." : "It is not complete.")
            + HTMLText.list(items.map(HTMLText.escaped), most: 10, what: "steps")
    }

    /// A dash for what has not begun.
    private static func duration(_ seconds: Double) -> String {
        seconds > 0 ? HTMLText.escaped(Words.duration(seconds)) : "–"
    }

    static func bar(_ share: Double, _ category: TaskCategory) -> String {
        guard share > 0 else { return "" }
        let percent = SVGText.number(min(100, max(0, share * 100)))
        return "<span class=\"track\"><span class=\"bar c-\(category.rawValue)\" "
            + "style=\"width:\(percent)%\"></span></span>"
    }

    // MARK: Timeline, stream, phases

    var timeline: String {
        let chart = TimelineChart(report)
        return chart.html + (RateChart.throughput(report, chart.axis)?.html ?? "")
    }

    var stream: String {
        guard let live = report.live else { return HTMLText.paragraph("The stream has not begun.", "muted") }
        var html = RateChart.stream(report).map(\.html).joined(separator: "\n")
        guard let stream = live.stream else { return html + HTMLText.paragraph("The stream has not begun.", "muted") }
        var facts: [(String, String)] = [
            (
                "Applied",
                "\(Words.count(stream.appliedChanges, "change")) in "
                    + "\(Words.count(stream.appliedTransactions, "transaction")), up to \(stream.applied)"
            )
        ]
        if report.finished == nil {
            // What was last seen before the end is not how it ended.
            facts.append(
                ("Lag, last seen", "\(Words.duration(stream.lagSeconds)), \(Words.bytes(stream.lagBytes))"))
            facts.append(("Spool, last seen", Words.bytes(stream.spoolBytes)))
        }
        let spool = report.samples.compactMap(\.spoolBytes).max()
        if let spool { facts.append(("Spool at its largest", Words.bytes(spool))) }
        let retained = report.samples.compactMap(\.retainedBytes).max()
        if let retained { facts.append(("WAL kept on the source, at most", Words.bytes(retained))) }
        if !live.resyncs.isEmpty { facts.append(("Waiting to be copied again", live.resyncs.joined(separator: ", "))) }
        if !live.insertsOnly.isEmpty {
            let names = live.insertsOnly.map(\.table)
            facts.append(
                (
                    "Followed for inserts only",
                    names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
                ))
        }
        html += Self.facts(facts)
        return html
    }

    static func facts(_ facts: [(String, String)]) -> String {
        "<dl class=\"facts\">"
            + facts.map { "<dt>\(HTMLText.escaped($0.0))</dt><dd>\(HTMLText.escaped($0.1))</dd>" }.joined() + "</dl>"
    }

    var phases: String {
        var table = HTMLTable(
            "Kinds of tasks, in the order of the plan. The time is that in which any of them ran; the work is that "
                + "of all of them.",
            [
                .init(title: "What"), .init(title: "Tasks", isNumber: true), .init(title: "Time", isNumber: true),
                .init(title: "Work", isNumber: true), .init(title: "Share of the work"),
            ])
        let most = max(report.phases.map(\.workSeconds).max() ?? 0, 0.001)
        for phase in report.phases {
            let tasks = Words.count(Int64(phase.tasks))
            table.add(
                HTMLText.escaped(TaskCategory.words(phase.kind)),
                phase.done == phase.tasks ? tasks : "\(Words.count(Int64(phase.done))) of \(tasks)",
                Self.duration(phase.seconds), Self.duration(phase.workSeconds),
                Self.bar(phase.workSeconds / most, TaskCategory(kind: phase.kind)))
        }
        return table.html
    }

    // MARK: Tables

    var tables: String {
        guard !report.tables.isEmpty else {
            return HTMLText.paragraph(
                "There is no table whose rows are "
                    + "copied.", "muted")
        }
        var table = HTMLTable(
            "\(Words.count(Int64(report.tables.count), "table")), the biggest first.",
            [
                .init(title: "Table"), .init(title: "Rows", isNumber: true), .init(title: "Data", isNumber: true),
                .init(title: "Pieces", isNumber: true), .init(title: "Copied in", isNumber: true),
                .init(title: "Rate", isNumber: true), .init(title: "Indexes, keys", isNumber: true),
                .init(title: "Retries", isNumber: true), .init(title: "Compared"),
            ])
        for entry in report.tables.prefix(Self.mostTables) { table.rows.append(Self.row(entry)) }
        let rest = report.tables.dropFirst(Self.mostTables)
        if !rest.isEmpty {
            var sum = MigrationReport.Table(
                table: "and \(Words.count(Int64(rest.count))) smaller "
                    + "ones", comparison: Self.together(rest.map(\.comparison)))
            for entry in rest { sum.add(entry) }
            table.rows.append(Self.row(sum))
        }
        return table.html
    }

    private static func together(_ comparisons: [MigrationReport.Comparison]) -> MigrationReport.Comparison {
        for found in [MigrationReport.Comparison.differs, .pending, .none] where comparisons.contains(found) {
            return found
        }
        return .equal
    }

    private static func row(_ table: MigrationReport.Table) -> [String] {
        let isDone = table.piecesDone == table.pieces
        let kind = table.isHypertable ? " <span class=\"muted\">hypertable</span>" : ""
        let indexes =
            table.indexes == 0
            ? "–"
            : Words.count(Int64(table.indexes))
                + (table.indexSeconds > 0
                    ? " in "
                        + "\(Words.duration(table.indexSeconds))" : "")
        return [
            HTMLText.escaped(table.table) + kind,
            isDone
                ? Words.count(table.rows)
                : "\(Words.count(table.rows)) of "
                    + "~\(Words.count(max(table.estimatedRows, table.rows)))",
            isDone
                ? Words.bytes(table.bytes)
                : "\(Words.bytes(table.bytes)) of "
                    + "~\(Words.bytes(max(table.estimatedBytes, table.bytes)))",
            isDone ? Words.count(Int64(table.pieces)) : "\(table.piecesDone) of \(table.pieces)",
            table.copySeconds > 0 ? Words.duration(table.copySeconds) : "–",
            table.rate.map { Words.bytes(Int64($0)) + "/s" } ?? "–", indexes,
            table.retries == 0 ? "–" : Words.count(Int64(table.retries)), chip(table.comparison),
        ]
    }

    private static func chip(_ comparison: MigrationReport.Comparison) -> String {
        switch comparison {
        case .equal: "<span class=\"chip ok\">equal</span>"
        case .differs: "<span class=\"chip bad\">differs</span>"
        case .pending: "<span class=\"muted\">not yet</span>"
        case .none: "<span class=\"muted\">–</span>"
        }
    }

    // MARK: Checks and warnings

    var warnings: String {
        var html = ""
        if !report.warnings.isEmpty {
            html +=
                "<h3>Of the run</h3>"
                + HTMLText.list(report.warnings.map(Self.trouble), most: Self.mostMessages, what: "warnings")
        }
        if !report.failedAttempts.isEmpty {
            html += HTMLText.folded(
                "\(Words.count(Int64(report.failedAttempts.count), "attempt")) failed and "
                    + "\(report.failedAttempts.count == 1 ? "was" : "were") made again",
                HTMLText.list(
                    report.failedAttempts.suffix(100).reversed().map(Self.trouble), most: 100, what: "earlier ones"))
        }
        guard let findings = report.findings else {
            return html
                + HTMLText.paragraph(
                    "What the checks said is not known: an earlier version of Skein began "
                        + "this migration.", "muted")
        }
        let loud = findings.filter { $0.severity != .note }
        let notes = findings.filter { $0.severity == .note }
        html += "<h3>Of the checks, when it began</h3>"
        if loud.isEmpty { html += HTMLText.paragraph("No warning.", "muted") }
        html += loud.prefix(Self.mostMessages).map(Self.finding).joined(separator: "\n")
        if loud.count > Self.mostMessages {
            html += HTMLText.paragraph(
                "and \(loud.count - Self.mostMessages) more "
                    + "warnings", "muted")
        }
        if !notes.isEmpty {
            html += HTMLText.folded(
                Words.count(Int64(notes.count), "note"),
                notes.prefix(Self.mostMessages).map(Self.finding).joined(separator: "\n")
                    + (notes.count > Self.mostMessages
                        ? HTMLText.paragraph(
                            "and \(notes.count - Self.mostMessages) "
                                + "more", "muted") : ""))
        }
        return html
    }

    private static func finding(_ finding: Diagnostic) -> String {
        var html =
            "<p><strong>\(HTMLText.escaped(finding.severity.rawValue))</strong> \(HTMLText.code(finding.code)) "
            + "\(HTMLText.sentence(finding.summary))</p>"
        if let detail = finding.detail { html += HTMLText.paragraph(detail, "muted") }
        if let cure = finding.cure { html += HTMLText.paragraph(cure) }
        if let statement = finding.statement { html += HTMLText.statement(statement) }
        return "<div class=\"finding \(finding.severity.rawValue)\">\(html)</div>"
    }

    // MARK: Processes and versions

    var runs: String {
        var html = ""
        if !report.runs.isEmpty {
            var table = HTMLTable(
                "Processes that worked on it. One without an end was killed, or works still.",
                [
                    .init(title: "Run"), .init(title: "Machine"), .init(title: "Process", isNumber: true),
                    .init(title: "From"), .init(title: "For", isNumber: true), .init(title: "Ended"),
                ])
            for run in report.runs.suffix(100) {
                let isLast = run.run == report.runs.last?.run
                let ended =
                    run.outcome
                    ?? (isLast && report.isRunning
                        ? "works on it"
                        : "killed, or its machine "
                            + "was lost")
                table.add(
                    String(run.run), HTMLText.escaped(run.host), String(run.pid), ReportTime.text(run.began),
                    HTMLText.escaped(Words.duration((run.ended ?? run.seen) - run.began)), HTMLText.escaped(ended))
            }
            html += table.html
        }
        html += "<h3>Versions</h3>" + Self.facts(words.versions.map { ($0.name, $0.value) })
        var settings = HTMLTable(
            "Everything the plan says, defaults included, without "
                + "passwords.", [.init(title: "Key"), .init(title: "Value")])
        for setting in report.settings.prefix(400) {
            settings.add(HTMLText.code(setting.key), HTMLText.code(setting.value))
        }
        return html + HTMLText.folded("The plan (\(report.planHash.prefix(12)))", settings.html)
    }
}

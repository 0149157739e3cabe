import Execution
import PlanFile
import Planning

/// A report for pasting into a ticket: short, however large the migration was.
struct ReportMarkdown {
    private let report: MigrationReport
    private let words: ReportWords

    /// What the file begins with: such a file may be written over.
    static let mark = "<!-- skein report -->\n"

    private static let mostTables = 12
    private static let mostMessages = 12

    init(_ report: MigrationReport, planArgument: String) {
        self.report = report
        words = ReportWords(report: report, planArgument: planArgument)
    }

    var text: String {
        var lines = [
            "# \(Self.escaped(report.name)): \(words.headline)", "", Self.escaped(words.explanation), "",
            "|  |  |", "|---|---|",
        ]
        for (name, value) in facts { lines.append("| \(name) | \(Self.cell(value)) |") }
        lines += left + errors + differences + downtime + tables + warnings
        lines += [
            "",
            "Written by Skein \(Version.text) at \(ReportTime.text(report.read)). `skein report "
                + "\(words.planArgument)` draws "
                + "the timeline.", "",
        ]
        return Self.mark + lines.joined(separator: "\n")
    }

    private var facts: [(String, String)] {
        var facts: [(String, String)] = [
            ("From", words.server(report.source)), ("To", words.server(report.target)),
            ("Skein", words.versions[0].value + ", " + report.mode.rawValue),
            ("Began", ReportTime.text(report.began)),
        ]
        facts.append(("Ended", report.finished.map(ReportTime.text) ?? "not yet; read \(ReportTime.text(report.read))"))
        facts.append(("Time", Words.duration(words.elapsed)))
        facts.append(
            (
                "Copied",
                "\(Words.count(report.rows, "row")), \(Words.bytes(report.bytes)) of "
                    + "\(Words.count(Int64(report.tables.count), "table")) in "
                    + "\(Words.duration(report.copySeconds))"
                    + (report.copySeconds > 0
                        ? " "
                            + "(\(Words.bytes(Int64(Double(report.bytes) / report.copySeconds)))/s)" : "")
            ))
        if let stream = report.live?.stream { facts.append(("Changes applied", Words.count(stream.appliedChanges))) }
        if let cutover = report.live?.cutover?.report {
            facts.append(("Downtime", Words.duration(cutover.downtimeSeconds)))
        }
        facts.append(("Compared", words.verification))
        facts.append(("Tried again", report.retries == 0 ? "nothing" : Words.count(Int64(report.retries), "attempt")))
        return facts
    }

    private var left: [String] {
        guard !words.rests.isEmpty else { return [] }
        return ["", "## Left to do"]
            + words.rests.flatMap { rest -> [String] in
                let shown = rest.lines.prefix(Self.mostMessages)
                let more = rest.lines.count - shown.count
                return ["", Self.escaped(rest.title), ""] + Self.fenced(shown.joined(separator: "\n"))
                    + (more > 0 ? ["", "and \(more) more"] : [])
            }
    }

    private var errors: [String] {
        guard !report.errors.isEmpty else { return [] }
        return ["", "## What failed", ""]
            + Self.items(
                report.errors.map {
                    "`\(Self.code($0.task))`: "
                        + "\(Self.escaped($0.text))"
                })
    }

    private var differences: [String] {
        guard !report.verification.differences.isEmpty else { return [] }
        let shown = report.verification.differences.prefix(Self.mostMessages).joined(separator: "\n")
        return ["", "## What differs", ""] + Self.fenced(shown)
    }

    private var downtime: [String] {
        guard let cutover = report.live?.cutover?.report else { return [] }
        return ["", "## Downtime: \(Words.duration(cutover.downtimeSeconds))", "", "| part | time |", "|---|---:|"]
            + cutover.parts.map { "| \(Self.cell(TaskCategory.words($0.name))) | \(Words.duration($0.seconds)) |" }
    }

    private var tables: [String] {
        guard !report.tables.isEmpty else { return [] }
        let shown = report.tables.prefix(Self.mostTables)
        let rest = report.tables.count - shown.count
        return [
            "", "## Tables", "",
            "| table | rows | data | pieces | copied in | rate | retries | compared "
                + "|", "|---|---:|---:|---:|---:|---:|---:|---|",
        ]
            + shown.map { table in
                "| \(Self.cell(table.table)) | \(Words.count(table.rows)) | \(Words.bytes(table.bytes)) | "
                    + "\(table.piecesDone == table.pieces ? "\(table.pieces)" : "\(table.piecesDone) of \(table.pieces)") | "
                    + "\(Words.duration(table.copySeconds)) | "
                    + "\(table.rate.map { Words.bytes(Int64($0)) + "/s" } ?? "–") | "
                    + "\(table.retries) | \(table.comparison == .pending ? "not yet" : table.comparison.rawValue) |"
            } + (rest > 0 ? ["", "and \(Words.count(Int64(rest))) smaller tables"] : [])
    }

    private var warnings: [String] {
        let own = report.warnings.map { "`\(Self.code($0.task))`: \(Self.escaped($0.text))" }
        let found = (report.findings ?? []).filter { $0.severity != .note }.map {
            "\($0.code) \(Self.escaped($0.summary))"
        }
        guard !own.isEmpty || !found.isEmpty else { return [] }
        return ["", "## Warnings", ""] + Self.items(own + found)
    }

    // MARK: Markdown

    private static func items(_ items: [String]) -> [String] {
        items.prefix(mostMessages).map { "- \($0)" }
            + (items.count > mostMessages
                ? [
                    "- and "
                        + "\(items.count - mostMessages) more"
                ] : [])
    }

    private static func fenced(_ text: String) -> [String] {
        MarkdownText.block(
            "", Words.printable(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    /// One line in which nothing is markup but code in backquotes, where these come in pairs.
    static func escaped(_ text: String) -> String {
        MarkdownText.escaped(Words.line(text.replacing("\n", with: " ")))
    }

    private static func code(_ text: String) -> String { Words.line(text).replacing("`", with: "'") }

    private static func cell(_ text: String) -> String { escaped(text) }
}

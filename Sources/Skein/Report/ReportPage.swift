import Execution
import PlanFile

/// A report as one HTML file that needs nothing but itself: no script, and nothing that is fetched from anywhere.
struct ReportPage {
    let report: MigrationReport
    let words: ReportWords

    /// What the file begins with: such a file may be written over.
    static let mark = "<!doctype html>\n<!-- skein report -->\n"

    /// - Parameter planArgument: the plan as it stands behind a command.
    init(_ report: MigrationReport, planArgument: String) {
        self.report = report
        words = ReportWords(report: report, planArgument: planArgument)
    }

    var html: String {
        let sections = sections
        let links = sections.map { "<li><a href=\"#\($0.id)\">\(HTMLText.escaped($0.title))</a></li>" }.joined()
        return Self.mark + """
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(HTMLText.escaped(report.name)): \(HTMLText.escaped(words.headline))</title>
            <style>
            \(ReportStyle.css)</style>
            </head>
            <body>
            <header>
            <p class="kicker">Skein migration report</p>
            <h1>\(HTMLText.escaped(report.name))</h1>
            <p class="route">\(route)</p>
            <div class="banner \(words.tone.rawValue)" role="status"><span class="mark" \
            aria-hidden="true">\(words.mark)</span>
            <div><strong>\(HTMLText.escaped(words.headline))</strong><p>\(HTMLText.sentence(words.explanation))</p></div></div>
            \(tiles)
            <nav aria-label="Sections"><ul>\(links)</ul></nav>
            </header>
            <main>
            \(sections.map { HTMLText.section($0.id, $0.title, $0.body) }.joined(separator: "\n"))
            </main>
            <footer><p>Written by Skein \(HTMLText.escaped(Version.text)) at \(ReportTime.text(report.read)) from \
            the state on \
            the target. Times are UTC. Rows of tables are not in \
            it\(hasKeys ? ", but for the keys of rows that differ" : "").\
            </p></footer>
            </body>
            </html>

            """
    }

    private var hasKeys: Bool { !report.verification.differences.isEmpty }

    private var route: String {
        "\(HTMLText.escaped(words.server(report.source))) → \(HTMLText.escaped(words.server(report.target))), "
            + "\(report.mode.rawValue)"
    }

    struct Section {
        var id: String
        var title: String
        var body: String
    }

    private var sections: [Section] {
        let parts = ReportSections(report: report, words: words)
        return [
            words.rests.isEmpty ? nil : Section(id: "left", title: "Left to do", body: parts.left),
            report.errors.isEmpty ? nil : Section(id: "errors", title: "What failed", body: parts.errors),
            Section(id: "comparison", title: "Comparison", body: parts.comparison),
            report.live == nil ? nil : Section(id: "cutover", title: "Cutover and downtime", body: parts.cutover),
            Section(id: "timeline", title: "Timeline", body: parts.timeline),
            report.mode == .live ? Section(id: "stream", title: "Following the source", body: parts.stream) : nil,
            Section(id: "time", title: "Where the time went", body: parts.phases),
            Section(id: "tables", title: "Tables", body: parts.tables),
            Section(id: "warnings", title: "Checks and warnings", body: parts.warnings),
            Section(id: "runs", title: "Processes and versions", body: parts.runs),
        ].compactMap(\.self)
    }

    // MARK: Tiles

    private var tiles: String {
        var tiles: [(name: String, value: String, sub: String)] = []
        let pieces = report.tables.reduce(0) { $0 + $1.pieces }
        let isWhole = report.bytes >= report.totalBytes || report.finished != nil
        tiles.append(
            (
                "Rows", Words.count(report.rows),
                "in \(Words.count(Int64(report.tables.count), "table")), \(Words.count(Int64(pieces), "piece"))"
            ))
        tiles.append(
            (
                "Row data", Words.bytes(report.bytes),
                isWhole
                    ? "copied"
                    : "of about "
                        + "\(Words.bytes(report.totalBytes))"
            ))
        tiles.append(
            ("Time", Words.duration(words.elapsed), report.finished == nil ? "so far" : "from start to finish"))
        if report.copySeconds > 0 {
            tiles.append(
                (
                    "Copying", "\(Words.bytes(Int64(Double(report.bytes) / report.copySeconds)))/s",
                    "for \(Words.duration(report.copySeconds))"
                ))
        }
        if let cutover = report.live?.cutover?.report {
            tiles.append(("Downtime", Words.duration(cutover.downtimeSeconds), "fence: \(cutover.fence)"))
        }
        if let stream = report.live?.stream {
            tiles.append(
                (
                    "Changes applied", Words.count(stream.appliedChanges),
                    "in "
                        + "\(Words.count(stream.appliedTransactions, "transaction"))"
                ))
        }
        tiles.append(comparisonTile)
        tiles.append(
            (
                "Tasks", Words.count(Int64(report.tasks)),
                report.retries == 0 ? "none tried twice" : "\(Words.count(Int64(report.retries))) tried again"
            ))
        let cells = tiles.map { tile in
            "<div><dt>\(HTMLText.escaped(tile.name))</dt><dd>\(HTMLText.escaped(tile.value))"
                + "<span class=\"sub\">\(HTMLText.escaped(tile.sub))</span></dd></div>"
        }
        // In rows of equal length.
        let columns = cells.count <= 6 ? cells.count : (cells.count + 1) / 2
        return "<dl class=\"tiles\" style=\"--columns:\(columns)\">\n\(cells.joined(separator: "\n"))\n</dl>"
    }

    private var comparisonTile: (String, String, String) {
        let verification = report.verification
        if !verification.differences.isEmpty { return ("Comparison", "Differs", "see below") }
        if verification.kind == .none { return ("Comparison", "None", "verify: none") }
        if report.isCompared { return ("Comparison", "Equal", "by \(verification.kind.rawValue)") }
        return ("Comparison", "Not yet", "\(verification.piecesDone) of \(verification.pieces) pieces")
    }
}

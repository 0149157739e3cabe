internal import PlanFile

/// Words a `PlanDocument` for people: no colour, no control characters.
package struct PlanText {
    /// Columns, which lines keep to where names allow.
    fileprivate var width: Int

    /// Ended by a line feed. Diagnostics are not in it: they are told by `DiagnosticRenderer`.
    /// - Parameter width: columns of the terminal, at least 60.
    package static func render(_ document: PlanDocument, width: Int = 120) -> String {
        PlanText(width: max(60, width)).text(document)
    }

    private func text(_ document: PlanDocument) -> String {
        var lines = [heading(document)] + place("source", document.source) + place("target", document.target) + [""]
        lines += section("Creates on the target", wrapped(creates(document.creates), indent: "  "))
        if let jobs = document.jobs { lines += section("Jobs", jobLines(jobs) + connectionLines(document)) }
        if let following = document.following {
            lines += section("Following the source", FollowingLines(text: self).lines(following))
        }
        if let parts = document.downtime {
            lines += section("Downtime, from the fence to the end of the cutover", wrapped(parts, indent: "  "))
        }
        if let tables = document.tables { lines += section(tableHeading(tables), TableLines(text: self).lines(tables)) }
        if !document.skipped.isEmpty { lines += section("Not migrated", skippedLines(document.skipped)) }
        if let paragraphs = document.access?.paragraphs, !paragraphs.isEmpty {
            lines += section(
                "Roles and rights",
                paragraphs.flatMap { wrapped($0.split(separator: " ").map(String.init), indent: "  ", separator: " ") })
        }
        if !document.notYetApplied.isEmpty {
            lines += section(
                "Not yet applied by this version", document.notYetApplied.flatMap { wrapped([$0], indent: "  ") })
        }
        if let tasks = document.tasks { lines += taskSection(tasks) }
        let isDone = document.tasks?.allSatisfy { $0.done == true } == true
        if let estimate = document.estimate, !isDone {
            lines += section("Estimate", estimateLines(estimate, document.tables))
        }
        while lines.last == "" { lines.removeLast() }
        return lines.map(Self.printable).joined(separator: "\n") + "\n"
    }

    private func heading(_ document: PlanDocument) -> String {
        // Distributions put their own words behind the number.
        func version(_ server: PlanDocument.Server) -> Substring { server.version.prefix { $0 != " " } }
        return "Plan \(document.name) (\(document.mode.rawValue)): \(document.source.database) on PostgreSQL "
            + "\(version(document.source)) → \(document.target.database) on PostgreSQL \(version(document.target))"
    }

    private func place(_ side: String, _ server: PlanDocument.Server) -> [String] {
        guard let name = server.providerName else { return [] }
        let why = server.providerWhy.map { " (\($0))" } ?? ""
        return wrapped("\(name)\(why)".split(separator: " ").map(String.init), indent: "  \(side): ", separator: " ")
    }

    private func section(_ title: String, _ body: [String]) -> [String] { [title] + body + [""] }

    private func creates(_ items: [PlanDocument.Created]) -> [String] {
        items.isEmpty
            ? ["nothing"] : items.map { Measure.count($0.count, $0.kind, plural: plural($0.kind)) }
    }

    private func plural(_ kind: String) -> String {
        if kind.hasSuffix("x") { return kind + "es" }
        if kind.hasSuffix("y"), !kind.hasSuffix("ey") { return kind.dropLast() + "ies" }
        return kind.hasSuffix("class") ? kind + "es" : kind + "s"
    }

    private func jobLines(_ jobs: [PlanDocument.Job]) -> [String] {
        let values = jobs.map { $0.unit == "bytes" ? Measure.bytes($0.value) : Measure.grouped($0.value) }
        let names = jobs.map(\.name.count).max() ?? 0
        let width = values.map(\.count).max() ?? 0
        return zip(jobs, values).flatMap { job, value in
            let head = "  " + Self.padded(job.name, names) + "  " + Self.aligned(value, width) + "  "
            return wrapped(job.why.split(separator: " ").map(String.init), indent: head, separator: " ")
        }
    }

    private func connectionLines(_ document: PlanDocument) -> [String] {
        guard let source = document.source.connections, let target = document.target.connections else { return [] }
        return ["  connections: up to \(source) on the source, \(target) on the target"]
    }

    private func tableHeading(_ tables: [PlanDocument.Table]) -> String {
        let bytes = tables.reduce(0) { $0 + ($1.pieces > 0 ? $1.bytes : 0) }
        return "Tables: \(Measure.count(tables.count, "table")), \(Measure.bytes(bytes)) to copy"
    }

    private func skippedLines(_ items: [PlanDocument.Skipped]) -> [String] {
        let most = 200
        let width = min(items.prefix(most).map(\.object.count).max() ?? 0, 50)
        let lines = items.prefix(most).map { "  " + Self.padded($0.object, width) + "  " + $0.why }
        return lines + (items.count > most ? ["  and \(Measure.grouped(Int64(items.count - most))) more"] : [])
    }

    private func taskSection(_ tasks: [PlanDocument.Task]) -> [String] {
        let remaining = tasks.filter { $0.done != true }
        guard tasks.contains(where: { $0.done != nil }) else {
            return section("Tasks", wrapped(counts(tasks), indent: "  "))
        }
        let done = "\(Measure.grouped(Int64(tasks.count - remaining.count))) of \(Measure.grouped(Int64(tasks.count)))"
        guard !remaining.isEmpty else { return section("Tasks: all \(tasks.count) are done", []) }
        return section(
            "Tasks: the migration has begun, \(done) are done; what remains", wrapped(counts(remaining), indent: "  "))
    }

    private func counts(_ tasks: [PlanDocument.Task]) -> [String] {
        var kinds: [String] = []
        var counts: [String: Int] = [:]
        for task in tasks {
            let kind = String(task.id.prefix { $0 != ":" })
            if counts[kind] == nil { kinds.append(kind) }
            counts[kind, default: 0] += 1
        }
        return ["\(Measure.grouped(Int64(tasks.count))) in all"]
            + kinds.map { "\(Measure.grouped(Int64(counts[$0] ?? 0))) \($0)" }
    }

    private func estimateLines(_ estimate: Estimate, _ tables: [PlanDocument.Table]?) -> [String] {
        let size = "\(Measure.bytes(estimate.bytes)), and \(Measure.bytes(estimate.indexBytes)) of indexes"
        let what =
            (tables ?? []).contains(where: \.hasUnknownRows)
            ? size : "\(Measure.count(estimate.rows, "row")) (\(size))"
        let text = "\(Measure.duration(estimate.seconds)) for \(what), \(estimate.assumption)"
        return wrapped(text.split(separator: " ").map(String.init), indent: "  ", separator: " ")
    }
}

extension PlanDocument.Table {
    /// Never analysed: the server keeps no count.
    fileprivate var hasUnknownRows: Bool { rows == 0 && bytes > 0 }
}

/// The list of tables, in columns.
private struct TableLines {
    let text: PlanText

    func lines(_ tables: [PlanDocument.Table]) -> [String] {
        let rows = tables.map { table in
            [
                table.table.description, table.hasUnknownRows ? "?" : Measure.grouped(table.rows),
                Measure.bytes(table.bytes),
                Measure.bytes(table.indexBytes), way(table),
            ]
        }
        let heads = ["table", "rows", "size", "indexes", "goes"]
        // A name longer than this moves its own line only.
        let limits = [44, 20, 12, 12, 28]
        let widths = heads.indices.map { column in
            min(limits[column], max(heads[column].count, rows.map { $0[column].count }.max() ?? 0))
        }
        func line(_ cells: [String]) -> String {
            let texts = cells.indices.map { column in
                (1...3).contains(column)
                    ? PlanText.aligned(cells[column], widths[column]) : PlanText.padded(cells[column], widths[column])
            }
            return "  " + texts.joined(separator: "  ")
        }
        let heading = line(heads)
        var result = [heading.count + 5 > text.width ? heading.droppingTrailingSpaces : heading + "  why"]
        for (table, cells) in zip(tables, rows) {
            let head = line(cells) + "  "
            let words = table.why.split(separator: " ").map(String.init)
            let isShort = head.count + table.why.count <= text.width
            result +=
                isShort
                ? [head + table.why]
                : [head.droppingTrailingSpaces] + text.wrapped(words, indent: "      ", separator: " ")
        }
        return result
    }

    private func way(_ table: PlanDocument.Table) -> String {
        let text =
            switch table.way {
            case .whole: "whole"
            case .ranges: "\(table.pieces) ranges"
            case .partitions: table.pieces == 1 ? "1 piece" : "\(table.pieces) pieces"
            case .blocks: "\(table.pieces) block ranges"
            case .skipped: "no data"
            case .none: "—"
            }
        let format = table.pieces > 0 ? table.binary ? ", binary" : ", text" : ""
        return text + format + (table.hypertable ? ", hypertable" : table.partitioned == true ? ", partitioned" : "")
    }
}

/// How the source is followed.
private struct FollowingLines {
    let text: PlanText

    func lines(_ following: PlanDocument.Following) -> [String] {
        var result = paragraph(
            "\(following.plugin.rawValue)\(following.binary ? ", binary" : ", text"): \(following.why)")
        if !following.messages { result += paragraph("markers are rows of a table of ours on the source") }
        let all = following.published.count + following.publishedForInserts.count
        if all > 0 {
            let inserts = following.publishedForInserts.count
            result += paragraph(
                "published: \(Measure.count(all, "table"))"
                    + (inserts > 0 ? ", \(Measure.grouped(Int64(inserts))) of them for inserts only" : ""))
        }
        let unusual = following.unusualTables
        for table in unusual.prefix(Self.most) {
            let change = table.statement.map { "; on the source, until `clean`: \($0)" } ?? ""
            result += paragraph("\(table.table): \(table.why)\(change)")
        }
        if unusual.count > Self.most {
            result += paragraph("and \(Measure.grouped(Int64(unusual.count - Self.most))) more")
        }
        return result + paragraph(Self.order)
    }

    private static let most = 50
    private static let order =
        "order: replica identities, publications and slot; structure and copy; plain indexes and the keys that name "
        + "rows; following, until it has caught up; other unique indexes and foreign keys; the gate, which `cutover` opens"

    private func paragraph(_ words: String) -> [String] {
        text.wrapped(words.split(separator: " ").map(String.init), indent: "  ", separator: " ")
    }
}

extension PlanText {
    /// Items behind one another, in lines that keep to the width; the first line begins with `indent`, the others with
    /// as many spaces.
    fileprivate func wrapped(_ items: [String], indent: String, separator: String = ", ") -> [String] {
        let blank = String(repeating: " ", count: indent.count)
        var lines: [String] = []
        var line = indent
        var isEmpty = true
        for (position, item) in items.enumerated() {
            let text = item + (position < items.count - 1 ? separator : "")
            if !isEmpty, line.count + item.count + 1 > width {
                lines.append(line.droppingTrailingSpaces)
                (line, isEmpty) = (blank, true)
            }
            line += text
            isEmpty = false
        }
        return lines + [line.droppingTrailingSpaces]
    }

    fileprivate static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    fileprivate static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Nothing that a terminal would obey.
    fileprivate static func printable(_ text: String) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: view.append("\u{FFFD}")
            default: view.append(scalar)
            }
        }
        return String(view)
    }
}

extension String {
    fileprivate var droppingTrailingSpaces: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

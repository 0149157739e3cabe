import Execution

/// `skein status` for people.
enum StatusText {
    /// Tables are listed up to this many, those with work left first.
    private static let listed = 40

    /// - Parameters:
    ///   - planArgument: as it stands behind a command.
    ///   - listsAll: all tables, however many there are.
    static func render(_ status: StatusReport, planArgument: String, listsAll: Bool) -> String {
        guard status.phase != .notStarted else {
            return "\(status.name): not started (the target holds no state of it)"
        }
        var lines = [headline(status)]
        lines.append(
            "tasks    \(status.done) of \(status.tasks) done"
                + (status.started.map { "; started \(Words.time($0))" } ?? "")
                + (status.finished.map { ", finished \(Words.time($0))" } ?? ""))
        lines.append("copied   " + copied(status))
        if let left = status.left { lines.append("left     " + DisplayFrame.words(left)) }
        lines += LiveStatusText.lines(status, planArgument: planArgument)
        if !status.running.isEmpty {
            lines.append("\nrunning")
            for task in status.running.sorted(by: { $0.seconds > $1.seconds }) {
                let bytes = task.bytes.map { ", " + Words.bytes($0) } ?? ""
                let share = task.fraction.map { ", \(Int($0 * 100))%" } ?? ""
                let step = task.step.map { ", " + Words.line($0) } ?? ""
                lines.append("  \(Words.line(task.id))  \(Words.duration(task.seconds))\(bytes)\(share)\(step)")
            }
        }
        lines += tables(status, listsAll)
        if !status.notices.isEmpty { lines += ["\nnotices"] + status.notices.map { "  " + Words.line($0) } }
        lines += troubles("errors (tried again by `skein migrate`)", status.errors)
        lines += troubles("warnings", status.warnings)
        if let todo = status.todo {
            lines += ["\nleft to do by hand"] + todo.map { "  " + Words.line($0.line) }
        }
        return lines.joined(separator: "\n")
    }

    private static func headline(_ status: StatusReport) -> String {
        let state =
            status.phase == .finished ? "" : status.isRunning ? ", running" : ", not running: `skein migrate` goes on"
        return "\(status.name): \(status.phase.rawValue.replacing("-", with: " "))\(state)"
    }

    private static func copied(_ status: StatusReport) -> String {
        if status.phase == .finished || status.live?.stream?.phase == .following {
            return "\(Words.count(status.copiedRows)) rows, \(Words.bytes(status.copiedBytes))"
        }
        let share = Words.percent(status.copiedBytes, of: max(status.totalBytes, status.copiedBytes))
        var text =
            "\(Words.count(status.copiedRows)) rows, \(Words.bytes(status.copiedBytes)) of about "
            + "\(Words.bytes(max(status.totalBytes, status.copiedBytes))) (\(share))"
        if let rate = status.bytesPerSecond { text += ", \(Words.bytes(Int64(rate)))/s" }
        return text
    }

    private static func tables(_ status: StatusReport, _ listsAll: Bool) -> [String] {
        guard !status.tables.isEmpty else { return [] }
        let open = status.tables.filter { $0.piecesDone < $0.pieces }
        let shown = (open + status.tables.filter { $0.piecesDone == $0.pieces }).prefix(listsAll ? .max : listed)
        let width = shown.map(\.table.count).max() ?? 0
        var lines = ["\ntables"]
        for table in shown {
            let pieces = "\(table.piecesDone)/\(table.pieces)"
            lines.append(
                "  \(Words.padded(Words.line(table.table), width))  \(Words.leftPadded(pieces, 7)) pieces  "
                    + "\(Words.leftPadded(Words.count(table.rows), 13)) rows  "
                    + Words.leftPadded(Words.bytes(table.bytes), 9))
        }
        if status.tables.count > shown.count {
            lines.append("  and \(status.tables.count - shown.count) more (--all-tables)")
        }
        return lines
    }

    private static func troubles(_ title: String, _ troubles: [StatusReport.Trouble]) -> [String] {
        guard !troubles.isEmpty else { return [] }
        return ["\n" + title]
            + troubles.map { trouble in
                let state = trouble.sqlState.map { " (SQLSTATE \($0))" } ?? ""
                return "  " + Words.line("\(trouble.id): \(trouble.text)\(state)")
            }
    }
}

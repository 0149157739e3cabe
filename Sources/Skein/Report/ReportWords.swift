import Execution
import FoundationEssentials
import PlanFile

/// What a report says in sentences, in HTML and in Markdown alike.
struct ReportWords {
    let report: MigrationReport
    /// As it stands behind a command.
    let planArgument: String

    enum Tone: String { case ok, warn, bad, info }

    var tone: Tone {
        switch report.standing {
        case .complete: report.isCompared && report.late == 0 ? .ok : .warn
        case .differs, .broken, .failed: .bad
        case .cuttingOver, .running: .info
        case .stopped: .warn
        }
    }

    /// Colour is never alone.
    var mark: String {
        switch tone {
        case .ok: "✓"
        case .warn: "!"
        case .bad: "✕"
        case .info: "…"
        }
    }

    var headline: String {
        switch report.standing {
        case .complete: "Complete"
        case .differs:
            report.finished == nil
                ? "Not complete: source and target differ"
                : "Complete, but source "
                    + "and target differ"
        case .broken: "Not complete: the change stream is broken"
        case .cuttingOver:
            "Not complete: the cutover is under way"
                + (report.isRunning
                    ? ""
                    : ", and no process "
                        + "works on it")
        case .running: "Not complete: running, \(report.phase.rawValue.replacing("-", with: " "))"
        case .failed: "Not complete: a task failed"
        case .stopped: "Not complete: stopped, no process works on it"
        }
    }

    /// What it means, in a sentence or two.
    var explanation: String {
        let progress =
            "\(Words.count(Int64(report.tasksDone))) of \(Words.count(Int64(report.tasks), "task")) done, "
            + "\(Words.bytes(report.bytes)) of about \(Words.bytes(report.totalBytes)) copied."
        switch report.standing {
        case .complete:
            let late =
                report.late > 0
                ? " \(Words.count(report.late, "row change")) came on the source after the cutover's marker and "
                    + "\(report.late == 1 ? "is" : "are") "
                    + "not on the target."
                : ""
            return verification + late + (hasRest ? " Something is left to do by hand: see below." : "")
        case .differs:
            let count = report.verification.differences.count
            return "\(Words.count(Int64(count), "comparison")) found rows that differ: see \"Comparison\"."
        case .broken:
            return (report.live?.broken.map { Words.sentence($0) + " " } ?? "")
                + "`skein migrate \(planArgument) --repair` makes a new slot, compares, and copies again what differs."
        case .cuttingOver: return progress + " The application stands still until it is complete or withdrawn."
        case .running: return progress
        case .failed: return progress + " The same command goes on once the cause is mended; what is done stays done."
        case .stopped: return progress + " `skein migrate \(planArgument)` goes on where it was."
        }
    }

    var verification: String {
        let verification = report.verification
        let rows = Words.count(verification.rows, "row")
        if !verification.differences.isEmpty { return "Source and target differ." }
        switch verification.kind {
        case .none:
            return "Source and target were not compared (the plan says `verify: none`); `skein verify "
                + "\(planArgument)` does it."
        case .counts, .checksums:
            guard verification.pieces > 0 else { return "There was nothing to compare." }
            guard verification.piecesDone == verification.pieces else {
                return verification.piecesDone == 0
                    ? "Not compared yet."
                    : "\(verification.piecesDone) of \(Words.count(Int64(verification.pieces), "piece")) compared "
                        + "so far, all equal."
            }
            return verification.kind == .checksums
                ? "Source and target were compared by checksums over \(rows): equal."
                : "Source and target have equally many rows in every table: \(rows)."
        }
    }

    /// From its beginning to its end, or until now.
    var elapsed: Double { (report.finished ?? report.read) - report.began }

    var versions: [(name: String, value: String)] {
        let others = Set(report.runs.map(\.skeinVersion)).subtracting([report.skeinVersion]).sorted()
        return [
            ("Skein", ([report.skeinVersion] + others).joined(separator: ", then ")),
            ("Source", server(report.source, isWhole: true)), ("Target", server(report.target, isWhole: true)),
        ]
    }

    /// - Parameter isWhole: with what a distribution has put behind the number.
    func server(_ server: MigrationReport.Server, isWhole: Bool = false) -> String {
        "PostgreSQL "
            + "\(isWhole ? server.version : String(server.version.prefix { $0 != " " }))"
            + (server.timescaleDB.map { " with TimescaleDB \($0)" } ?? "")
            + ", database \(server.database)"
    }

    // MARK: Left to do

    struct Rest {
        var title: String
        /// Statements or commands.
        var lines: [String]
    }

    var hasRest: Bool { !rests.isEmpty }

    /// What is left for a person, each with why.
    var rests: [Rest] {
        var rests: [Rest] = []
        if let command = nextCommand { rests.append(Rest(title: "To go on", lines: [command])) }
        for item in report.todo where !item.isPassword {
            let title = Words.sentence(item.why)
            if rests.last?.title == title {
                rests[rests.count - 1].lines.append(item.line)
            } else {
                rests.append(Rest(title: title, lines: [item.line]))
            }
        }
        let passwords = report.todo.filter(\.isPassword)
        if !passwords.isEmpty {
            rests.append(
                Rest(
                    title: "Passwords did not come along. In psql on the target, for each role that logs in:",
                    lines: passwords.map(\.line)))
        }
        if let cutover = report.live?.cutover?.report {
            if !cutover.refreshes.isEmpty {
                rests.append(
                    Rest(
                        title: "Materialized views that the plan left unrefreshed, on the "
                            + "target:", lines: cutover.refreshes))
            }
            if !cutover.invalidKeys.isEmpty {
                rests.append(
                    Rest(
                        title: "Foreign keys that stay NOT VALID because the source's own rows violate them; once "
                            + "these are "
                            + "mended, on the target:", lines: cutover.invalidKeys))
            }
            if let lift = cutover.liftFence {
                rests.append(
                    Rest(title: "The fence stays. On the source, only if it is to be written to again:", lines: [lift]))
            }
        }
        if report.finished != nil, !skipped.isEmpty {
            rests.append(Rest(title: "The plan left out the rows of these (copy.skip-table-data):", lines: skipped))
        }
        return rests
    }

    /// Of `copy.skip-table-data`, what no statement above refreshes.
    private var skipped: [String] {
        let text = report.settings.first { $0.key == "copy.skip-table-data" }?.value ?? "[]"
        let names = (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
        let refreshes = report.live?.cutover?.report?.refreshes ?? []
        return names.filter { name in
            let last = name.split(separator: ".").last.map(String.init) ?? name
            return !refreshes.contains { $0.contains(last) }
        }
    }

    private var nextCommand: String? {
        switch report.standing {
        case .complete: nil
        case .broken: "skein migrate \(planArgument) --repair"
        case .differs where report.finished != nil: nil
        case .differs where report.live?.cutover != nil: "skein cutover \(planArgument)"
        case .running where report.phase == .ready: "skein cutover \(planArgument)"
        case .running: nil
        case .cuttingOver where report.isRunning: nil
        case .cuttingOver: "skein cutover \(planArgument)"
        case .differs, .failed, .stopped: "skein migrate \(planArgument)"
        }
    }
}

extension MigrationReport {
    /// Everything was compared, and nothing differs.
    var isCompared: Bool {
        verification.kind != .none && verification.differences.isEmpty && verification.piecesDone == verification.pieces
    }

    /// Row changes on the source behind the marker.
    var late: Int64 { live?.cutover?.lateChanges ?? 0 }

    /// Attempts beyond the first.
    var retries: Int { spans.count { $0.outcome == .failed || $0.outcome == .lost } }
}

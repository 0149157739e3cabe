import Execution
import FoundationEssentials
import PlanFile

/// Where a report goes.
struct ReportFile {
    var plan: Plan
    /// As it stands behind a command.
    var planArgument: String
    var format: ReportCommand.Format
    /// Nil: in the working folder; `-`: stdout.
    var out: String?

    var path: String { out ?? "\(plan.name.value.text)-report.\(format == .html ? "html" : "md")" }

    /// Only another report may be replaced: `--out plan.yaml` would lose the plan itself.
    func refuseOverwriting() throws {
        guard out != "-", FileManager.default.fileExists(atPath: path) else { return }
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        if let text, text.hasPrefix(ReportPage.mark) || text.hasPrefix(ReportMarkdown.mark) { return }
        throw CommandFailure.wrong(
            .cannotWrite, "\(path): there is something else than a report in that place, and it is kept",
            cure: "Name another file with --out, or remove that one.")
    }

    /// - Returns: whether it is in a file.
    func write(_ report: MigrationReport) throws -> Bool {
        let text =
            switch format {
            case .html: ReportPage(report, planArgument: planArgument).html
            case .markdown: ReportMarkdown(report, planArgument: planArgument).text
            }
        guard out != "-" else {
            Console.output(text)
            return false
        }
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure.wrong(
                .cannotWrite, "the report cannot be written to `\(path)`",
                cure: "Name a place that can be written to with --out, or - for stdout.")
        }
        return true
    }
}

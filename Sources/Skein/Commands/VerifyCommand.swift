import ArgumentParser
import Execution
import PlanFile
import Planning

struct VerifyCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares source and target by checksums and names the keys that differ. Changes nothing.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these tables; globs such as public.tmp_* are allowed.", valueName: "table"))
    var tables: [String] = []

    @Flag(help: "Compare numbers of rows only.")
    var counts = false

    @Option(help: ArgumentHelp("Pieces compared at once.", valueName: "n"))
    var tableJobs: Int?

    func validate() throws {
        try JobsOption.check("--table-jobs", tableJobs)
        for table in tables where (try? QualifiedNamePattern(parsing: table)) == nil {
            throw ValidationError("--tables takes names such as public.readings or public.tmp_*, not `\(table)`")
        }
    }

    func perform() async throws {
        let plan = try plan.load(options).plan
        let patterns = tables.compactMap { try? QualifiedNamePattern(parsing: $0) }
        let (countsOnly, jobs) = (counts, tableJobs)
        let printer = ComparisonPrinter(options)
        let report = try await Signals.cancelling {
            try await VerifyOperation.run(plan, tables: patterns, countsOnly: countsOnly, jobs: jobs) {
                printer.print($0)
            }
        }
        if options.json {
            try Console.json(Document(report, by: counts ? "counts" : "checksums"))
        } else {
            Console.result(render(report))
        }
        if !report.isEqual { throw Exit.differences.error }
    }

    private func render(_ report: VerifyOperation.Report) -> String {
        let width = report.tables.map(\.table.count).max() ?? 0
        var lines: [String] = []
        for table in report.tables {
            let name = Words.padded(Words.line(table.table), width)
            if let error = table.error {
                lines.append("\(name)  cannot be compared: \(error)")
            } else if table.isEqual {
                lines.append("\(name)  \(Words.leftPadded(Words.count(table.sourceRows), 13)) rows  equal")
            } else {
                lines.append(
                    "\(name)  differs: \(Words.count(table.sourceRows)) rows on the source, "
                        + "\(Words.count(table.targetRows)) on the target")
                lines += table.differences.map { "    " + Words.line($0.text) }
                if !table.isComplete { lines.append("    and more") }
            }
        }
        let differing = report.tables.count { !$0.isEqual }
        let all = Words.count(Int64(report.tables.count), "table")
        lines.append(
            differing == 0
                ? "\(all), all equal by \(counts ? "row counts" : "checksums")"
                : "\(Words.count(Int64(differing))) of \(all) differ")
        return lines.joined(separator: "\n")
    }

    private struct Document: Encodable {
        struct Table: Encodable {
            var table: String
            var equal: Bool
            var sourceRows: Int64
            var targetRows: Int64
            var differences: [RowDifference]
            /// Whether `differences` are all there are.
            var complete: Bool
            /// Where it could not be compared: why.
            var error: String?
        }

        var equal: Bool
        var comparedBy: String
        var tables: [Table]

        init(_ report: VerifyOperation.Report, by comparedBy: String) {
            equal = report.isEqual
            self.comparedBy = comparedBy
            tables = report.tables.map { table in
                Table(
                    table: table.table, equal: table.isEqual, sourceRows: table.sourceRows,
                    targetRows: table.targetRows, differences: table.differences, complete: table.isComplete,
                    error: table.error)
            }
        }
    }
}

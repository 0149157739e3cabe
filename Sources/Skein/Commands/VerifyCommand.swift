import ArgumentParser
import Execution
import PlanFile
import Planning

struct VerifyCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares source and target by checksums and names the keys that differ. Changes nothing.",
        discussion: """
            A live migration can be compared from when everything is copied. Before its cutover, rows that the \
            application writes meanwhile differ until they are applied: let it pause, and look at the lag in `skein \
            status`, for a result that means something. The cutover compares by itself.
            """)

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
        let isInFlight = try await isInFlight(plan)
        let (countsOnly, jobs) = (counts, tableJobs)
        let display = LiveDisplay.start(options, DisplayState(name: plan.name.value.text))
        defer { display?.end() }
        let printer = ComparisonPrinter(options, plan: plan.name.value.text, display: display)
        let report = try await Signals.cancelling {
            try await VerifyOperation.run(plan, tables: patterns, countsOnly: countsOnly, jobs: jobs) {
                printer.print($0)
            }
        }
        display?.end()
        if options.json {
            try Console.json(Document(report, by: counts ? "counts" : "checksums", inFlight: isInFlight))
        } else {
            Console.result(render(report))
            if isInFlight, !report.isEqual {
                Console.error("the source is being followed: what was written meanwhile may be among these differences")
            }
        }
        if !report.isEqual { throw Exit.differences.error }
    }

    /// Whether the target is still behind the source, so that differences are normal.
    /// - Throws: `CommandFailure`, exit code 2, while rows are still to be copied.
    private func isInFlight(_ plan: Plan) async throws -> Bool {
        guard plan.mode.value == .live else { return false }
        let name = plan.name.value.text
        let status = try await ServerAccess(plan, .target, purpose: "status").run { target in
            try StatusReport.read(target, name: name)
        }
        switch status.phase {
        case .notStarted, .finished: return false
        case .schema, .copying, .indexing, .finishing, .verifying:
            throw CommandFailure.wrong(
                .tooEarly,
                "nothing can be compared yet: migration \(name) is \(status.phase.rawValue), "
                    + "\(Words.count(Int64(status.done))) of \(Words.count(Int64(status.tasks), "task")) done",
                cure: "Wait until `skein status \(ShellWord.quoted(self.plan.path))` says that it follows the source.")
        case .catchingUp, .following, .ready, .cutover, .broken:
            if options.isShown(.warning) {
                Console.error(
                    "warning: \(name) is \(status.phase.rawValue.replacing("-", with: " ")), not cut over: rows that the "
                        + "application writes meanwhile differ until they are applied")
            }
            return true
        }
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
        /// Whether the source was being followed, so that what was written meanwhile may differ.
        var inFlight: Bool
        var tables: [Table]

        init(_ report: VerifyOperation.Report, by comparedBy: String, inFlight: Bool) {
            equal = report.isEqual
            self.inFlight = inFlight
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

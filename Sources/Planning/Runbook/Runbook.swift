package import Catalog
package import PlanFile

/// The runbook of one migration: what people do, in order, with what each step should show. A function of the plan and
/// of what both servers hold, where they could be asked.
package struct Runbook: Sendable {
    package var plan: Plan
    /// As it stands behind a command in a shell.
    package var planArgument: String
    /// What `skein plan` says; nil where a server could not be asked.
    package var document: PlanDocument?
    package var source: Catalog?
    package var target: Catalog?
    /// Why a server could not be asked.
    package var problems: [Diagnostic]

    package init(
        plan: Plan, planArgument: String, document: PlanDocument?, source: Catalog?, target: Catalog?,
        problems: [Diagnostic] = [],
    ) {
        self.plan = plan
        self.planArgument = planArgument
        self.document = document
        self.source = source
        self.target = target
        self.problems = problems
    }

    /// Markdown, ended by a line feed.
    package func markdown() -> String {
        let parts =
            [heading, glance, RunbookPreparation(self).lines, RunbookRun(self).lines]
            + [isLive ? RunbookCutover(self).lines : RunbookWindow(self).lines, RunbookEnd(self).lines, tables]
        return parts.flatMap(\.self).joined(separator: "\n") + "\n"
    }

    var isLive: Bool { plan.mode.value == .live }
    var name: String { plan.name.value.text }

    /// `skein status iot.yaml`
    func command(_ name: String, _ options: String = "") -> String {
        "skein \(name) \(planArgument)" + (options.isEmpty ? "" : " " + options)
    }

    var sourceProfile: ProviderProfile {
        source.map { RecognisedProvider(plan.source.provider.value, $0).profile }
            ?? ProviderProfile.of(plan.source.provider.value)
    }

    var targetProfile: ProviderProfile {
        target.map { RecognisedProvider(plan.target.provider.value, $0).profile }
            ?? ProviderProfile.of(plan.target.provider.value)
    }

    /// What is copied, with its indexes; nil where nobody knows.
    var bytes: (rows: Int64, data: Int64, indexes: Int64)? {
        document?.estimate.map { ($0.rows, $0.bytes, $0.indexBytes) }
    }

    // MARK: The beginning

    private var heading: [String] {
        let mode = isLive ? "live: the application writes until the cutover" : "offline: nobody writes meanwhile"
        var lines = ["# Runbook: \(MarkdownText.escaped(name))", "", "A migration with Skein, \(mode).", ""]
        if problems.isEmpty {
            lines.append(
                "Written from \(MarkdownText.code(plan.file)) and from what both servers held just then. Write it "
                    + "anew when the plan or "
                    + "the sizes have changed: `\(command("runbook"))`.")
        } else {
            lines += [
                "> **Not from the servers.** This was written from \(MarkdownText.code(plan.file)) alone: what "
                    + "depends on sizes, "
                    + "settings and rights is said in general. Write it anew once both can be reached:"
            ]
            lines += problems.map { "> - \(MarkdownText.escaped($0.summary))" }
        }
        if document?.tasks?.contains(where: { $0.done == true }) == true {
            lines += [
                "",
                "> **The migration has begun.** What is done of it stays done; `\(command("status"))` "
                    + "tells where it stands.",
            ]
        }
        return lines + [""]
    }

    private var glance: [String] {
        var rows: [(String, String)] = []
        func server(_ server: PlanDocument.Server?, _ profile: ProviderProfile, _ catalog: Catalog?) -> String {
            guard let server, let catalog else { return profile.name + " (not asked)" }
            let timescale =
                catalog.extensions.first { $0.name == "timescaledb" }.map {
                    ", TimescaleDB "
                        + "\($0.version)"
                } ?? ""
            return "\(server.database) on \(profile.name), PostgreSQL "
                + "\(server.version.prefix { $0 != " " })\(timescale)"
        }
        rows.append(("From", server(document?.source, sourceProfile, source)))
        rows.append(("To", server(document?.target, targetProfile, target)))
        if let bytes, let tables = document?.tables {
            let copied = tables.filter { $0.pieces > 0 }.count
            rows.append(
                (
                    "Size",
                    "\(Measure.count(copied, "table")), \(Measure.count(bytes.rows, "row")), "
                        + "\(Measure.bytes(bytes.data)) of rows and "
                        + "\(Measure.bytes(bytes.indexes)) of indexes"
                ))
        }
        if let estimate = document?.estimate {
            rows.append(("Copying, roughly", "\(Measure.duration(estimate.seconds)), \(estimate.assumption)"))
        }
        if isLive {
            rows.append(
                (
                    "Downtime",
                    document?.downtime.map { $0.joined(separator: "; ") }
                        ?? "from the fence to the end of the cutover"
                ))
            rows.append(
                (
                    "Approval",
                    plan.cutover.approval.value == .manual
                        ? "a person, by `skein "
                            + "cutover`" : "automatic: Skein begins it by itself when it is ready"
                ))
            rows.append(
                (
                    "Fence",
                    plan.cutover.fence.value == .none
                        ? "none: you stop the "
                            + "application" : "read-only: Skein keeps everybody from writing"
                ))
        } else {
            rows.append(("Downtime", "all of it: from the application's stop until it starts on the target"))
        }
        rows.append(("Compared", verification))
        if let source = document?.source.connections, let target = document?.target.connections {
            rows.append(("Connections", "up to \(source) on the source, \(target) on the target"))
        }
        return ["| | |", "|---|---|"] + rows.map { "| \($0.0) | \(MarkdownText.cell($0.1)) |" } + [""]
    }

    private var verification: String {
        switch plan.cutover.verify.value {
        case .none: "not at all (`verify: none`)"
        case .counts: "numbers of rows of every table"
        case .checksums: "checksums of all rows"
        }
    }

    // MARK: The end

    private static let listedTables = 25

    private var tables: [String] {
        guard let tables = document?.tables, !tables.isEmpty else { return [] }
        var lines = [
            "## The tables, the biggest first", "",
            "| table | rows | data | indexes | goes "
                + "|", "|---|---:|---:|---:|---|",
        ]
        for table in tables.prefix(Self.listedTables) {
            let way =
                switch table.way {
                case .whole: "whole"
                case .ranges, .partitions: Measure.count(table.pieces, "piece")
                case .blocks: Measure.count(table.pieces, "block range")
                case .skipped: "structure only"
                case .none: "nothing of its own"
                }
            lines.append(
                "| \(MarkdownText.cell(table.table.description)) | \(Measure.grouped(table.rows)) | "
                    + "\(Measure.bytes(table.bytes)) | "
                    + "\(Measure.bytes(table.indexBytes)) | \(way)\(table.hypertable ? ", hypertable" : "") |")
        }
        if tables.count > Self.listedTables {
            lines += [
                "",
                "and "
                    + "\(Measure.grouped(Int64(tables.count - Self.listedTables))) more",
            ]
        }
        return lines
    }
}

import Execution
import PlanFile
import Planning

/// What `migrate` is asked for beside going on: tables to copy again, a lost stream to mend.
struct LiveWishes {
    var resync: [String]
    var repair: Bool

    var isEmpty: Bool { resync.isEmpty && !repair }
    private var option: String { repair ? "--repair" : "--resync" }

    /// - Throws: `CommandFailure` for an offline plan.
    func requireLive(_ plan: Plan) throws {
        guard !isEmpty, plan.mode.value == .offline else { return }
        throw CommandFailure.wrong(
            .otherMode, "\(option) is for live migrations, and this plan is offline",
            cure: "Run `skein migrate` again: it goes on by itself.", at: plan.mode.location)
    }

    /// The tables, as the migration knows them.
    /// - Throws: `CommandFailure`, exit code 2, where the migration has not begun, is finished, or copies no such table.
    func tables(_ record: MigrationRecord?, _ plan: Plan) throws -> [QualifiedName] {
        guard !isEmpty else { return [] }
        guard let record else {
            throw CommandFailure.wrong(
                .notBegun,
                "\(option): migration \(plan.name.value.text) has not begun, so there is nothing to "
                    + (repair ? "repair" : "copy again"),
                cure: "Run `skein migrate` without it.")
        }
        guard record.finished == nil else {
            throw CommandFailure.wrong(
                .alreadyFinished,
                "\(option): migration \(record.name) is complete, and the source is not followed any more",
                detail: "A table could not be brought up to date without the source's changes.",
                cure: "`skein verify` compares both sides as they are.")
        }
        return try resync.map { try Self.table($0, record.decisions.tables) }
    }

    /// - Throws: `CommandFailure` with what may be meant.
    static func table(_ text: String, _ tables: [TableDecision]) throws -> QualifiedName {
        let name = try QualifiedName(parsing: text)
        guard let table = tables.first(where: { $0.table == name }) else {
            let near = Suggestion.nearest(to: text, among: tables.map(\.table.description))
            throw CommandFailure.wrong(
                .nothingMatches, "--resync \(text): the migration has no such table",
                cure: near.map { "Did you mean `\($0)`?" } ?? "Names are schema.table; `skein status` lists them.")
        }
        switch table.way {
        case .whole, .ranges, .blocks, .partitions: return name
        case .skipped:
            throw CommandFailure.wrong(
                .nothingMatches, "--resync \(text): its rows are not copied, as the plan says (copy.skip-table-data)")
        case .none:
            throw CommandFailure.wrong(
                .nothingMatches, "--resync \(text): it has no rows of its own",
                cure: "Name its partitions, each with a --resync of its own.")
        }
    }
}

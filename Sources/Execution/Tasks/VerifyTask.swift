package import PlanFile
package import Planning
private import Postgres

/// Compares one piece on both servers.
package enum VerifyTask {
    /// Compares, and names the rows that differ.
    /// - Throws: `Differs`; a `PostgresError` of either side.
    package static func compare(_ piece: Piece, _ context: RunContext, _ verifier: Verifier) async throws -> TaskOutcome
    {
        let parents = context.decisions.parents
        let subject = Verifier.Subject(piece, targetHasChildren: parents.contains(piece.targetTable))
        let comparison = try await verifier.compare(subject)
        guard !comparison.isEqual else { return TaskOutcome(rows: comparison.source.rows) }
        let report = try await verifier.differences(subject)
        let text = DifferenceText.describe(comparison, report)
        guard context.isLive else { throw Differs(text: text) }
        return try await unfenced(piece, context, verifier, text)
    }

    /// What begins a warning of rows that differ while nothing keeps the application from writing to the source: the
    /// completion of the cutover says what it means.
    static let unfencedPrefix = "differs, and the source may still be written to: "

    /// Behind a fence a difference is one. Without, it is none yet: whether anything was written behind the marker is
    /// known at the end.
    private static func unfenced(
        _ piece: Piece, _ context: RunContext, _ verifier: Verifier, _ text: String,
    ) async throws -> TaskOutcome {
        let migration = context.migration
        let number = context.tasks.firstIndex { $0.action == .verify(piece) } ?? -1
        let fence = try await verifier.target.run { target in
            let fence = try CutoverLog(target, migration).fence()
            if fence != .some(.none) {
                // For whoever waits in another terminal.
                try target.query(
                    "update skein.task set error = $3, sqlstate = $4 where migration = $1 and number = $2",
                    [String(migration), String(number), text, differsState])
            }
            return fence
        }
        guard fence == .some(.none) else { throw Differs(text: text) }
        return TaskOutcome(warning: unfencedPrefix + text)
    }

    /// Stands in the place of an SQLSTATE for a comparison's result.
    static let differsState = "SKDIF"
}

/// What differs, in words.
package enum DifferenceText {
    package static func describe(_ comparison: PieceComparison, _ report: DifferenceReport) -> String {
        let piece = comparison.pieces > 1 ? " (piece \(comparison.piece) of \(comparison.pieces))" : ""
        var lines = [
            "\(comparison.table)\(piece): the source has \(comparison.source.rows) rows, "
                + "the target \(comparison.target.rows)"
        ]
        lines += report.rows.map { "    " + $0.text }
        if !report.isComplete { lines.append("    and more") }
        if report.rows.isEmpty { lines.append("    it changed while it was looked at: no row differs any more") }
        return lines.joined(separator: "\n")
    }
}

extension Decisions {
    /// Tables whose rows are in other tables on the target.
    package var parents: Set<QualifiedName> {
        Set(tables.filter { $0.isHypertable || $0.hasPartitions == true || $0.becomesPartitioned == true }.map(\.table))
    }
}

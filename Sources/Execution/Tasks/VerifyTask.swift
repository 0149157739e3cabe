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
        let subject = Verifier.Subject(piece, targetHasChildren: parents.contains(piece.table))
        let comparison = try await verifier.compare(subject)
        guard !comparison.isEqual else { return TaskOutcome(rows: comparison.source.rows) }
        let report = try await verifier.differences(subject)
        throw Differs(text: DifferenceText.describe(comparison, report))
    }
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
    package var parents: Set<QualifiedName> { Set(tables.filter(\.isHypertable).map(\.table)) }
}

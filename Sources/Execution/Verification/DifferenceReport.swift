package import PlanFile

/// A row, or a key, that is not the same on both sides.
package struct RowDifference: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        case missingOnTarget = "missing-on-target"
        case extraOnTarget = "extra-on-target"
        case different
        /// Equal rows, but not equally many.
        case multiplicity
    }
    package var kind: Kind
    /// `(device_id, time) = (17, 2026-01-01 00:00:00+00)`, shortened where it is long; nil where the table has no key.
    package var key: String?
    package var sourceRows: Int64
    package var targetRows: Int64
    /// Where the row is, for tables without a key: `(0,1)`, or chunk and place. Never its values.
    package var sourcePlace: String?
    package var targetPlace: String?

    /// One line for people.
    package var text: String {
        func times(_ count: Int64) -> String { count == 1 ? "once" : "\(count) times" }
        let places = [sourcePlace.map { "source ctid \($0)" }, targetPlace.map { "target ctid \($0)" }]
            .compactMap { $0 }.joined(separator: ", ")
        let row = key ?? "a row" + (places.isEmpty ? "" : " (\(places))")
        switch kind {
        case .missingOnTarget where sourceRows == 1: return "\(row): missing on the target"
        case .missingOnTarget: return "\(row): missing on the target, \(times(sourceRows)) on the source"
        case .extraOnTarget where targetRows == 1: return "\(row): on the target only"
        case .extraOnTarget: return "\(row): on the target only, \(times(targetRows))"
        case .different: return "\(row): different"
        case .multiplicity:
            return "\(row): \(times(sourceRows)) on the source, \(times(targetRows)) on the target"
        }
    }
}

/// What was found where a piece differs.
package struct DifferenceReport: Sendable, Equatable, Codable {
    package var table: QualifiedName
    /// At most as many as asked for.
    package var rows: [RowDifference]
    /// Whether `rows` are all there are.
    package var isComplete: Bool
}

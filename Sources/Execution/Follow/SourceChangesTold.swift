internal import PlanFile

/// What was told of silent changes on the source, as the state keeps it: whoever begins to follow says nothing twice.
struct SourceChangesTold {
    /// A schema that was rebuilt is one event, not ten thousand lines.
    private static let most = 20

    private(set) var told: [SourceDifference]

    init(_ told: [SourceDifference] = []) { self.told = told }

    /// - Returns: what to say of those that are new, each with its cure.
    mutating func add(_ found: [SourceDifference]) -> [String] {
        let new = found.filter { !told.contains($0) }
        // As of now: what was put back and comes again is news.
        told = found
        let texts = new.prefix(Self.most).map { "\($0); \($0.cure)" }
        let more = new.count - texts.count
        guard more > 0 else { return texts }
        return texts + ["\(more) more tables were changed on the source: the cutover names them"]
    }
}

internal import Catalog
internal import PlanFile

/// Matches lists of names in a plan with the names that exist, and says which entries match nothing.
struct NameMatching {
    private(set) var diagnostics: [Diagnostic] = []

    /// The names that any entry matches. An entry that matches none is an error.
    mutating func matches(
        _ entries: [Located<QualifiedNamePattern>], among names: [QualifiedName], key: String, noun: String,
    ) -> Set<QualifiedName> {
        var found: Set<QualifiedName> = []
        for entry in entries {
            let matching = names.filter { entry.value.matches($0) }
            if matching.isEmpty {
                miss(key, entry.value.text, entry.location, noun, among: names.map(\.description))
            }
            found.formUnion(matching)
        }
        return found
    }

    mutating func matches(
        _ entries: [Located<NamePattern>], among names: [String], key: String, noun: String,
    ) -> Set<String> {
        var found: Set<String> = []
        for entry in entries {
            let matching = names.filter { entry.value.matches($0) }
            if matching.isEmpty { miss(key, entry.value.text, entry.location, noun, among: names) }
            found.formUnion(matching)
        }
        return found
    }

    /// Records that an entry names nothing.
    mutating func miss(
        _ key: String, _ text: String, _ location: SourceLocation?, _ noun: String, among names: [String],
    ) {
        let nearest = NearestName.of(text, among: names)
        diagnostics.append(
            Diagnostic(
                .error, PlanningCode.matchesNothing, "`\(key)` names \(text), but the source has no such \(noun)",
                detail: "Every entry must match something, so that a misspelt name is not silently ignored.",
                cure: nearest.map { "Did you mean \($0)?" } ?? "Correct the entry or take it out.", object: text,
                at: location,
            ))
    }
}

/// The name that a misspelt one was probably meant to be.
enum NearestName {
    /// Nil where none is near: a third of the length may differ.
    static func of(_ text: String, among names: [String]) -> String? {
        let wanted = Array(text.lowercased())
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = Array(name.lowercased())
            let limit = min(max(1, wanted.count / 3), (best?.distance ?? .max) - 1)
            guard abs(candidate.count - wanted.count) <= limit else { continue }
            let distance = editDistance(wanted, candidate)
            if distance <= limit { best = (name, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions and replacements.
    private static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        var previous = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column] + (character == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}

/// Guesses what a misspelt word was meant to be.
package enum Suggestion {
    /// The word of `words` nearest to `word`, where one is near enough to be meant.
    package static func nearest(to word: String, among words: [String]) -> String? {
        let normal = normalised(word)
        let limit = max(1, normal.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in words {
            let other = normalised(candidate)
            guard abs(other.count - normal.count) <= limit else { continue }
            let distance = distance(normal, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.word }
        // `auto` for `automatic`, `partitions` for `range-partitions`.
        let longer = words.filter { normal.count >= 3 && normalised($0).contains(normal) }
        return longer.count == 1 ? longer.first : nil
    }

    /// `tableJobs`, `table_jobs` and `Table-Jobs` are all `table-jobs`.
    private static func normalised(_ word: String) -> [Character] {
        var result: [Character] = []
        var previousIsLower = false
        for character in word.prefix(64) {
            if character.isASCIILetter, character.isUppercase, previousIsLower { result.append("-") }
            previousIsLower = character.isLowercase
            result.append(character == "_" || character == " " ? "-" : Character(character.lowercased()))
        }
        return result
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    previous[column] + (character == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[right.count]
    }
}

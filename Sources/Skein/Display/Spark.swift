/// How a number went, in one line.
enum Spark {
    /// The last values, each a column; the highest of them is full.
    static func text(_ values: [Double], width: Int, _ style: DisplayFrame.Style) -> String {
        let shown = values.suffix(width)
        let signs: [Character] =
            style.isUnicode ? ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] : ["_", ".", "-", "=", "*", "#"]
        // Below a second a lag is none: the line stays flat.
        let most = max(1, shown.max() ?? 0)
        return String(
            shown.map { value in
                signs[min(signs.count - 1, Int(max(0, value) / most * Double(signs.count)))]
            })
    }

    /// Where it goes: the mean of the last values against that of those before. Nil: too few.
    static func trend(_ values: [Double]) -> (word: String, isBad: Bool)? {
        guard values.count >= 6 else { return nil }
        let recent = values.suffix(12)
        let half = recent.count / 2
        let before = recent.prefix(half).reduce(0, +) / Double(half)
        let after = recent.suffix(half).reduce(0, +) / Double(half)
        if after > before * 1.2, after - before > 0.5 { return ("growing", true) }
        if after < before * 0.8, before - after > 0.5 { return ("shrinking", false) }
        return ("steady", false)
    }
}

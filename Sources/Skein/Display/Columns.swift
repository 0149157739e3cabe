/// How many columns of a terminal text takes, near enough for names in any alphabet.
enum Columns {
    static func count(_ text: String) -> Int {
        var columns = 0
        for character in text { columns += count(character) }
        return columns
    }

    /// A character is as wide as its widest scalar: marks that combine with it take nothing of their own.
    static func count(_ character: Character) -> Int {
        if character.isASCII { return 1 }
        var widest = 0
        for scalar in character.unicodeScalars {
            // The emoji form of what is narrow otherwise.
            if scalar.value == 0xFE0F { return 2 }
            widest = max(widest, count(scalar))
        }
        return widest
    }

    private static func count(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East Asian Wide and Fullwidth (Unicode Standard Annex 11), in large strokes.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
        0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1B000...0x1B2FF, 0x1F300...0x1F64F,
        0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]

    /// At most `columns` of it; what is left out at the end is shown by `mark`.
    static func cut(_ text: String, to columns: Int, mark: String) -> String {
        guard count(text) > columns else { return text }
        return prefix(text, columns - count(mark)) + (columns >= count(mark) ? mark : "")
    }

    /// At most `columns` of it, without its middle: names of pieces and of indexes differ at their ends.
    static func cutMiddle(_ text: String, to columns: Int, mark: String) -> String {
        guard count(text) > columns else { return text }
        let room = max(0, columns - count(mark))
        let front = prefix(text, room / 2)
        let back = String(prefix(String(text.reversed()), room - count(front)).reversed())
        return front + mark + back
    }

    static func padded(_ text: String, _ columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - count(text)))
    }

    static func leftPadded(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - count(text))) + text
    }

    private static func prefix(_ text: String, _ columns: Int) -> String {
        var (result, taken) = ("", 0)
        for character in text {
            let width = count(character)
            guard taken + width <= columns else { break }
            result.append(character)
            taken += width
        }
        return result
    }
}

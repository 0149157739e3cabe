/// Numbers as people read them.
enum Words {
    /// `1.4 GB`, powers of 1024.
    static func bytes(_ count: Int64) -> String {
        var (value, unit) = (Double(count), 0)
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
        while abs(value) >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) bytes" : "\(fixed(value, value < 10 ? 1 : 0)) \(units[unit])"
    }

    /// `1,234,567`
    static func count(_ number: Int64) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.append(String(digits.suffix(3)))
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups.reversed()).joined(separator: ",")
    }

    /// `40 ms`, `1.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`
    static func duration(_ seconds: Double) -> String {
        if seconds < 0.95 { return "\(Int((max(0, seconds) * 1_000).rounded())) ms" }
        if seconds < 10 { return "\(fixed(max(0, seconds), 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 86_400 { return "\(whole / 3_600) h \(whole % 3_600 / 60) min" }
        return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
    }

    /// `8 s`, `3:20`, `2:05:09`: for what is written anew each second.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60):\(two(whole % 60))" }
        return "\(whole / 3_600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }

    /// As exact as an estimate is: `5 s`, `2 min 20 s`, `12 min`, `1 h 25 min`.
    static func roughly(_ seconds: Double) -> String {
        func rounded(_ step: Double) -> Double { max(1, (seconds / step).rounded()) * step }
        switch seconds {
        case ..<10: return "\(Int(rounded(1))) s"
        case ..<60: return duration(rounded(5))
        case ..<300: return duration(rounded(10))
        case ..<3_570: return "\(Int(rounded(60) / 60)) min"
        default: return duration(rounded(300))
        }
    }

    static func percent(_ part: Int64, of whole: Int64) -> String {
        whole > 0 ? "\(min(100, Int(Double(part) / Double(whole) * 100)))%" : "-"
    }

    static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((value * scale).rounded())
        guard digits > 0 else { return String(scaled) }
        let fraction = String(scaled % Int64(scale))
        return "\(scaled / Int64(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    /// `3 tables`, `1 table`
    static func count(_ number: Int64, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `2026-11-21 09:41:52 UTC` of PostgreSQL's `2026-11-21 09:41:52.831468+00`.
    static func time(_ text: String) -> String { text.hasSuffix("+00") ? String(text.prefix(19)) + " UTC" : text }

    /// With a capital letter and a full stop, unless a statement is at its end.
    static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") || text.hasSuffix(";") ? "" : ".")
    }

    /// Nothing that a terminal would obey: names may hold anything. Lines stay lines.
    static func printable(_ text: String) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n", .format, .lineSeparator, .paragraphSeparator: view.append("\u{FFFD}")
            default: view.append(scalar)
            }
        }
        return String(view)
    }

    /// One line of it, whatever names are in it.
    static func line(_ text: String) -> String {
        printable(String(text.map { $0.isNewline ? "\u{FFFD}" : $0 }))
    }

    /// What there is, a line each; nil where there is nothing.
    static func lines(_ lines: String?...) -> String? {
        let lines = lines.compactMap(\.self)
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    static func lines(_ lines: [String]) -> String? { lines.isEmpty ? nil : lines.joined(separator: "\n") }

    /// Words behind one another, in lines of at most so many columns.
    static func wrapped(_ text: String, _ width: Int) -> String {
        filled(text.split(whereSeparator: \.isWhitespace).map(String.init), width).joined(separator: "\n")
    }

    /// Items behind one another with commas, none of them cut, in lines of at most so many columns.
    static func listed(_ items: [String], _ width: Int) -> [String] {
        filled(items.dropLast().map { $0 + "," } + items.suffix(1), width)
    }

    private static func filled(_ pieces: [String], _ width: Int) -> [String] {
        pieces.reduce(into: []) { lines, piece in
            if let last = lines.last, last.count + piece.count + 1 <= width {
                lines[lines.count - 1] = "\(last) \(piece)"
            } else {
                lines.append(piece)
            }
        }
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func leftPadded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

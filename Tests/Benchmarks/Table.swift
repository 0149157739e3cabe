/// Rows of text under headers, the first column to the left, all others to the right.
struct Table {
    var headers: [String]
    var rows: [[String]] = []

    private var widths: [Int] {
        headers.indices.map { column in ([headers] + rows).map { $0[column].count }.max() ?? 0 }
    }

    var text: String {
        ([headers, widths.map { String(repeating: "-", count: $0) }] + rows).map { line($0, between: "  ") }
            .joined(separator: "\n")
    }

    var markdown: String {
        let rule = widths.enumerated().map { $0.offset == 0 ? dashes($0.element) : dashes($0.element - 1) + ":" }
        return ([headers, rule] + rows).map { "| " + line($0, between: " | ", isPadded: true) + " |" }
            .joined(separator: "\n")
    }

    private func dashes(_ count: Int) -> String { String(repeating: "-", count: max(count, 1)) }

    private func line(_ cells: [String], between: String, isPadded: Bool = false) -> String {
        let columns = zip(cells, widths).enumerated().map { column, cell in
            let padding = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? cell.0 + padding : padding + cell.0
        }
        return columns.joined(separator: between)
    }
}

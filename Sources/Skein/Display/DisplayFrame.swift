import Execution

/// Makes the lines of one frame: a function of what is to be shown, the terminal's size and its style.
struct DisplayFrame {
    /// What the terminal can show.
    struct Style: Sendable, Equatable {
        var usesColour: Bool
        /// Blocks and an ellipsis; else ASCII.
        var isUnicode: Bool
    }

    private let state: DisplayState
    private let width: Int
    private let height: Int
    private let style: Style

    /// Narrower than this, lines are cut.
    private static let narrowest = 40
    /// Wider than this, lines get no longer.
    private static let widest = 200

    /// - Parameters:
    ///   - width: the terminal's columns. The last one stays free: some terminals wrap when it is written.
    ///   - height: its lines, of which one stays free.
    /// - Returns: lines that each fit, with escapes for colours alone.
    static func lines(_ state: DisplayState, width: Int, height: Int, style: Style) -> [String] {
        DisplayFrame(
            state: state, width: min(widest, max(narrowest, width - 1)), height: max(3, height - 1), style: style
        ).lines().map { line in
            line.text(cut: width - 1, style)
        }
    }

    private func lines() -> [Line] {
        var head = headline()
        head += whole()
        var foot = stream()
        let hints = state.hints.flatMap { wrapped($0, tone: .good) }
        // Warnings are kept in view, one at least, however low the terminal is.
        let room = height - head.count - foot.count - hints.count
        let warnings = warnings(atMost: max(1, min(4, room / 3)))
        foot += warnings + hints
        return head + rows(atMost: max(0, height - head.count - foot.count)) + foot
    }

    // MARK: The whole

    private func headline() -> [Line] {
        let clock = state.clockWord + Words.clock(state.seconds)
        let tasks = "\(Words.count(Int64(state.done)))/\(Words.count(Int64(state.tasks))) tasks  "
        // Far from what it belongs to, nobody sees the right end.
        let width = min(width, 120)
        let words = Columns.count(state.name) + Columns.count(state.phase) + 4
        let hasRoom = state.tasks > 0 && words + Columns.count(tasks + clock) <= width
        let right = hasRoom ? tasks + clock : clock
        let room = width - Columns.count(right) - 2
        let name = Columns.cutMiddle(state.name, to: max(8, room - Columns.count(state.phase) - 2), mark: mark)
        let phase = Columns.cut(state.phase, to: max(0, room - Columns.count(name) - 2), mark: mark)
        let gap = max(1, width - Columns.count(name) - Columns.count(phase) - Columns.count(right) - 2)
        return [
            Line([(name + "  ", .normal), (phase, state.tone), (String(repeating: " ", count: gap) + right, .normal)])
        ]
    }

    /// The bar of all work, with bytes, rate and time left.
    private func whole() -> [Line] {
        guard let share = state.share else {
            let copied = state.copied > 0 ? "\(Words.bytes(state.copied)) copied" : nil
            return (state.remark ?? copied).map { [Line($0)] } ?? []
        }
        let percent = Columns.leftPadded("\(Int((share * 100).rounded(.down)))%", 4)
        var parts: [String] = []
        if state.total > 0 {
            parts.append(
                state.copied < state.total
                    ? "\(Words.bytes(state.copied)) of \(Words.bytes(state.total))" : Words.bytes(state.copied))
        }
        if state.total > state.copied, state.rate >= 1 { parts.append(Words.bytes(Int64(state.rate)) + "/s") }
        if let remark = state.remark { parts.append(remark) }
        if let left = state.left { parts.append(Self.words(left)) }
        let text = parts.joined(separator: "  ")
        let room = width - Columns.count(percent) - Columns.count(text) - 2
        guard room < 12 else {
            return [Line(bar(share, min(room, 60)) + percent + (text.isEmpty ? "" : "  " + text))]
        }
        return [Line(bar(share, min(60, width - 6)) + percent), Line("  " + text)]
    }

    static func words(_ left: TimeLeft) -> String {
        let time = "about \(Words.roughly(left.seconds)) \(left.until == .ready ? "until ready" : "left")"
        return left.isRough ? time + " (rough)" : time
    }

    // MARK: Tasks

    private func rows(atMost lines: Int) -> [Line] {
        guard !state.rows.isEmpty, lines > 0 else { return [] }
        let isAll = state.rows.count <= lines
        let shown = isAll ? state.rows : Array(state.rows.prefix(max(0, lines - 1)))
        let details = shown.map(detail)
        let longest = shown.map { Columns.count($0.id) }.max() ?? 0
        let names = min(max(longest, 12), max(16, width * 45 / 100))
        let detailWidth = details.map { Columns.count($0) }.max() ?? 0
        let hasBars = shown.contains { $0.fraction != nil }
        let bars = hasBars ? min(24, width - names - 2 - 2 - 5 - 2 - detailWidth) : 0
        var result = zip(shown, details).map { row, detail in
            let name = Columns.padded(Columns.cutMiddle(Words.line(row.id), to: names, mark: mark), names)
            guard hasBars else { return Line("  \(name)  \(detail)") }
            guard bars >= 6 else { return Line("  \(name) \(percent(row.fraction)) \(detail)") }
            return Line("  \(name)  \(bar(row.fraction, bars))\(percent(row.fraction))  \(detail)")
        }
        let more = state.rows.count - shown.count
        if more > 0 { result.append(Line("  and \(Words.count(Int64(more))) more under way")) }
        return result
    }

    private func percent(_ fraction: Double?) -> String {
        Columns.leftPadded(fraction.map { "\(Int(($0 * 100).rounded(.down)))%" } ?? "", 5)
    }

    private func detail(_ row: DisplayState.Row) -> String {
        var parts = [Words.clock(row.seconds)]
        if let bytes = row.bytes {
            parts.append(row.totalBytes.map { "\(Words.bytes(bytes)) of \(Words.bytes($0))" } ?? Words.bytes(bytes))
        }
        if let step = row.step { parts.append(Words.line(step)) }
        return parts.joined(separator: ", ")
    }

    // MARK: The stream

    private func stream() -> [Line] {
        guard let following = state.following else { return [] }
        let lag = "lag " + FollowText.lag(bytes: following.lagBytes, seconds: following.lagSeconds)
        let spark = Spark.text(state.lags, width: min(30, max(8, width - Columns.count(lag) - 14)), style)
        let trend = Spark.trend(state.lags)
        var first = Line([(lag, .normal), ("  " + spark, .normal)])
        if let trend { first.append("  " + trend.word, trend.isBad ? .bad : .normal) }
        let lines = FollowText.parts(following).reduce(into: [String]()) { lines, part in
            if let last = lines.last, Columns.count(last) + Columns.count(part) + 3 <= width {
                lines[lines.count - 1] = last + "; " + part
            } else {
                lines.append("  " + part)
            }
        }
        var result = [first] + lines.prefix(2).map { Line($0) }
        if let paused = following.paused { result.append(Line([("RECEIVING PAUSES: \(paused)", .bad)])) }
        return result
    }

    // MARK: Words for a person

    private func warnings(atMost lines: Int) -> [Line] {
        guard !state.warnings.isEmpty else { return [] }
        let shown = state.warnings.suffix(lines)
        let hidden = state.warningCount - shown.count
        return shown.enumerated().map { index, warning in
            let more = index == 0 && hidden > 0 ? " (and \(hidden) before)" : ""
            let room = max(10, width - Columns.count(more) - warning.kind.rawValue.count - 4)
            return Line([
                ("! \(warning.kind.rawValue)", .bad),
                ("  " + Columns.cut(warning.text, to: room, mark: mark) + more, .normal),
            ])
        }
    }

    private func wrapped(_ text: String, tone: DisplayState.Tone) -> [Line] {
        Words.wrapped(text, width - 2).split(separator: "\n").prefix(3).enumerated().map { index, line in
            Line([((index == 0 ? "> " : "  ") + line, tone)])
        }
    }

    // MARK: Signs

    private var mark: String { style.isUnicode ? "…" : "~" }

    /// Nil: nothing is known, and an empty place says so.
    private func bar(_ share: Double?, _ width: Int) -> String {
        let inner = max(1, width - 2)
        guard let share else { return String(repeating: " ", count: width) }
        let eighths = Int(min(1, max(0, share)) * Double(inner * 8))
        guard style.isUnicode else {
            let full = eighths / 8
            return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: inner - full) + "]"
        }
        let full = eighths / 8
        let part = full < inner && eighths % 8 > 0 ? ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1] : ""
        let empty = inner - full - (part.isEmpty ? 0 : 1)
        return "▕" + String(repeating: "█", count: full) + part + String(repeating: " ", count: empty) + "▏"
    }
}

/// A line in parts, each with its meaning.
private struct Line {
    private var parts: [(text: String, tone: DisplayState.Tone)]

    init(_ text: String) { parts = [(text, .normal)] }
    init(_ parts: [(String, DisplayState.Tone)]) { self.parts = parts.map { (text: $0.0, tone: $0.1) } }

    mutating func append(_ text: String, _ tone: DisplayState.Tone) { parts.append((text, tone)) }

    func text(cut width: Int, _ style: DisplayFrame.Style) -> String {
        var (result, left) = ("", width)
        for part in parts {
            let text = Columns.cut(Words.line(part.text), to: left, mark: "")
            left -= Columns.count(text)
            result += style.usesColour ? Self.coloured(text, part.tone) : text
        }
        while result.last == " " { result.removeLast() }
        return result
    }

    private static func coloured(_ text: String, _ tone: DisplayState.Tone) -> String {
        switch tone {
        case .normal: text
        case .good: "\u{1B}[32m\(text)\u{1B}[0m"
        case .bad: "\u{1B}[33m\(text)\u{1B}[0m"
        }
    }
}

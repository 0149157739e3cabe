/// A time axis on which only those times have room in which something happened: a migration that rests for two days
/// between its copy and its cutover shows both.
struct TimeAxis {
    struct Segment: Equatable {
        var start: Double
        var end: Double
        var left: Double
        var right: Double
    }

    /// A time that is left out, between two segments.
    struct Break: Equatable {
        var position: Double
        var seconds: Double
    }

    struct Tick: Equatable {
        var position: Double
        var label: String
    }

    private(set) var segments: [Segment] = []
    let left: Double
    let right: Double

    private static let breakWidth = 26.0
    private static let mostBreaks = 8
    private static let leastWidth = 18.0

    /// - Parameter busy: beginnings and ends, in any order; empty ones are moments.
    init(busy: [(start: Double, end: Double)], left: Double, right: Double) {
        self.left = left
        self.right = right
        var merged: [(start: Double, end: Double)] = []
        for span in busy.sorted(by: { $0.start < $1.start }) {
            if let last = merged.last, span.start <= last.end {
                merged[merged.count - 1].end = max(last.end, span.end)
            } else {
                merged.append(span)
            }
        }
        guard !merged.isEmpty else { return }
        let total = merged.reduce(0) { $0 + $1.end - $1.start }
        let gaps = zip(merged, merged.dropFirst()).map { $1.start - $0.end }
        // The longest pauses are left out, if they are long against the work.
        let least = max(5, total * 0.08)
        let longest = gaps.filter { $0 > least }.sorted(by: >).prefix(Self.mostBreaks)
        let border = longest.last ?? .infinity
        var parts: [(start: Double, end: Double)] = [merged[0]]
        var breaks = 0
        for (gap, span) in zip(gaps, merged.dropFirst()) {
            if gap >= border, gap > least, breaks < Self.mostBreaks {
                breaks += 1
                parts.append(span)
            } else {
                parts[parts.count - 1].end = span.end
            }
        }
        place(parts)
    }

    private mutating func place(_ parts: [(start: Double, end: Double)]) {
        let room = right - left - Self.breakWidth * Double(parts.count - 1)
        let lengths = parts.map { max(0.001, $0.end - $0.start) }
        let total = lengths.reduce(0, +)
        // What would be too narrow to be seen takes from the others.
        let least = min(Self.leastWidth, room / Double(parts.count))
        let narrow = lengths.filter { $0 / total * room < least }
        let rest = total - narrow.reduce(0, +)
        let scale = rest > 0 ? (room - least * Double(narrow.count)) / rest : 0
        var position = left
        for (part, length) in zip(parts, lengths) {
            let width = length / total * room < least ? least : length * scale
            segments.append(
                Segment(start: part.start, end: part.start + length, left: position, right: position + width))
            position += width + Self.breakWidth
        }
    }

    /// Where a moment is; what lies in a pause that is left out is in the middle of it.
    func position(_ time: Double) -> Double {
        guard let first = segments.first, let last = segments.last else { return left }
        if time <= first.start { return first.left }
        if time >= last.end { return last.right }
        for (index, segment) in segments.enumerated() where time <= segment.end {
            if time < segment.start { return (segments[index - 1].right + segment.left) / 2 }
            let share = (time - segment.start) / (segment.end - segment.start)
            return segment.left + share * (segment.right - segment.left)
        }
        return last.right
    }

    var breaks: [Break] {
        zip(segments, segments.dropFirst()).map { before, after in
            Break(position: (before.right + after.left) / 2, seconds: after.start - before.end)
        }
    }

    private static let steps: [Double] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800,
    ]

    /// Round times, some 70 units apart, and never two labels over one another.
    var ticks: [Tick] {
        var ticks: [Tick] = []
        var reached = -Double.infinity
        var lastDate = ""
        for segment in segments {
            let unitsPerSecond = (segment.right - segment.left) / (segment.end - segment.start)
            let step = Self.steps.first { $0 * unitsPerSecond >= 74 } ?? 604_800
            var times: [Double] = []
            var time = (segment.start / step).rounded(.up) * step
            while time <= segment.end, times.count < 40 {
                times.append(time)
                time += step
            }
            if times.isEmpty { times = [segment.start] }
            for time in times {
                let position = position(time)
                guard position - reached >= 60 else { continue }
                let date = ReportTime.date(time)
                let clock = step < 60 ? ReportTime.clock(time) : ReportTime.minute(time)
                ticks.append(Tick(position: position, label: date == lastDate ? clock : "\(date.suffix(5)) \(clock)"))
                reached = position + (date == lastDate ? 0 : 24)
                lastDate = date
            }
        }
        return ticks
    }
}

import Execution

/// One line or area over time: throughput, lag, changes.
struct RateChart {
    struct Point {
        var time: Double
        var value: Double
        /// Nothing is known between this one and the one before.
        var isBroken = false
    }

    var id: String
    var title: String
    /// In a sentence; is read by those who do not see the picture.
    var description: String
    /// `c-copy`, `c-stream`: the colour.
    var style: String
    var points: [Point]
    /// Whether the axis ends at a round number of powers of 1024.
    var countsBytes = false
    /// How a value is written on the axis.
    var format: (Double) -> String
    var axis: TimeAxis

    private static let (top, bottom) = (14.0, 134.0)

    var html: String {
        let highest = ceiling(points.map(\.value).max() ?? 0)
        func y(_ value: Double) -> Double { Self.bottom - value / highest * (Self.bottom - Self.top) }
        var parts = [SVGText.axis(axis, top: Self.top, bottom: Self.bottom)]
        for share in [0, 0.5, 1] {
            let height = y(share * highest)
            parts.append(SVGText.line(SVGText.left, height, SVGText.right, height, "grid"))
            parts.append(SVGText.text(SVGText.left - 10, height + 4, format(share * highest), "label", anchor: "end"))
        }
        for run in runs {
            let places = run.map { (axis.position($0.time), y($0.value)) }
            guard let first = places.first, let last = places.last else { continue }
            let line = places.map { "\(SVGText.number($0.0)) \(SVGText.number($0.1))" }.joined(separator: "L")
            let base = SVGText.number(Self.bottom)
            parts.append(
                "<path d=\"M\(SVGText.number(first.0)) \(base)L\(line)L\(SVGText.number(last.0)) \(base)Z\" "
                    + "class=\"area \(style)\"/>")
            parts.append("<path d=\"M\(line)\" class=\"line \(style)\"/>")
        }
        return SVGText.figure(
            id, title: title, description: description, height: Self.bottom + 26, parts.joined(separator: "\n"))
    }

    private var runs: [[Point]] {
        var runs: [[Point]] = []
        for point in points {
            if point.isBroken || runs.isEmpty { runs.append([]) }
            runs[runs.count - 1].append(point)
        }
        return runs
    }

    /// The next round number.
    private func ceiling(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        var unit = 1.0
        while countsBytes, unit * 1_024 <= value { unit *= 1_024 }
        var step = countsBytes ? unit : 0.001
        while step * 10 < value { step *= 10 }
        for factor in [1.0, 2, 4, 6, 8, 10] where step * factor >= value { return step * factor }
        return value
    }
}

extension RateChart {
    /// What was copied each second: from the samples, or from the tasks' own times where there are none.
    static func throughput(_ report: MigrationReport, _ axis: TimeAxis) -> RateChart? {
        // A short copy is told better by its pieces than by looks at it every few seconds.
        var pieces = report.copySeconds > 90 ? sampled(report) : []
        if pieces.isEmpty {
            pieces = report.spans.compactMap { span in
                span.bytes.flatMap {
                    span.kind == "copy" && span.seconds > 0 ? (span.began, span.ended, Double($0)) : nil
                }
            }
        }
        guard !pieces.isEmpty else { return nil }
        let points = binned(pieces, axis)
        let highest = points.map(\.value).max() ?? 0
        let mean = report.copySeconds > 0 ? Double(report.bytes) / report.copySeconds : 0
        return RateChart(
            id: "throughput", title: "Row data copied a second",
            description: "Row data copied: at most \(Words.bytes(Int64(highest)))/s, on average "
                + "\(Words.bytes(Int64(mean)))/s "
                + "while anything was copied.",
            style: "c-copy", points: points, countsBytes: true, format: { Words.bytes(Int64($0)) + "/s" }, axis: axis)
    }

    private static func sampled(_ report: MigrationReport) -> [(start: Double, end: Double, bytes: Double)] {
        var pieces: [(start: Double, end: Double, bytes: Double)] = []
        for (run, samples) in Dictionary(grouping: report.samples, by: \.run) {
            var last = (time: report.runs.first { $0.run == run }?.began ?? samples[0].time, bytes: Int64(0))
            for sample in samples {
                if sample.time > last.time, sample.copiedBytes > last.bytes {
                    pieces.append((last.time, sample.time, Double(sample.copiedBytes - last.bytes)))
                }
                last = (sample.time, sample.copiedBytes)
            }
        }
        return pieces
    }

    /// Spreads amounts over equal parts of the axis' segments.
    private static func binned(_ pieces: [(start: Double, end: Double, bytes: Double)], _ axis: TimeAxis) -> [Point] {
        var points: [Point] = []
        for segment in axis.segments {
            let count = max(2, Int((segment.right - segment.left) / 4))
            let width = (segment.end - segment.start) / Double(count)
            var sums = [Double](repeating: 0, count: count)
            for piece in pieces where piece.end > segment.start && piece.start < segment.end {
                let first = max(0, Int((piece.start - segment.start) / width))
                let last = min(count - 1, Int((piece.end - segment.start) / width))
                guard first <= last else { continue }
                for bin in first...last {
                    let from = max(piece.start, segment.start + Double(bin) * width)
                    let to = min(piece.end, segment.start + Double(bin + 1) * width)
                    if to > from { sums[bin] += piece.bytes * (to - from) / (piece.end - piece.start) }
                }
            }
            for (bin, sum) in sums.enumerated() {
                points.append(
                    Point(
                        time: segment.start + (Double(bin) + 0.5) * width, value: sum / width, isBroken: bin == 0))
            }
        }
        return points
    }

    /// Lag and changes, of a live migration that has samples.
    static func stream(_ report: MigrationReport) -> [RateChart] {
        let samples = report.samples.filter { $0.lagSeconds != nil }
        guard samples.count >= 2 else { return [] }
        let spacing = max(10, Self.median(zip(samples, samples.dropFirst()).map { $1.time - $0.time }) * 4)
        let axis = TimeAxis(
            busy: samples.map { ($0.time - spacing / 2, $0.time + spacing / 2) }, left: SVGText.left,
            right: SVGText.right)
        func points(_ value: (RunSample) -> Double?) -> [Point] {
            var last = -Double.infinity
            return samples.compactMap { sample in
                guard let value = value(sample) else { return nil }
                defer { last = sample.time }
                return Point(time: sample.time, value: value, isBroken: sample.time - last > spacing)
            }
        }
        let lags = samples.compactMap(\.lagSeconds)
        let changes = samples.compactMap(\.changesPerSecond)
        let lag = RateChart(
            id: "lag", title: "Lag behind the source",
            description: "Lag of the target behind the source: at most \(Words.duration(lags.max() ?? 0)), "
                + "\(Words.duration(Self.median(lags))) in the middle, \(Words.duration(lags.last ?? 0)) at the end.",
            style: "c-stream", points: points(\.lagSeconds), format: { Words.duration($0) }, axis: axis)
        guard (changes.max() ?? 0) > 0 else { return [lag] }
        let applied = RateChart(
            id: "changes", title: "Row changes applied a second",
            description: "Row changes applied: at most \(Words.count(Int64(changes.max() ?? 0))) a second.",
            style: "c-upkeep", points: points(\.changesPerSecond), format: { Words.count(Int64($0)) + "/s" }, axis: axis
        )
        return [lag, applied]
    }

    static func median(_ values: [Double]) -> Double {
        let ordered = values.sorted()
        return ordered.isEmpty ? 0 : ordered[ordered.count / 2]
    }
}

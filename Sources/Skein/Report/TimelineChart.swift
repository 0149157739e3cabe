import Execution

/// All tasks by worker over time. What is too narrow to be seen is drawn together, so that ten thousand tasks are as
/// small a picture as ten.
struct TimelineChart {
    private let spans: [MigrationReport.Span]
    let axis: TimeAxis

    private static let laneHeight = 20.0
    private static let mostLanes = 28
    private static let top = 8.0

    init(_ report: MigrationReport) {
        spans = report.spans
        axis = TimeAxis(
            busy: report.spans.map { ($0.began, $0.ended) }, left: SVGText.left, right: SVGText.right)
    }

    var html: String {
        guard !spans.isEmpty else { return HTMLText.paragraph("No task has begun yet.", "muted") }
        let lanes = lanes
        let bottom = Self.top + Double(lanes.count) * Self.laneHeight
        var parts = [SVGText.axis(axis, top: Self.top, bottom: bottom)]
        for (index, lane) in lanes.enumerated() {
            let y = Self.top + Double(index) * Self.laneHeight
            parts.append(SVGText.text(SVGText.left - 10, y + 14, lane.title, "label", anchor: "end"))
            parts += Self.boxes(lane.spans, axis).map { Self.draw($0, y) }
        }
        let description =
            "\(Words.count(Int64(spans.count), "attempt")) at tasks by "
            + "\(Words.count(Int64(lanes.count), "worker")), from "
            + "\(ReportTime.text(spans.map(\.began).min() ?? 0)) to \(ReportTime.text(spans.map(\.ended).max() ?? 0))."
        return SVGText.figure(
            "timeline-chart", title: "Timeline of all tasks by worker", isTitled: false, description: description,
            height: bottom + 26, parts.joined(separator: "\n")) + legend
    }

    private var legend: String {
        let used = Set(spans.map { TaskCategory(kind: $0.kind) })
        var items = TaskCategory.allCases.filter(used.contains).map {
            "<li><span class=\"key c-\($0.rawValue)\"></span>\(HTMLText.escaped($0.title))</li>"
        }
        let outcomes = Set(spans.map(\.outcome))
        if outcomes.contains(.failed) { items.append("<li><span class=\"key failed\"></span>failed, tried again</li>") }
        if outcomes.contains(.lost) {
            items.append(
                "<li><span class=\"key lost\"></span>cut off with its "
                    + "process</li>")
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }

    // MARK: Lanes

    private struct Lane {
        var title: String
        var rank: Int
        var spans: [MigrationReport.Span]
    }

    private var lanes: [Lane] {
        // Runs that follow one another share their lanes, those side by side have their own.
        let areSideBySide = Self.overlap(spans)
        var lanes: [String: Lane] = [:]
        for span in spans {
            guard let worker = span.worker else { continue }
            let title =
                areSideBySide ? "\(span.run.map { "run \($0) " } ?? "")\(Self.title(worker))" : Self.title(worker)
            lanes[title, default: Lane(title: title, rank: Self.rank(worker), spans: [])].spans.append(span)
        }
        var ordered = lanes.values.sorted { ($0.rank, $0.title.count, $0.title) < ($1.rank, $1.title.count, $1.title) }
        ordered += Self.packed(spans.filter { $0.worker == nil })
        guard ordered.count > Self.mostLanes else { return ordered }
        let rest = ordered[(Self.mostLanes - 1)...]
        return ordered.prefix(Self.mostLanes - 1) + [
            Lane(title: "\(rest.count) more", rank: 9, spans: rest.flatMap(\.spans).sorted { $0.began < $1.began })
        ]
    }

    /// What nobody knows the worker of, side by side in as few lanes as it takes.
    private static func packed(_ spans: [MigrationReport.Span]) -> [Lane] {
        var lanes: [Lane] = []
        var ends: [Double] = []
        for span in spans {
            if let lane = ends.firstIndex(where: { $0 <= span.began }) {
                lanes[lane].spans.append(span)
                ends[lane] = span.ended
            } else {
                lanes.append(Lane(title: "lane \(lanes.count + 1)", rank: 8, spans: [span]))
                ends.append(span.ended)
            }
        }
        return lanes
    }

    private static func overlap(_ spans: [MigrationReport.Span]) -> Bool {
        var ranges: [Int: (Double, Double)] = [:]
        for span in spans {
            guard let run = span.run else { continue }
            let known = ranges[run] ?? (span.began, span.ended)
            ranges[run] = (min(known.0, span.began), max(known.1, span.ended))
        }
        let ordered = ranges.values.sorted { $0.0 < $1.0 }
        return zip(ordered, ordered.dropFirst()).contains { $0.1 > $1.0 + 1 }
    }

    private static func title(_ worker: String) -> String {
        worker.replacing("table-jobs", with: "table job").replacing("index-jobs", with: "index job")
    }

    private static func rank(_ worker: String) -> Int {
        worker.hasPrefix("table") ? 0 : worker.hasPrefix("index") ? 1 : 2
    }

    // MARK: Boxes

    struct Box {
        var left: Double
        var right: Double
        var category: TaskCategory
        var outcome: MigrationReport.Span.Outcome
        var first: MigrationReport.Span
        var count = 1
        /// Seconds of the longest in it, whose category it has.
        var longest: Double
        var ended: Double
    }

    /// A box narrower than this is drawn together with what is beside it.
    private static let narrow = 2.0

    static func boxes(_ spans: [MigrationReport.Span], _ axis: TimeAxis) -> [Box] {
        var boxes: [Box] = []
        for span in spans.sorted(by: { $0.began < $1.began }) {
            let (left, right) = (axis.position(span.began), axis.position(span.ended))
            let category = TaskCategory(kind: span.kind)
            if let last = boxes.last, last.outcome == span.outcome, left - last.right < 0.7,
                right - left < narrow && (last.right - last.left < narrow || last.category == category)
            {
                let index = boxes.count - 1
                boxes[index].right = max(last.right, right)
                boxes[index].count += 1
                boxes[index].ended = max(last.ended, span.ended)
                if span.seconds > last.longest {
                    boxes[index].longest = span.seconds
                    boxes[index].category = category
                }
            } else {
                boxes.append(
                    Box(
                        left: left, right: right, category: category, outcome: span.outcome, first: span,
                        longest: span.seconds, ended: span.ended))
            }
        }
        return boxes
    }

    private static func draw(_ box: Box, _ y: Double) -> String {
        let outcome =
            switch box.outcome {
            case .done: ""
            case .failed: ", failed"
            case .lost: ", cut off with its process"
            case .running: ", under way"
            }
        let time = "\(ReportTime.clock(box.first.began)), \(Words.duration(box.ended - box.first.began))"
        let title =
            box.count == 1
            ? "\(box.first.task): \(time)\(outcome)"
            : "\(Words.count(Int64(box.count), "task")), most of it \(box.category.title): \(time)\(outcome)"
        let style =
            switch box.outcome {
            case .done: "c-\(box.category.rawValue)"
            case .failed: "failed"
            case .lost: "lost"
            case .running: "c-\(box.category.rawValue) running"
            }
        let width = max(1, box.right - box.left)
        var html = SVGText.rect(box.left, y + 2, width, laneHeight - 4, style, title: title)
        let label = box.count == 1 ? Self.label(box.first.task) : ""
        let room = Int((width - 8) / 6.2)
        if box.outcome == .done, !label.isEmpty, room >= min(6, label.count) {
            html += SVGText.text(
                box.left + 4, y + 14, label.count <= room ? label : label.prefix(max(1, room - 1)) + "…", "inside")
        }
        return html
    }

    /// `readings` of `copy:public.readings:0001`.
    private static func label(_ task: String) -> String {
        let parts = task.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return task }
        let name = parts[1].split(separator: ".").last.map(String.init) ?? ""
        return name.split(separator: ":").first.map(String.init) ?? name
    }
}

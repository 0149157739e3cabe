private import Planning

/// The downtime of a cutover and its parts, from the times that the state holds. Seconds since 1970 by the target's
/// clock.
package struct CutoverTimes: Sendable, Equatable {
    /// One task of the cutover.
    package struct Span: Sendable, Equatable {
        package var kind: String
        package var start: Double
        package var end: Double
        package init(kind: String, start: Double, end: Double) {
            self.kind = kind
            self.start = start
            self.end = end
        }
    }

    package var requested: Double
    package var fenced: Double?
    package var marked: Double?
    package var drained: Double?
    package var now: Double
    /// Of the tasks behind the gate that are done.
    package var spans: [Span]

    package init(
        requested: Double, fenced: Double?, marked: Double?, drained: Double?, now: Double, spans: [Span],
    ) {
        self.requested = requested
        self.fenced = fenced
        self.marked = marked
        self.drained = drained
        self.now = now
        self.spans = spans
    }

    /// Where the application began to be kept from writing; without a fence it is asked to stop at the same moment.
    package var begin: Double { spans.filter { $0.kind == "fence" }.map(\.start).min() ?? fenced ?? requested }

    package var downtime: Double { max(0, now - begin) }

    /// The first three follow one another; what comes behind the drain runs side by side, and of each kind the time counts
    /// in which any of its tasks ran.
    package var parts: [CutoverReport.Part] {
        var parts: [CutoverReport.Part] = []
        var last = begin
        for (name, time) in [("fence", fenced), ("marker", marked), ("drain", drained)] {
            guard let time else { continue }
            parts.append(.init(name: name, seconds: max(0, time - last)))
            last = max(last, time)
        }
        var groups: [String: [Span]] = [:]
        for span in spans where !Self.framing.contains(span.kind) {
            groups[Self.names[span.kind] ?? span.kind, default: []].append(span)
        }
        let ordered = groups.sorted { first, second in
            let (left, right) = (Self.start(first.value), Self.start(second.value))
            return left != right ? left < right : first.key < second.key
        }
        for (name, spans) in ordered { parts.append(.init(name: name, seconds: Self.covered(spans))) }
        let ended = spans.map(\.end).max() ?? last
        parts.append(.init(name: "completion", seconds: max(0, now - max(ended, last))))
        return parts
    }

    private static func start(_ spans: [Span]) -> Double { spans.map(\.start).min() ?? 0 }

    /// The length of the spans' union.
    private static func covered(_ spans: [Span]) -> Double {
        var (total, reached) = (0.0, -Double.infinity)
        for span in spans.sorted(by: { $0.start < $1.start }) where span.end > reached {
            total += span.end - max(span.start, reached)
            reached = span.end
        }
        return total
    }

    /// Kinds of tasks (`Action.kind`) whose time is told by the cutover's own moments.
    private static let framing: Set = ["gate", "fence", "marker", "drain", "complete"]

    /// Where a part has another name than the kind of its tasks.
    private static let names = [
        "recopy": "copy-again", "drop-index": "indexes", "index": "indexes", "constraint": "constraints",
        "attach-indexes": "indexes", "foreign-key": "foreign-keys", "validate": "foreign-keys", "refresh": "views",
    ]
}

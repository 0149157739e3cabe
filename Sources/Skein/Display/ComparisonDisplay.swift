import Execution

/// Follows a comparison of source and target to what the display shows of it.
struct ComparisonDisplay: Sendable {
    private(set) var state: DisplayState
    private var bytes: Int64 = 0
    private var comparedBytes: Int64 = 0
    private var rows: Int64 = 0
    private var differing = 0
    private var begun: [(id: String, time: Double)] = []
    private var start = 0.0

    init(name: String) {
        state = DisplayState(name: name)
        state.phase = "reading both catalogs"
    }

    /// - Parameter now: seconds since the command began.
    mutating func apply(_ event: VerifyOperation.Event, now: Double) {
        state.seconds = now
        switch event {
        case .begun(let pieces, let bytes):
            (state.tasks, self.bytes, start) = (pieces, bytes, now)
            state.phase = "comparing source and target"
        case .started(let id): begun.append((id, now))
        case .compared(let id, let piece, let bytes):
            rows += piece.source.rows
            end(id, bytes, now)
            guard !piece.isEqual else { break }
            differing += 1
            state.warn(.notice, "\(id) differs")
        case .given(let id, let bytes): end(id, bytes, now)
        }
        state.rows = begun.map { DisplayState.Row(id: $0.id, seconds: now - $0.time) }
        state.running = state.rows.count
        state.share = bytes > 0 ? Double(comparedBytes) / Double(bytes) : nil
        state.remark =
            "\(Words.count(rows, "row"))"
            + (differing > 0 ? ", \(Words.count(Int64(differing), "piece")) differ" : " equal")
    }

    private mutating func end(_ id: String, _ bytes: Int64, _ now: Double) {
        begun.removeAll { $0.id == id }
        state.done += 1
        comparedBytes += bytes
        let left = max(0, self.bytes - comparedBytes)
        let rate = Double(comparedBytes) / max(0.1, now - start)
        state.left =
            rate > 0 && left > 0
            ? TimeLeft(seconds: Double(left) / rate, isRough: state.done < 3, until: .end) : nil
    }
}

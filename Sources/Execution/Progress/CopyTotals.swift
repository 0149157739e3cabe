internal import Planning

/// How many bytes of rows are copied, and how many there are to copy. Tables' sizes on disk only hint at what goes over
/// the wire, so that what was copied corrects what is still to come.
struct CopyTotals: Sendable {
    /// Of copies, by task; 0 for all others.
    private let estimates: [Int64]
    private let rows: [Int64]
    private var moved: [Int64?]
    /// Of copies that are done, bytes.
    private(set) var done: Int64 = 0
    /// Estimated, of copies that are done and of which it is known what they came to.
    private var doneEstimate: Int64 = 0
    private var openEstimate: Int64 = 0

    init(_ tasks: [MigrationTask]) {
        estimates = tasks.map { if case .copy(let piece) = $0.action { max(1, piece.estimatedBytes) } else { 0 } }
        rows = tasks.map { if case .copy(let piece) = $0.action { piece.estimatedRows } else { 0 } }
        moved = Array(repeating: nil, count: tasks.count)
        openEstimate = estimates.reduce(0, +)
    }

    /// - Parameter bytes: nil where another process has done it.
    mutating func completed(_ number: Int, bytes: Int64?) {
        guard moved[number] == nil, estimates[number] > 0 || bytes != nil else { return }
        moved[number] = bytes ?? 0
        done += bytes ?? 0
        openEstimate -= estimates[number]
        if bytes != nil { doneEstimate += estimates[number] }
    }

    mutating func reopened(_ number: Int) {
        guard let bytes = moved[number] else { return }
        moved[number] = nil
        done -= bytes
        openEstimate += estimates[number]
        if bytes > 0 { doneEstimate -= estimates[number] }
    }

    func isCopy(_ number: Int) -> Bool { estimates[number] > 0 }

    /// What a copy under way comes to, bytes: by its rows where the server counts them.
    func expected(_ number: Int, bytes: Int64, _ server: TaskProgress?) -> Int64 {
        if let seen = server?.rows, let seenBytes = server?.bytes, seen >= 1_000, rows[number] > 0 {
            // Of more rows than estimated nobody knows how many more.
            let all = max(Double(rows[number]), Double(seen) * 1.02)
            return max(bytes, Int64(Double(seenBytes) / Double(seen) * all))
        }
        return max(bytes, Int64(Double(estimates[number]) * ratio))
    }

    /// Bytes that went over the wire for each byte on disk.
    private var ratio: Double {
        let doubt = 1_048_576.0
        return (Double(done) + doubt) / (Double(doneEstimate) + doubt)
    }

    /// All that was and is to be copied, bytes.
    /// - Parameter running: copies under way, with what each is expected to come to.
    func total(running: [Int: Int64]) -> Int64 {
        var open = openEstimate
        for number in running.keys { open -= estimates[number] }
        return done + running.values.reduce(0, +) + Int64(Double(max(0, open)) * ratio)
    }
}

/// How far a statement under way is, as its server tells.
package struct TaskProgress: Sendable, Codable, Equatable {
    /// How much of it is done, 0 to 1, where the server tells both ends.
    package var fraction: Double?
    /// What it is at: `scanning the table`, `sorting`.
    package var step: String?
    /// Of a copy.
    package var rows: Int64?
    package var bytes: Int64?

    package init(fraction: Double? = nil, step: String? = nil, rows: Int64? = nil, bytes: Int64? = nil) {
        self.fraction = fraction
        self.step = step
        self.rows = rows
        self.bytes = bytes
    }

    /// Of a row of `pg_stat_progress_create_index`. Scanning and loading have counts of their own, sorting has none; the
    /// shares are those of a large index.
    init(indexPhase phase: String, blocks: (done: Int64, all: Int64), tuples: (done: Int64, all: Int64)) {
        func part(_ count: (done: Int64, all: Int64)) -> Double {
            count.all > 0 ? min(1, Double(count.done) / Double(count.all)) : 0
        }
        let phase = phase.hasPrefix("building index: ") ? String(phase.dropFirst(16)) : phase
        switch phase {
        case "scanning table": self.init(fraction: 0.5 * part(blocks), step: "scanning the table")
        case "sorting live tuples", "sorting dead tuples": self.init(fraction: 0.5, step: "sorting")
        case "loading tuples in tree": self.init(fraction: 0.6 + 0.4 * part(tuples), step: "writing")
        case "initializing": self.init(fraction: 0, step: "begins")
        case "building index":
            // Access methods with no phases of their own.
            self.init(fraction: blocks.all > 0 ? 0.95 * part(blocks) : nil, step: "building")
        default: self.init(step: phase)
        }
    }
}

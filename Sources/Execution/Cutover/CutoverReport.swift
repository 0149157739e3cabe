/// What a completed cutover took, and what it leaves to do.
package struct CutoverReport: Sendable, Codable, Equatable {
    package struct Part: Sendable, Codable, Equatable {
        /// `fence`, `marker`, `drain`, `sequences`, `triggers`, `foreign-keys`, `views`, `verify` …
        package var name: String
        package var seconds: Double
        package init(name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds
        }
    }

    /// `none` or `read-only`.
    package var fence: String
    /// When the gate was opened; text of a timestamp, UTC.
    package var requested: String
    /// From the beginning of the fence to the completion, seconds.
    package var downtimeSeconds: Double
    /// In the order in which they began. Some run side by side, so that together they may be longer than the downtime.
    package var parts: [Part]
    /// Row changes on the source behind the marker.
    package var lateChanges: Int64
    /// What tasks of the cutover had to tell.
    package var warnings: [String]
    /// Statements for materialized views that were skipped, each after those that it reads.
    package var refreshes: [String]
    /// Foreign keys that stay NOT VALID: statements to run once the rows are mended.
    package var invalidKeys: [String]
    /// Lifts the fence on the source, should it be written to again; nil where there is none.
    package var liftFence: String?
    /// Nil where the plan asks for no way back.
    package var fallback: Fallback?

    /// The way back to the source.
    package struct Fallback: Sendable, Codable, Equatable {
        /// When `skein rollback` was complete; text of a timestamp, UTC. Nil: the way is open.
        package var rolledBack: String?
        package init(rolledBack: String? = nil) { self.rolledBack = rolledBack }
    }

    package init(
        fence: String, requested: String, downtimeSeconds: Double, parts: [Part], lateChanges: Int64,
        warnings: [String] = [], refreshes: [String] = [], invalidKeys: [String] = [], liftFence: String? = nil,
    ) {
        self.fence = fence
        self.requested = requested
        self.downtimeSeconds = downtimeSeconds
        self.parts = parts
        self.lateChanges = lateChanges
        self.warnings = warnings
        self.refreshes = refreshes
        self.invalidKeys = invalidKeys
        self.liftFence = liftFence
    }

    /// What is left for the user, as statements with a word before each group; empty where nothing is.
    package var leftToDo: [String] {
        var lines: [String] = []
        if !refreshes.isEmpty { lines += ["on the target, materialized views that were skipped:"] + refreshes }
        if !invalidKeys.isEmpty {
            lines += ["on the target, foreign keys that the rows violate, once these are mended:"] + invalidKeys
        }
        if let fallback {
            lines +=
                fallback.rolledBack.map { ["nothing: rolled back to the source \($0)"] } ?? [
                    "keep `skein migrate` running, or start it again: it carries the target's changes back to the source, so "
                        + "that `skein rollback` can return; `skein clean` ends that, once nobody wants to"
                ]
        } else if let liftFence {
            lines += ["on the source, only if it is to be written to again:", liftFence]
        }
        return lines
    }
}

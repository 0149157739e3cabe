/// What a rollback came to.
package struct RollbackReport: Sendable, Codable, Equatable {
    /// When it was asked for, and complete; texts of timestamps, UTC.
    package var requested: String
    package var completed: String
    /// Between the two: the application was stopped at most for so long. Seconds.
    package var downtimeSeconds: Double
    /// Sequences of the source that were set on.
    package var sequences: Int
    package var warnings: [String]
    /// Lifts the fence on the target, should it be written to again; nil where there is none.
    package var liftFence: String?
}

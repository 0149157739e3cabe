package import Postgres

/// Removes what a migration left: its state on the target. (Slot, publications and fence come with `mode: live`.)
package enum CleanOperation {
    package struct Found: Sendable, Codable, Equatable {
        /// Whether there is any state of the migration.
        package var hasState: Bool
        package var isFinished: Bool
        package var isRunning: Bool
        package var done: Int
        package var tasks: Int
    }

    package static func look(_ target: Connection, name: String) throws -> Found {
        let status = try StatusReport.read(target, name: name)
        return Found(
            hasState: status.phase != .notStarted, isFinished: status.phase == .finished,
            isRunning: status.isRunning, done: status.done, tasks: status.tasks)
    }

    /// Harmless when there is nothing, and when it was killed in between and is run again.
    /// - Returns: whether anything was removed.
    @discardableResult
    package static func run(_ target: Connection, name: String) throws -> Bool {
        try target.transaction { try StateStore(target).remove(migrationNamed: name) }
    }
}

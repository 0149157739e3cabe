package import PlanFile
private import Planning
internal import Postgres

/// What became of a migration's way back, as the target's state tells.
package enum WayBackStanding: Sendable, Equatable {
    case notStarted
    /// The plan asked for none when the migration began.
    case none
    /// The cutover is not complete: the source is what the application works on.
    case notOpen
    case open
    /// Text of a timestamp, UTC.
    case rolledBack(String)

    /// - Throws: as `ServerAccess.run`.
    package static func read(_ plan: Plan) async throws -> WayBackStanding {
        let name = plan.name.value.text
        return try await ServerAccess(plan, .target, purpose: "back").run { try read($0, name: name) }
    }

    static func read(_ target: Connection, name: String) throws -> WayBackStanding {
        guard let record = try StateStore(target).migration(named: name) else { return .notStarted }
        if let report = try CutoverLog(target, record.id).report() {
            guard let fallback = report.fallback else { return .none }
            return fallback.rolledBack.map { .rolledBack($0) } ?? .open
        }
        let asked = try target.scalar(
            "select true from skein.task where migration = $1 and action ? 'openFallback' limit 1", [String(record.id)])
        return asked == nil ? .none : .notOpen
    }
}

package import PlanFile
private import Planning
internal import Postgres

/// The way back, for `status`: what the source's state and the target's slot tell.
package struct WayBackReport: Sendable, Codable, Equatable {
    /// Text of timestamps, UTC.
    package var rolledBack: String?
    /// Since when changes are carried back.
    package var opened: String?
    /// A rollback that is under way.
    package var requested: String?
    /// Whether a process carries changes back right now.
    package var isFollowed = false
    package var stream: FollowStatus?
    /// How old `stream` is, seconds.
    package var streamAge: Double?
    /// Why no more changes can be carried back.
    package var broken: String?
    /// Why nothing is known of it.
    package var problem: String?

    package var isOpen: Bool { rolledBack == nil && broken == nil }

    /// Nil where there is no way back, or none yet. Never throws for what the source says.
    package static func read(_ plan: Plan, _ standing: WayBackStanding) async throws -> WayBackReport? {
        var report = WayBackReport()
        switch standing {
        case .notStarted, .none, .notOpen: return nil
        case .rolledBack(let time):
            report.rolledBack = time
            return report
        case .open: break
        }
        let name = WayBack.name(of: plan)
        do {
            return try await ServerAccess(plan, .source, purpose: "status").run { source in
                guard let record = try WayBack.record(source, name) else {
                    var report = WayBackReport()
                    report.problem = "the source holds no state of it any more"
                    return report
                }
                return try read(source, record)
            }
        } catch let findings as DiagnosticsError {
            report.problem = findings.diagnostics.first?.summary ?? "the source cannot be reached"
        } catch let refusal as ServerRefusal {
            report.problem = TaskFailure(task: "", refusal).text
        }
        return report
    }

    private static func read(_ source: Connection, _ record: MigrationRecord) throws -> WayBackReport {
        var report = WayBackReport()
        report.opened = record.started
        let store = FollowStore(source, migration: record.id)
        if let status = try store.status() { (report.stream, report.streamAge) = (status.status, status.age) }
        report.isFollowed = try store.isFollowed()
        report.broken = try StreamStore(source, migration: record.id).record()?.broken
        report.requested = try CutoverStore(source, migration: record.id).record()?.requested
        return report
    }
}

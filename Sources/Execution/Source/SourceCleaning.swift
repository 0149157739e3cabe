private import Faults
private import PlanFile
package import Planning
package import Postgres

/// What the state knows of a migration's traces on the source.
package struct SourceTraces: Sendable, Equatable {
    package var identities: [RecordedIdentity] = []
    /// What a fence changed; nil where none did.
    package var fenceBefore: FenceBefore?
    /// Whether the fence is known to have stood.
    package var wasFenced = false
    /// A completed cutover's fence stays.
    package var isCompleted = false

    package init() {}

    /// - Returns: nil where the target holds no state of the migration.
    package static func read(_ target: Connection, planName: String) throws -> SourceTraces? {
        guard let record = try StateStore(target).migration(named: planName) else { return nil }
        var traces = SourceTraces()
        traces.identities = try StreamStore(target, migration: record.id).identities()
        if let cutover = try CutoverStore(target, migration: record.id).record() {
            traces.fenceBefore = cutover.fenceBefore
            traces.wasFenced = cutover.fenced != nil
            traces.isCompleted = cutover.completed != nil
        }
        if record.finished != nil { traces.isCompleted = true }
        return traces
    }
}

/// What cleaning the source came to.
package struct SourceCleaned: Sendable, Codable, Equatable {
    package var slot: String?
    package var publications: [String] = []
    /// Of markers.
    package var schema: String?
    /// Tables whose replica identity is as it was.
    package var identities: [String] = []
    package var liftedFence = false
    /// Lifts the fence of a completed cutover, which stays.
    package var fenceStatement: String?

    package init() {}
}

/// Removes a migration's traces on the source.
///
/// Each step commits by itself and finds out what there is to do, so a crash anywhere leaves what the next run finishes:
/// the application may write again first; then the slot goes, which keeps the source's WAL; then the publications, before
/// the replica identities without which publishing updates would fail the application.
package struct SourceCleaning {
    private let source: Connection
    private let names: SourceNames
    private let planName: String
    private let attempts: Int

    /// - Parameters:
    ///   - planName: as written.
    ///   - attempts: of each statement that waits for a lock, 2 s each.
    package init(_ source: Connection, names: SourceNames, planName: String, attempts: Int = 10) {
        self.source = source
        self.names = names
        self.planName = planName
        self.attempts = attempts
    }

    /// - Parameter traces: nil where there is no state: what bears our names goes all the same, unless somebody
    ///   receives from the slot.
    /// - Throws: `SourceError`.
    package func run(_ traces: SourceTraces?) throws -> SourceCleaned {
        var cleaned = SourceCleaned()
        let fence = Fence(source)
        if let traces, let before = traces.fenceBefore, !traces.isCompleted {
            cleaned.liftedFence = try fence.before() != before
            try fence.lift(before, wasSet: traces.wasFenced)
        } else if try fence.before().setting.map(Self.isOn) == true {
            cleaned.fenceStatement = try fence.liftingStatement(traces?.fenceBefore ?? FenceBefore(setting: nil))
        }
        FaultPoint.cleanFenceLifted.pass()
        let ours = traces == nil ? nil : planName
        if try SlotRemoval.drop(source, slot: names.slot, endingSessionsOf: ours) { cleaned.slot = names.slot }
        FaultPoint.cleanSlotDropped.pass()
        cleaned.publications = try SourcePublications(source, names, attempts: attempts).drop()
        FaultPoint.cleanPublicationsDropped.pass()
        cleaned.schema = try dropMarkers()
        cleaned.identities = try SourceIdentities(source: source, attempts: attempts)
            .undo(traces?.identities ?? []).map(\.description)
        FaultPoint.cleanSourceCleaned.pass()
        return cleaned
    }

    private static func isOn(_ setting: String) -> Bool {
        ["on", "true", "yes", "1", "t", "y", "tr", "tru", "ye"].contains(setting.lowercased())
    }

    private func dropMarkers() throws -> String? {
        let markers = try SourceLeftovers.find(source, names).filter { $0.kind == .schema }
        guard !markers.isEmpty else { return nil }
        // Without `cascade`: what somebody else put into the schema is not ours to drop.
        let statement = "drop table if exists \(names.marker.sql); drop schema \(QualifiedName.quoted(names.schema))"
        try PatientStatement.run(
            source, statement, locking: [], .accessExclusive, attempts: attempts
        ) {
            try source.execute(statement)
        }
        return names.schema
    }
}

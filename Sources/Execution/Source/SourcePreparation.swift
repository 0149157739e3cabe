private import PlanFile
package import Planning
package import Postgres

/// What must be on the source before the slot is made, each committed first: replica identities, then the marker's table
/// where markers are rows, then publications (EXACTNESS.md, 1). Done twice it does nothing.
package struct SourcePreparation {
    private let source: Connection
    private let target: Connection
    private let store: StreamStore
    private let names: SourceNames
    private let attempts: Int

    /// - Parameter attempts: of each statement that waits for a lock, 2 s each.
    package init(
        source: Connection, target: Connection, migration: Int64, names: SourceNames, attempts: Int = 5,
    ) {
        self.source = source
        self.target = target
        store = StreamStore(target, migration: migration)
        self.names = names
        self.attempts = attempts
    }

    /// - Throws: `SourceError`.
    package func run(_ following: FollowingDecision) throws {
        try claim()
        if let record = try store.record(), record.slotSnapshot != nil {
            // The stream rests on them as they are.
            return try SourcePublications(source, names).verify(record.publications)
        }
        try SourceIdentities(source: source, attempts: attempts)
            .change(following.tables, recordingIn: store, on: target)
        if !following.hasMessages { try source.execute(createMarkerTable) }
        let publications = try SourcePublications(source, names, attempts: attempts).prepare(following)
        try target.durably { try store.setPublications(publications) }
    }

    /// Makes our names ours, once, while nothing bears them: from then on whatever does is of this migration, and what a
    /// crash left half made can be made anew.
    private func claim() throws {
        if try store.record()?.isClaimed == true { return }
        // Before anything is touched: what would come of it cannot be followed.
        try SlotStatus.refuseElsewhere(source, slot: names.slot)
        let found = try SourceLeftovers.find(source, names)
        guard found.isEmpty else { throw SourceError.namesTaken(found) }
        try target.durably { try store.claim() }
    }

    private var createMarkerTable: String {
        """
        set client_min_messages = error;
        create schema if not exists \(QualifiedName.quoted(names.schema));
        create table if not exists \(names.marker.sql) (token text primary key, written timestamptz default now());
        set client_min_messages = warning
        """
    }
}

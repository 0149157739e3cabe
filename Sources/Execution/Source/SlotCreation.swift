private import ChangeStream
private import Faults
private import LogicalDecoding
private import PlanFile
package import Planning
package import Postgres

/// Makes the slot, and learns what the snapshot sees that it exports: what is visible there is in no stream and must be
/// in every piece's snapshot (EXACTNESS.md, 2).
package struct SlotCreation {
    private let source: Connection
    private let target: Connection
    private let store: StreamStore
    private let slot: String
    private let planName: String

    /// - Parameter planName: as written.
    package init(source: Connection, target: Connection, migration: Int64, names: SourceNames, planName: String) {
        self.source = source
        self.target = target
        store = StreamStore(target, migration: migration)
        slot = names.slot
        self.planName = planName
    }

    /// Makes the slot where the state knows none: one that a crash left unknown is dropped first, since its snapshot is
    /// gone.
    ///
    /// The server waits for all transactions that run on it, in whatever database; what it waits for is in
    /// `StallReport`.
    /// - Parameters:
    ///   - following: of its tables, those whose inserts alone are followed have their updates and deletes counted.
    ///   - replication: connects a session in replication mode (`replication=database`) to the source.
    /// - Throws: `SourceError.slotLost` where the state knows a slot that is not there any more; `.slotElsewhere`;
    ///   `.changedMeanwhile`, which is to be tried again.
    package func run(_ following: FollowingDecision, replication: () throws -> Connection) throws {
        guard let record = try store.record(), record.isClaimed else {
            throw StateError.unexpected("a slot before the source was prepared")
        }
        if record.slotSnapshot != nil {
            try SlotStatus.require(source, slot: slot)
            return
        }
        try SlotStatus.refuseElsewhere(source, slot: slot)
        try SlotRemoval.drop(source, slot: slot, endingSessionsOf: planName)
        let walsender = try replication()
        let changes = try CatalogChanges(source)
        let made = try create(following.plugin, on: walsender)
        FaultPoint.slotCreated.pass()
        // The session that exported it must do nothing else until then (walsender.c).
        let (snapshot, changed) = try importSnapshot(made.snapshot, changes)
        // Unknown to the state, the slot is dropped when this is tried again.
        guard changed.isEmpty else { throw SourceError.changedMeanwhile(changed) }
        let shape = try SourceShape.read(source, following: following.tables.map(\.oid))
        let counted = following.tables.filter { $0.identity == .insertsOnly }.map(\.oid)
        let counters = try RowCounters.read(source, tables: counted)
        try target.durably {
            try store.setSlot(consistent: made.consistent, snapshot: snapshot)
            try store.setShape(shape)
            try store.setRowCounters(counters)
        }
        FaultPoint.slotStored.pass()
    }

    private func create(
        _ plugin: Plan.Plugin, on walsender: Connection,
    ) throws -> (consistent: LSN, snapshot: String) {
        // The old form of the options, which all versions take (repl_gram.y).
        let rows = try walsender.simpleQuery(
            "CREATE_REPLICATION_SLOT \(QualifiedName.quoted(slot)) LOGICAL \(QualifiedName.quoted(plugin.rawValue)) "
                + "EXPORT_SNAPSHOT")
        guard rows.count == 1, rows.columnCount >= 3, let consistent = LSN(rows.text(0, 1)), let snapshot = rows[0, 2]
        else { throw PostgresError.unexpected("CREATE_REPLICATION_SLOT did not answer as documented") }
        return (consistent, snapshot)
    }

    /// - Returns: the snapshot, and the tables that were changed before it while the slot was being made.
    private func importSnapshot(
        _ id: String, _ changes: CatalogChanges,
    ) throws -> (Watermark, changed: [QualifiedName]) {
        let (text, changed) = try source.transaction("begin isolation level repeatable read read only") {
            try source.execute("set transaction snapshot \(Piece.literal(id))")
            return (try SourceReading.snapshotText(source), try changes.tables())
        }
        guard let watermark = Watermark(text) else {
            throw PostgresError.unexpected("a snapshot that reads \(text)")
        }
        return (watermark, changed)
    }
}

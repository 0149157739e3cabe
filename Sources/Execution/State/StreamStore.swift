package import ChangeStream
package import LogicalDecoding
package import Postgres

/// What the state says of a migration's stream.
package struct StreamRecord: Sendable, Equatable {
    /// Whether what bears our names on the source is ours.
    package var isClaimed: Bool
    package var slotGeneration: Int
    package var consistentLSN: LSN?
    /// Nil while the slot is being made.
    package var slotSnapshot: Watermark?
    package var publications: [SourcePublication]
    /// Why the stream is broken, until `--repair` has mended it.
    package var broken: String?
    package var marker: String?
    /// A position before the marker.
    package var markerFloor: LSN?
    /// Behind the marker's commit; nil until it is written.
    package var markerLSN: LSN?
}

/// A replica identity that was changed on the source.
package struct RecordedIdentity: Sendable, Equatable {
    package var table: UInt32
    package var schema: String
    package var name: String
    /// Clauses as in `alter table … replica identity …`.
    package var before: String
    package var after: String
}

/// Reads and writes what the state holds of a migration's stream. Every function runs in the caller's transaction, or in
/// one of its own; what something on the source rests on is written with `durably`.
package struct StreamStore {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    private var id: String { String(migration) }

    /// Nil where the source has not been touched.
    package func record() throws -> StreamRecord? {
        let rows = try connection.query(
            """
            select claimed, slot_generation, consistent_lsn, slot_snapshot, publications, broken, marker,
                marker_floor, marker_lsn
            from skein.stream where migration = $1
            """, [id])
        guard rows.count > 0 else { return nil }
        return StreamRecord(
            isClaimed: rows.bool(0, 0), slotGeneration: rows.int(0, 1) ?? 0,
            consistentLSN: rows[0, 2].flatMap { LSN($0) }, slotSnapshot: rows[0, 3].flatMap { Watermark($0) },
            publications: try rows[0, 4].map { try StateStore.decode($0) } ?? [], broken: rows[0, 5],
            marker: rows[0, 6], markerFloor: rows[0, 7].flatMap { LSN($0) }, markerLSN: rows[0, 8].flatMap { LSN($0) })
    }

    /// From here on whatever bears our names on the source is ours.
    package func claim() throws {
        try connection.query(
            """
            insert into skein.stream (migration, claimed) values ($1, true)
            on conflict (migration) do update set claimed = true
            """, [id])
    }

    package func setPublications(_ publications: [SourcePublication]) throws {
        try connection.query(
            "update skein.stream set publications = $2 where migration = $1",
            [id, try StateStore.encode(publications)])
    }

    /// A new slot: counts it, and forgets what belonged to the one before.
    package func setSlot(consistent: LSN, snapshot: Watermark) throws {
        try connection.query(
            """
            update skein.stream
            set slot_generation = slot_generation + 1, consistent_lsn = $2::pg_lsn, slot_snapshot = $3, broken = null,
                marker = null, marker_lsn = null
            where migration = $1
            """, [id, consistent.description, snapshot.description])
    }

    /// The slot is to be made anew.
    package func forgetSlot() throws {
        try connection.query(
            "update skein.stream set consistent_lsn = null, slot_snapshot = null where migration = $1", [id])
    }

    /// - Parameter reason: nil where the stream is whole again.
    package func setBroken(_ reason: String?) throws {
        try connection.query("update skein.stream set broken = $2 where migration = $1", [id, reason])
    }

    // MARK: The source as it was

    package func shape() throws -> SourceShape? {
        let text = try connection.scalar("select source_shape from skein.stream where migration = $1", [id])
        return try text.map { try StateStore.decode($0) }
    }

    package func setShape(_ shape: SourceShape) throws {
        try connection.query(
            "update skein.stream set source_shape = $2 where migration = $1", [id, try StateStore.encode(shape)])
    }

    /// Nothing where there is none. In the caller's transaction.
    package func changeShape(_ change: (inout SourceShape) -> Void) throws {
        let text = try connection.scalar(
            "select source_shape from skein.stream where migration = $1 for update", [id])
        guard var shape: SourceShape = try text.map({ try StateStore.decode($0) }) else { return }
        change(&shape)
        try setShape(shape)
    }

    /// The newest TRUNCATE of each table that was applied: its transaction on the source, by the table's oid there.
    package func truncations() throws -> [UInt32: UInt32] {
        let rows = try connection.query(
            "select table_oid, xid from skein.applied_truncation where migration = $1", [id])
        return rows.indices.reduce(into: [:]) { $0[rows.oid($1, 0) ?? 0] = rows.oid($1, 1) }
    }

    package func rowCounters() throws -> RowCounters? {
        let text = try connection.scalar("select row_counters from skein.stream where migration = $1", [id])
        return try text.map { try StateStore.decode($0) }
    }

    package func setRowCounters(_ counters: RowCounters) throws {
        try connection.query(
            "update skein.stream set row_counters = $2 where migration = $1", [id, try StateStore.encode(counters)])
    }

    // MARK: Replica identities

    package func identities() throws -> [RecordedIdentity] {
        let rows = try connection.query(
            """
            select table_oid, table_schema, table_name, before, after
            from skein.identity_change where migration = $1 order by table_schema, table_name
            """, [id])
        return rows.indices.map { row in
            RecordedIdentity(
                table: rows.oid(row, 0) ?? 0, schema: rows.text(row, 1), name: rows.text(row, 2),
                before: rows.text(row, 3), after: rows.text(row, 4))
        }
    }

    /// Keeps what is recorded of a table already: that is how it was before us.
    package func record(_ identity: RecordedIdentity) throws {
        try connection.query(
            """
            insert into skein.identity_change (migration, table_oid, table_schema, table_name, before, after)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (migration, table_oid) do update set after = excluded.after
            """,
            [id, String(identity.table), identity.schema, identity.name, identity.before, identity.after])
    }

    // MARK: The marker

    /// The marker that will be written; the one before means nothing any more.
    /// - Parameter floor: a position before it; the drain compares the progress with it.
    package func setMarker(_ token: String, floor: LSN = LSN(rawValue: 0)) throws {
        try connection.query(
            """
            update skein.stream set marker = $2, marker_floor = $3::pg_lsn, marker_lsn = null where migration = $1
            """, [id, token, floor.description])
    }

    /// - Parameter lsn: behind the commit of the marker with this token.
    package func setMarkerLSN(_ lsn: LSN, of token: String) throws {
        let updated = try connection.query(
            "update skein.stream set marker_lsn = $3::pg_lsn where migration = $1 and marker = $2",
            [id, token, lsn.description])
        // Another process has written a newer one, or the cutover is abandoned.
        guard updated.affectedRows == 1 else { throw ClaimLost() }
        try connection.query(
            "update skein.cutover set marked = clock_timestamp() where migration = $1", [id])
    }

    /// The applier goes on behind it.
    package func clearMarker() throws {
        try connection.query(
            "update skein.stream set marker = null, marker_lsn = null where migration = $1", [id])
    }
}

extension Connection {
    /// A transaction whose commit waits for its flush, and with it for those before: what is done on the source next
    /// must be known to the target also after it crashed.
    package func durably<R>(_ body: () throws -> R) throws -> R {
        try transaction {
            try execute("set local synchronous_commit = on")
            return try body()
        }
    }
}

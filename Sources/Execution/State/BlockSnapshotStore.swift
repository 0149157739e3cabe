private import ChangeStream
private import LogicalDecoding
private import Planning
package import Postgres

/// The one snapshot that all block pieces of a table are read under.
package struct BlockSnapshot: Sendable, Equatable {
    /// Counts the snapshots of the table that saw different things; "done" checks it.
    package var generation: Int
    /// The slot that it was admitted for.
    package var slotGeneration: Int
    /// What `set transaction snapshot` takes.
    package var id: String
    package var snapshot: PieceSnapshot
    /// The source's process that holds it open.
    package var holderPID: Int

    package init(generation: Int, slotGeneration: Int, id: String, snapshot: PieceSnapshot, holderPID: Int) {
        self.generation = generation
        self.slotGeneration = slotGeneration
        self.id = id
        self.snapshot = snapshot
        self.holderPID = holderPID
    }
}

/// Reads and writes `skein.block_snapshot`, in the caller's transaction.
package struct BlockSnapshotStore {
    private let connection: Connection
    private let migration: Int64
    private let table: UInt32
    /// Numbers of the table's copy tasks.
    private let pieces: [Int]

    package init(_ connection: Connection, _ context: RunContext, table: UInt32) {
        self.connection = connection
        self.table = table
        migration = context.migration
        pieces = context.pieces(ofTable: table)
    }

    /// - Parameter isLocking: nobody commits a piece of the table, or replaces its snapshot, until the transaction ends.
    package func read(isLocking: Bool = false) throws -> BlockSnapshot? {
        let rows = try connection.query(
            """
            select generation, slot_generation, snapshot_id, snapshot, insert_lsn, holder_pid
            from skein.block_snapshot where migration = $1 and table_oid = $2 \(isLocking ? "for update" : "")
            """, [String(migration), String(table)])
        guard rows.count > 0, let watermark = Watermark(rows.text(0, 3)), let lsn = LSN(rows.text(0, 4)) else {
            return nil
        }
        return BlockSnapshot(
            generation: rows.int(0, 0) ?? 0, slotGeneration: rows.int(0, 1) ?? 0, id: rows.text(0, 2),
            snapshot: PieceSnapshot(watermark: watermark, insertLSN: lsn), holderPID: rows.int(0, 5) ?? 0)
    }

    /// Records the first snapshot.
    /// - Returns: false where another process was faster.
    package func insert(_ snapshot: BlockSnapshot) throws -> Bool {
        let inserted = try connection.query(
            """
            insert into skein.block_snapshot
                (migration, table_oid, generation, slot_generation, snapshot_id, snapshot, insert_lsn, holder_pid)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
            """, parameters(snapshot))
        return inserted.affectedRows == 1
    }

    /// Replaces a snapshot that this transaction has read for update.
    package func replace(by snapshot: BlockSnapshot) throws {
        try connection.query(
            """
            update skein.block_snapshot
            set generation = $3, slot_generation = $4, snapshot_id = $5, snapshot = $6, insert_lsn = $7,
                holder_pid = $8
            where migration = $1 and table_oid = $2
            """, parameters(snapshot))
    }

    private func parameters(_ snapshot: BlockSnapshot) -> [String?] {
        [
            String(migration), String(table), String(snapshot.generation), String(snapshot.slotGeneration), snapshot.id,
            snapshot.snapshot.watermark.description, snapshot.snapshot.insertLSN.description,
            String(snapshot.holderPID),
        ]
    }

    /// Keeps the table from starting over until the transaction ends.
    /// - Throws: `ClaimLost` where it has already: what was read is not what the table's other pieces are.
    package func hold(generation: Int) throws {
        let rows = try connection.query(
            """
            select from skein.block_snapshot
            where migration = $1 and table_oid = $2 and generation = $3 for share
            """, [String(migration), String(table), String(generation)])
        guard rows.count == 1 else { throw ClaimLost() }
    }

    /// Numbers of the table's pieces that are done, locked.
    package func lockDone() throws -> [Int] {
        let rows = try connection.query(
            """
            select number from skein.task
            where migration = $1 and number = any ($2::integer[]) and state = 'done' order by number for update
            """, [String(migration), PostgresArray.literal(pieces.map(String.init))])
        return rows.indices.compactMap { rows.int($0, 0) }
    }

    /// Whether no piece of the table is left to copy.
    package func isComplete() throws -> Bool {
        try connection.scalar(
            """
            select number from skein.task
            where migration = $1 and number = any ($2::integer[]) and state <> 'done' limit 1
            """, [String(migration), PostgresArray.literal(pieces.map(String.init))]) == nil
    }
}

extension RunContext {
    /// OIDs of the tables that are cut into blocks.
    package var blockTables: [UInt32] {
        let oids = tasks.compactMap { task -> UInt32? in
            guard case .copy(let piece) = task.action, case .blocks = piece.rows else { return nil }
            return piece.tableOID
        }
        return Set(oids).sorted()
    }

    /// Numbers of the copy tasks of a table, by its OID on the source.
    package func pieces(ofTable oid: UInt32) -> [Int] {
        tasks.indices.filter { if case .copy(let piece) = tasks[$0].action { piece.tableOID == oid } else { false } }
    }
}

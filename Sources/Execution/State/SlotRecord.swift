package import ChangeStream
package import LogicalDecoding
package import Postgres

/// The slot that copies rest on: what is not in their snapshots, its stream will bring.
package struct SlotRecord: Sendable, Equatable {
    /// Counts the slots.
    package var generation: Int
    /// What the snapshot that it exported sees (EXACTNESS.md, 2).
    package var snapshot: Watermark
    package var consistentLSN: LSN

    package init(generation: Int, snapshot: Watermark, consistentLSN: LSN) {
        self.generation = generation
        self.snapshot = snapshot
        self.consistentLSN = consistentLSN
    }

    /// - Throws: `StateError.unexpected` where there is none yet.
    package static func read(_ target: Connection, migration: Int64) throws -> SlotRecord {
        let rows = try target.query(
            "select slot_generation, slot_snapshot, consistent_lsn from skein.stream where migration = $1",
            [String(migration)])
        guard rows.count == 1, let snapshot = rows[0, 1].flatMap({ Watermark($0) }),
            let lsn = rows[0, 2].flatMap({ LSN($0) })
        else { throw StateError.unexpected("there is no slot yet") }
        return SlotRecord(generation: rows.int(0, 0) ?? 0, snapshot: snapshot, consistentLSN: lsn)
    }

    /// Keeps the slot from being replaced until the transaction ends.
    /// - Throws: `ClaimLost` where it has been: what was read goes with a stream that is gone.
    package func hold(_ target: Connection, migration: Int64) throws {
        let rows = try target.query(
            "select from skein.stream where migration = $1 and slot_generation = $2 for share",
            [String(migration), String(generation)])
        guard rows.count == 1 else { throw ClaimLost() }
    }

    /// Remembers of pieces that their watermarks go with this slot.
    package func mark(_ numbers: [Int], _ target: Connection, migration: Int64) throws {
        try target.query(
            "update skein.task set slot_generation = $3 where migration = $1 and number = any ($2::integer[])",
            [String(migration), PostgresArray.literal(numbers.map(String.init)), String(generation)])
    }
}

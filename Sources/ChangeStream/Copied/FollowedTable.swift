package import LogicalDecoding
package import PlanFile
package import Planning

/// Rows that were copied under one watermark.
package struct CopiedPiece: Sendable, Equatable {
    package var rows: Piece.Rows
    package var watermark: Watermark
    /// `pg_current_wal_insert_lsn()` right after the snapshot was taken: nothing that commits at or beyond it is visible
    /// in the watermark (EXACTNESS.md, 5).
    package var insertLSN: LSN

    package init(rows: Piece.Rows, watermark: Watermark, insertLSN: LSN) {
        self.rows = rows
        self.watermark = watermark
        self.insertLSN = insertLSN
    }
}

/// A table whose changes are applied: how the plan follows it, and what its rows were copied at. What the target holds
/// of it, the applier reads there.
package struct FollowedTable: Sendable, Equatable {
    /// On the source, and on the target where `target` is nil.
    package var name: QualifiedName
    /// On the source.
    package var sourceOID: UInt32
    /// Columns that travel, in the source's order; generated ones are left out.
    package var columns: [String]
    package var identity: FollowingDecision.Identity
    /// All of the table's pieces. Block pieces share one watermark.
    package var pieces: [CopiedPiece]
    /// Of a hypertable of the source.
    package var chunks: FollowingDecision.FollowedChunks?
    /// The table on the target that gets its rows, with those of other tables: a hypertable made of partitions.
    package var target: QualifiedName?
    /// The condition that holds in `target` for exactly its rows; nil where there is none.
    package var territory: String?

    package init(
        name: QualifiedName, sourceOID: UInt32, columns: [String], identity: FollowingDecision.Identity,
        pieces: [CopiedPiece], target: QualifiedName? = nil, territory: String? = nil,
        chunks: FollowingDecision.FollowedChunks? = nil,
    ) {
        self.target = target
        self.territory = territory
        self.name = name
        self.sourceOID = sourceOID
        self.columns = columns
        self.identity = identity
        self.pieces = pieces
        self.chunks = chunks
    }

    /// From here on every change is applied untested.
    package var newestInsertLSN: LSN { pieces.map(\.insertLSN).max() ?? LSN(rawValue: 0) }
}

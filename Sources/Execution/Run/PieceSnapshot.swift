package import ChangeStream
package import LogicalDecoding
package import PlanFile
package import Planning
package import Postgres

/// What a transaction on the source sees, and where the WAL ended right after it began to see it.
package struct PieceSnapshot: Sendable, Equatable {
    package var watermark: Watermark
    /// `pg_current_wal_insert_lsn()`: the only position that bounds the commits that are visible (EXACTNESS.md, 5).
    package var insertLSN: LSN

    package init(watermark: Watermark, insertLSN: LSN) {
        self.watermark = watermark
        self.insertLSN = insertLSN
    }

    /// What is seen now, such that every transaction that has an id by now, and has not ended for snapshots, is among
    /// the running ones: for `Admission.afterAll`.
    ///
    /// A snapshot's xmax is behind the last id that has ended, not behind the last that was given out. So the newest
    /// transactions of all, which may be committed and streamed and yet wait for a synchronous standby, would be missed
    /// without an id that is given out, and ends, before.
    /// - Parameter source: outside a transaction.
    package static func takeBehindAll(_ source: Connection) throws -> PieceSnapshot {
        try source.execute("select pg_catalog.txid_current()")
        return try take(source)
    }

    package var copied: CopiedAt { CopiedAt(watermark: watermark, insertLSN: insertLSN) }

    /// The open transaction's snapshot, taken by this very statement where it is the first; outside a transaction, what
    /// is seen now. The position is read behind it, since a statement has its snapshot before it computes.
    package static func take(_ source: Connection) throws -> PieceSnapshot {
        // Not to be had before PostgreSQL 13; the text is the same.
        let function = source.serverVersion >= 130_000 ? "pg_current_snapshot" : "txid_current_snapshot"
        let rows = try source.query(
            "select pg_catalog.\(function)()::text, pg_catalog.pg_current_wal_insert_lsn()")
        guard rows.count == 1, let watermark = Watermark(rows.text(0, 0)), let lsn = LSN(rows.text(0, 1)) else {
            throw StateError.unexpected("the source tells no snapshot")
        }
        return PieceSnapshot(watermark: watermark, insertLSN: lsn)
    }
}

/// Reading tables of the source under a snapshot of their own: locked first, looked at then.
///
/// LOCK takes no snapshot. A TRUNCATE or a rewriting ALTER between an older snapshot and the lock would show an empty
/// table, and the rows would be gone without a trace, as rewrites are not in the stream (EXACTNESS.md, 3).
package enum LockedReading {
    /// A waiting ALTER queues the application behind us, so we give way and queue again.
    private static let lockTimeout = "2s"
    private static let mostLockAttempts = 3
    /// Looks a tenth of a second apart before the wait is told; the task is tried again after that.
    private static let mostLooks = 50

    /// Runs `body` in a read-only transaction of its own, whose snapshot is admitted.
    /// - Parameter pieces: of those that are hypertables, the chunks are locked as well.
    /// - Throws: `55P03` where a lock is not to be had, `NotAdmissible`; both pass.
    package static func run<R>(
        _ source: Connection, locking tables: [QualifiedName], chunksOf pieces: [Piece] = [], _ admission: Admission,
        _ body: (PieceSnapshot) throws -> R,
    ) throws -> R {
        let snapshot = try begin(source, locking: tables, chunksOf: pieces, admission)
        return try SourceReading.finishing(source) { try body(snapshot) }
    }

    /// The same under a snapshot that another session has exported and still holds.
    /// - Throws: `SnapshotLost` where it is gone.
    package static func run<R>(
        _ source: Connection, locking table: QualifiedName, under snapshot: SnapshotReference, _ body: () throws -> R,
    ) throws -> R {
        try lock(source, [table])
        return try SourceReading.finishing(source) {
            try SourceReading.adopt(snapshot, source)
            return try body()
        }
    }

    /// Begins such a transaction and leaves it open.
    package static func begin(
        _ source: Connection, locking tables: [QualifiedName], chunksOf pieces: [Piece] = [], _ admission: Admission,
    ) throws -> PieceSnapshot {
        var looks = 0
        while true {
            try Task.checkCancellation()
            let chunks = try lock(source, tables, chunksOf: pieces)
            do {
                let snapshot = try PieceSnapshot.take(source)
                // One that came after the look is not locked, and may be compressed under our hands.
                guard try SourceChunks.list(pieces, on: source).allSatisfy(chunks.contains) else {
                    try source.execute("rollback")
                    continue
                }
                if admission.admits(snapshot.watermark) { return snapshot }
                let obstacles = admission.obstacles(in: snapshot.watermark)
                let elsewhere = try NotAdmissible.elsewhere(obstacles, source)
                if admission.admits(snapshot.watermark, but: elsewhere) { return snapshot }
                try source.execute("rollback")
                looks += 1
                guard looks < mostLooks else {
                    throw NotAdmissible(waitingFor: try NotAdmissible.describe(obstacles, source))
                }
                try source.execute("select pg_catalog.pg_sleep(0.1)")
            } catch {
                if source.isUp, source.isInTransaction { try? source.execute("rollback") }
                throw error
            }
        }
    }

    /// Waits until such a transaction could begin: what has ended stays so. For whoever must not wait with locks of the
    /// target's in hand.
    /// - Throws: as `run`.
    package static func waitUntilAdmitted(
        _ source: Connection, locking tables: [QualifiedName], _ admission: Admission,
    ) throws {
        _ = try begin(source, locking: tables, admission)
        try source.execute("commit")
    }

    /// - Returns: the chunks that are locked.
    @discardableResult
    private static func lock(
        _ source: Connection, _ tables: [QualifiedName], chunksOf pieces: [Piece] = [],
    ) throws -> Set<QualifiedName> {
        var attempt = 1
        while true {
            try Task.checkCancellation()
            let chunks = try SourceChunks.list(pieces, on: source)
            do {
                // SET and LOCK take no snapshot.
                try SourceChunks.lock(
                    source, tables: tables, chunks: chunks,
                    begin: "begin isolation level repeatable read read only; set local lock_timeout = '\(lockTimeout)'")
                return Set(chunks)
            } catch let error as PostgresError {
                if source.isUp, source.isInTransaction { try? source.execute("rollback") }
                // A chunk that was listed is dropped by now.
                let isGone = !chunks.isEmpty && error.sqlState == "42P01"
                guard error.sqlState == "55P03" || isGone, attempt < mostLockAttempts else { throw error }
                attempt += 1
                try source.execute("select pg_catalog.pg_sleep(0.3)")
            }
        }
    }
}

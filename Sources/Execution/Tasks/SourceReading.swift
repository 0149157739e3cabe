package import Planning
package import Postgres

/// Reading the source under the run's snapshot.
package enum SourceReading {
    /// What the present transaction sees, `xmin:xmax:xip`: equal texts mean that no transaction id was given out between.
    package static func snapshotText(_ source: Connection) throws -> String {
        let function = source.serverVersion >= 130_000 ? "pg_current_snapshot" : "txid_current_snapshot"
        return try source.scalar("select pg_catalog.\(function)()::text") ?? ""
    }

    /// Runs `body` in a read-only transaction that sees what the snapshot sees.
    /// - Parameter piece: its table is locked in ACCESS SHARE mode before the snapshot is taken over, so that no TRUNCATE
    ///   or rewrite can come in between (EXACTNESS.md, 3), and so are a hypertable's chunks.
    /// - Throws: `SnapshotLost` where the session that exported it is gone.
    package static func transaction<R>(
        _ source: Connection, under snapshot: SnapshotReference, locking piece: Piece? = nil, _ body: () throws -> R,
    ) throws -> R {
        let begin = "begin isolation level repeatable read read only"
        guard let piece else {
            return try source.transaction(begin) {
                try adopt(snapshot, source)
                return try body()
            }
        }
        return try locked(source, piece, begin: "\(begin); set local lock_timeout = '10s'") {
            try adopt(snapshot, source)
            return try body()
        }
    }

    /// Runs `body` in a transaction that has locked what holds the piece's rows and has no snapshot yet.
    /// - Parameter begin: what begins it, and sets how long to wait for locks.
    static func locked<R>(_ source: Connection, _ piece: Piece, begin: String, _ body: () throws -> R) throws -> R {
        let chunks = try SourceChunks.list([piece], on: source)
        return try finishing(source) {
            try SourceChunks.lock(source, tables: [piece.table], chunks: chunks, begin: begin)
            return try body()
        }
    }

    /// Commits the transaction that is open, or that `body` begins; rolls back where it throws.
    static func finishing<R>(_ source: Connection, _ body: () throws -> R) throws -> R {
        do {
            let value = try body()
            try source.execute("commit")
            return value
        } catch {
            if source.isUp, source.isInTransaction { try? source.execute("rollback") }
            throw error
        }
    }

    /// Takes an exported snapshot over into the transaction that was just begun.
    /// - Throws: `SnapshotLost`.
    static func adopt(_ snapshot: SnapshotReference, _ source: Connection) throws {
        do {
            try source.execute("set transaction snapshot \(Piece.literal(snapshot.id))")
        } catch {
            guard error.sqlState != nil, !error.endsSession else { throw error }
            // 22023 up to PostgreSQL 16, 42704 from 17 on, 55000 when its process is just gone.
            throw SnapshotLost(id: snapshot.id)
        }
        // After a restart of the source, ids are given out again, and somebody else may export snapshots, too.
        guard try snapshotText(source) == snapshot.text else { throw SnapshotLost(id: snapshot.id) }
    }
}

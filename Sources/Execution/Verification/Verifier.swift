package import PlanFile
package import Planning
package import Postgres

/// How one piece compares.
package struct PieceComparison: Sendable, Equatable, Codable {
    package var table: QualifiedName
    package var piece: Int
    package var pieces: Int
    package var source: TableChecksum
    package var target: TableChecksum
    package var isEqual: Bool { source == target }

    package init(table: QualifiedName, piece: Int, pieces: Int, source: TableChecksum, target: TableChecksum) {
        self.table = table
        self.piece = piece
        self.pieces = pieces
        self.source = source
        self.target = target
    }
}

/// Compares a piece's rows on the source with those on the target, both at the same time.
package struct Verifier: Sendable {
    package let source: Session
    package let target: Session
    /// Exported on the source; nil: what is there now.
    package let snapshot: String?
    /// Numbers of rows alone.
    package let countsOnly: Bool

    package init(source: Session, target: Session, snapshot: String? = nil, countsOnly: Bool = false) {
        self.source = source
        self.target = target
        self.snapshot = snapshot
        self.countsOnly = countsOnly
    }

    /// What is compared: a piece's rows, in the table as each side has it.
    package struct Subject: Sendable {
        package var piece: Piece
        /// Whether rows are in children of the table there: hypertables, partitioned tables.
        package var sourceHasChildren: Bool
        package var targetHasChildren: Bool

        /// - Parameter piece: not of blocks, whose numbers mean nothing on the other server.
        package init(_ piece: Piece, sourceHasChildren: Bool = false, targetHasChildren: Bool) {
            self.piece = piece
            self.sourceHasChildren = sourceHasChildren || piece.includesChildren == true || piece.isChunked
            self.targetHasChildren = targetHasChildren
        }

        /// What is locked on the source, as LOCK TABLE names it.
        var lock: String { (sourceHasChildren ? "" : "only ") + piece.table.sql }
    }

    /// - Throws: a `PostgresError` of either side, `42P01` and `42703` among them where the target lacks the table or a
    ///   column; `SnapshotLost`.
    package func compare(_ subject: Subject) async throws -> PieceComparison {
        let table = try await read(subject)
        let piece = subject.piece
        async let there = source.run { connection in
            try Self.inSource(connection, subject, snapshot) {
                try TableChecksum.compute(
                    table, where: piece.sourceCondition, includingChildren: subject.sourceHasChildren,
                    countOnly: countsOnly, on: connection)
            }
        }
        async let here = target.run { connection in
            try Self.inTarget(connection) {
                try TableChecksum.compute(
                    table.named(piece.targetTable), where: piece.targetCondition,
                    includingChildren: subject.targetHasChildren,
                    countOnly: countsOnly, on: connection)
            }
        }
        return try await PieceComparison(
            table: piece.table, piece: piece.number, pieces: piece.count, source: there, target: here)
    }

    /// Finds the rows that make a piece differ.
    /// - Parameter limit: how many are named at most.
    package func differences(_ subject: Subject, limit: Int = 20) async throws -> DifferenceReport {
        let table = try await read(subject)
        let piece = subject.piece
        var finder = DifferenceFinder(table: table, limit: limit)
        // A session's transaction outlives the closure that begins it.
        try await source.run { connection in try Self.begin(connection, subject, snapshot) }
        try await target.run { connection in try Self.begin(connection, nil, nil) }
        do {
            while let query = finder.nextQuery() {
                let there = query.sql(
                    table, where: piece.sourceCondition, includingChildren: subject.sourceHasChildren,
                    isChunked: piece.isChunked)
                let here = query.sql(
                    table.named(piece.targetTable), where: piece.targetCondition,
                    includingChildren: subject.targetHasChildren)
                async let thereRows = source.run { try DifferenceFinder.rows(there, on: $0) }
                async let hereRows = target.run { try DifferenceFinder.rows(here, on: $0) }
                try await finder.answer(source: thereRows, target: hereRows)
            }
            try await source.run { try $0.execute("commit") }
            try await target.run { try $0.execute("commit") }
        } catch {
            await source.close()
            await target.close()
            throw error
        }
        return finder.report
    }

    private func read(_ subject: Subject) async throws -> ComparedTable {
        try await source.run { try ComparedTable.read(subject.piece.table, on: $0) }
    }

    private static func inSource<R>(
        _ connection: Connection, _ subject: Subject, _ snapshot: String?, _ body: () throws -> R,
    ) throws -> R {
        try begin(connection, subject, snapshot)
        return try end(connection, body)
    }

    private static func inTarget<R>(_ connection: Connection, _ body: () throws -> R) throws -> R {
        try begin(connection, nil, nil)
        return try end(connection, body)
    }

    /// Compiling the long expressions costs more than it saves, so JIT stays off.
    private static func begin(_ connection: Connection, _ subject: Subject?, _ snapshot: String?) throws {
        if connection.isInTransaction { try connection.execute("rollback") }
        let begin = "begin isolation level repeatable read read only; set local jit = off"
        do {
            if let subject, subject.piece.isChunked {
                let chunks = try SourceChunks.list([subject.piece], on: connection)
                try SourceChunks.lock(
                    connection, tables: [subject.piece.table], chunks: chunks,
                    begin: "\(begin); set local lock_timeout = '10s'")
            } else if let subject {
                // Before the snapshot, so that no TRUNCATE or rewrite comes in between (EXACTNESS.md, 3).
                try connection.execute(
                    "\(begin); set local lock_timeout = '10s'; lock table \(subject.lock) in access share mode")
            } else {
                try connection.execute(begin)
            }
            if let snapshot { try adopt(snapshot, connection) }
        } catch {
            if connection.isUp { try? connection.execute("rollback") }
            throw error
        }
    }

    private static func adopt(_ snapshot: String, _ connection: Connection) throws {
        do {
            try connection.execute("set transaction snapshot \(Piece.literal(snapshot))")
        } catch let error {
            if error.sqlState == nil || error.endsSession { throw error }
            throw SnapshotLost(id: snapshot)
        }
    }

    private static func end<R>(_ connection: Connection, _ body: () throws -> R) throws -> R {
        do {
            let value = try body()
            try connection.execute("commit")
            return value
        } catch {
            if connection.isUp, connection.isInTransaction { try? connection.execute("rollback") }
            throw error
        }
    }
}

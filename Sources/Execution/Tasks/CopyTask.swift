private import Faults
private import PlanFile
package import Planning
internal import Postgres

/// Copies one piece: read in its own short transaction on the source, written with its "done" in one transaction on the
/// target, so that it is copied exactly once or not at all.
package enum CopyTask {
    package static func run(_ piece: Piece, _ scope: TaskScope) throws -> TaskOutcome {
        guard let snapshot = scope.snapshot else { throw SnapshotLost(id: "") }
        let source = try scope.ends.source()
        let outcome = try SourceReading.transaction(source, under: snapshot, locking: piece) {
            try scope.inTransaction(generation: snapshot.generation) { target in
                let moved = try move(piece, from: source, to: target, scope, isFrozen: piece.mayFreeze && !scope.isRedo)
                FaultPoint.copyMoved.pass()
                return TaskOutcome(rows: moved.rows, bytes: moved.bytes)
            }
        }
        FaultPoint.copyCommitted.pass()
        return outcome
    }

    /// Copies the rows that the open transaction on the source sees into the open transaction on the target.
    /// - Parameter isFrozen: empties the table first; for tables of one piece alone.
    static func move(
        _ piece: Piece, from source: Connection, to target: Connection, _ scope: TaskScope, isFrozen: Bool,
    ) throws -> CopyResult {
        try move(piece, from: source, to: target, scope.context, scope.meter, isFrozen: isFrozen)
    }

    static func move(
        _ piece: Piece, from source: Connection, to target: Connection, _ context: RunContext, _ meter: CopyMeter,
        isFrozen: Bool,
    ) throws -> CopyResult {
        // Checks and generated columns are evaluated as rows come in.
        try target.execute("\(Self.silence); \(ExpressionPath.own)")
        // Truncated and filled in one transaction, rows may be written frozen: no later vacuum rewrites them.
        if isFrozen { try target.execute("truncate only \(piece.targetTable.sql)") }
        do throws(PostgresError) {
            return try CopyPump.run(
                from: source, copyOut(piece), to: target, copyIn(piece, isFrozen: isFrozen), copied: meter.bytes)
        } catch {
            throw explained(error, piece, context)
        }
    }

    /// TimescaleDB says only that a time is out of range, not whose.
    private static func explained(_ error: PostgresError, _ piece: Piece, _ context: RunContext) -> PostgresError {
        guard case .server(var refusal) = error, refusal.sqlState == "22008",
            let hypertable = context.hypertables.first(where: { $0.table == piece.targetTable })
        else { return error }
        let column = QualifiedName.quoted(hypertable.timeColumn)
        refusal.message += ": a hypertable holds neither -infinity nor times close to the ends of their range"
        refusal.schema = piece.table.schema
        refusal.table = piece.table.name
        refusal.column = hypertable.timeColumn
        refusal.hint =
            "correct the rows that `select min(\(column)), max(\(column)) from \(piece.table.sql)` points to on the "
            + "source, or leave the table out of `hypertables`; then start over with --drop-if-exists"
        return .server(refusal)
    }

    /// Triggers and foreign keys stay silent while rows are moved. Never while DDL runs: TimescaleDB hands constraints
    /// on to its chunks by an event trigger, which this silences too, so that a hypertable's key would be on none.
    static let silence = "set local session_replication_role = replica"

    /// `COPY table` reads the table alone, as `select … from only` does, and saves the executor. A hypertable is read with
    /// its chunks, compressed or not.
    static func copyOut(_ piece: Piece) -> String {
        if piece.isChunked {
            let columns = piece.columns.map(QualifiedName.quoted).joined(separator: ", ")
            let condition = piece.condition.map { " where \($0)" } ?? ""
            return "copy (select \(columns) from \(piece.table.sql)\(condition)) to stdout (format \(format(piece)))"
        }
        guard let condition = piece.condition else {
            return "copy \(piece.table.sql)\(columnList(piece)) to stdout (format \(format(piece)))"
        }
        let columns = piece.columns.map(QualifiedName.quoted).joined(separator: ", ")
        return
            "copy (select \(columns) from only \(piece.table.sql) where \(condition)) to stdout (format \(format(piece)))"
    }

    static func copyIn(_ piece: Piece, isFrozen: Bool) -> String {
        let freeze = isFrozen ? ", freeze" : ""
        return "copy \(piece.targetTable.sql)\(columnList(piece)) from stdin (format \(format(piece))\(freeze))"
    }

    /// No list where there are no columns: SQL has no empty one, and none means all that are not generated.
    private static func columnList(_ piece: Piece) -> String {
        piece.columns.isEmpty ? "" : " (\(piece.columns.map(QualifiedName.quoted).joined(separator: ", ")))"
    }

    private static func format(_ piece: Piece) -> String { piece.isBinary ? "binary" : "text" }
}

internal import PlanFile
internal import Planning
internal import Postgres

/// Emptying tables on the target, within a transaction that fills them again.
enum RowRemoval {
    /// Truncates where that goes: not while others write to the table, nor where foreign keys point to it.
    /// - Parameter isParent: whether the rows are in children of the table: a hypertable's chunks.
    static func all(of table: QualifiedName, isParent: Bool, _ target: Connection) throws {
        let only = isParent ? "" : "only "
        do {
            try target.savepoint {
                try target.execute("set local lock_timeout = '1s'; truncate \(only)\(table.sql)")
                try target.execute("set local lock_timeout = 0")
            }
        } catch let error as PostgresError where ["55P03", "0A000"].contains(error.sqlState) {
            try target.execute("delete from \(only)\(table.sql)")
        }
    }

    static func rows(of piece: Piece, isParent: Bool, _ target: Connection) throws {
        let table = piece.targetTable
        guard let condition = piece.targetCondition else { return try all(of: table, isParent: isParent, target) }
        try target.execute("delete from \(isParent ? "" : "only ")\(table.sql) where \(condition)")
    }
}

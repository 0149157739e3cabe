private import PlanFile
package import Postgres

/// What one server says of a piece's rows.
package struct TableChecksum: Sendable, Equatable, Codable {
    package var rows: Int64
    /// The sum of the rows' 64-bit hashes, as a decimal number: the same in every order, and different when a row is
    /// there twice. Nil where only rows were counted.
    package var sum: String?

    package init(rows: Int64, sum: String?) {
        self.rows = rows
        self.sum = sum
    }

    /// One row: the number of rows and the sum. The server may run it in parallel (`sum(bigint)` adds in 128 bits).
    /// - Parameters:
    ///   - condition: of the piece; nil for all rows.
    ///   - includingChildren: for hypertables and partitioned tables, whose own heap is empty.
    static func query(_ table: ComparedTable, where condition: String?, includingChildren: Bool) -> String {
        "select count(*), coalesce(sum(\(table.rowHash)), 0) "
            + source(table, where: condition, includingChildren: includingChildren)
    }

    static func source(_ table: ComparedTable, where condition: String?, includingChildren: Bool) -> String {
        "from \(includingChildren ? "" : "only ")\(table.name.sql)" + (condition.map { " where (\($0))" } ?? "")
    }

    /// Computes it in the caller's transaction.
    package static func compute(
        _ table: ComparedTable, where condition: String?, includingChildren: Bool, countOnly: Bool = false,
        on connection: Connection,
    ) throws(PostgresError) -> TableChecksum {
        if countOnly {
            let source = source(table, where: condition, includingChildren: includingChildren)
            let rows = try connection.scalar("select count(*) \(source)")
            return TableChecksum(rows: rows.flatMap { Int64($0) } ?? 0, sum: nil)
        }
        return TableChecksum(
            try connection.query(query(table, where: condition, includingChildren: includingChildren)))
    }

    /// Which rows are looked at.
    package struct Rows {
        var table: ComparedTable
        var condition: String?
        var includesChildren: Bool
    }

    /// Computes it on both sides at the same time, each in the caller's transaction there.
    package static func computeBoth(
        source there: Rows, target rows: Rows, _ source: Connection, _ target: Connection,
    ) throws(PostgresError) -> (there: TableChecksum, here: TableChecksum) {
        try source.send(query(there.table, where: there.condition, includingChildren: there.includesChildren))
        let here: TableChecksum
        do throws(PostgresError) {
            here = try compute(
                rows.table, where: rows.condition, includingChildren: rows.includesChildren, on: target)
        } catch {
            source.abandon()
            throw error
        }
        return (TableChecksum(try source.answer()), here)
    }

    private init(_ rows: ResultSet) {
        self.init(rows: rows[0, 0].flatMap { Int64($0) } ?? 0, sum: rows[0, 1])
    }
}

package import PlanFile
private import Planning
package import Postgres

/// What the state says of a cutover's times and end. Works in the caller's transaction.
package struct CutoverLog {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, _ migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    private var id: String { String(migration) }

    /// Nil while the gate is closed.
    package func fence() throws -> Plan.Cutover.Fence? {
        try connection.scalar("select fence from skein.cutover where migration = $1", [id])
            .flatMap { Plan.Cutover.Fence(rawValue: $0) }
    }

    /// A cutover as its completion sees it.
    struct Open: Sendable, Equatable {
        var fence: Plan.Cutover.Fence
        var requested: String
        var lateChanges: Int64?
    }

    /// Locks the cutover until the transaction ends, so that nobody withdraws it meanwhile.
    /// - Returns: nil where it was withdrawn.
    func hold() throws -> Open? {
        let rows = try connection.query(
            """
            select fence, requested, late_changes from skein.cutover
            where migration = $1 and not abandoned for update
            """, [id])
        guard rows.count == 1, let fence = Plan.Cutover.Fence(rawValue: rows.text(0, 0)) else { return nil }
        return Open(fence: fence, requested: rows.text(0, 1), lateChanges: rows[0, 2].flatMap { Int64($0) })
    }

    /// - Parameter tasks: numbers of those behind the gate.
    func times(_ tasks: [Int]) throws -> CutoverTimes {
        let times = try connection.query(
            """
            select extract(epoch from requested), extract(epoch from fenced), extract(epoch from marked),
                extract(epoch from drained), extract(epoch from clock_timestamp())
            from skein.cutover where migration = $1
            """, [id])
        let spans = try connection.query(
            """
            select split_part(id, ':', 1), extract(epoch from started), extract(epoch from finished)
            from skein.task
            where migration = $1 and number = any ($2::integer[]) and state = 'done' and started is not null
            """, [id, PostgresArray.literal(tasks.map(String.init))])
        return CutoverTimes(
            requested: times.double(0, 0) ?? 0, fenced: times.double(0, 1), marked: times.double(0, 2),
            drained: times.double(0, 3), now: times.double(0, 4) ?? 0,
            spans: spans.indices.map { row in
                CutoverTimes.Span(
                    kind: spans.text(row, 0), start: spans.double(row, 1) ?? 0, end: spans.double(row, 2) ?? 0)
            })
    }

    func warnings(_ tasks: [Int]) throws -> [String] {
        let rows = try connection.query(
            """
            select warning from skein.task
            where migration = $1 and number = any ($2::integer[]) and warning is not null order by number
            """, [id, PostgresArray.literal(tasks.map(String.init))])
        return rows.indices.map { rows.text($0, 0) }
    }

    func complete(_ report: CutoverReport) throws {
        try connection.query(
            "update skein.cutover set completed = clock_timestamp(), report = $2 where migration = $1",
            [id, try StateStore.encode(report)])
    }

    /// Nil while there is none.
    package func report() throws -> CutoverReport? {
        let text = try connection.scalar("select report from skein.cutover where migration = $1", [id])
        return try text.map { try StateStore.decode($0) }
    }

    /// Withdraws a cutover that is not complete. Harmless when there is none.
    /// - Returns: whether there is one to be undone.
    /// - Throws: `CutoverIsComplete`.
    package func abandon() throws -> Bool {
        let updated = try connection.query(
            "update skein.cutover set abandoned = true where migration = $1 and completed is null", [id])
        if updated.affectedRows > 0 { return true }
        if try connection.scalar("select true from skein.cutover where migration = $1", [id]) != nil {
            throw CutoverIsComplete()
        }
        return false
    }

    /// The gate is closed again: last of all when a cutover is undone.
    func remove() throws {
        try connection.query("delete from skein.cutover where migration = $1 and completed is null", [id])
    }
}

/// What is complete cannot be withdrawn: the application may write to the target by now.
package struct CutoverIsComplete: Error, Sendable, CustomStringConvertible {
    package var description: String { "the cutover is complete, and cannot be withdrawn any more" }
}

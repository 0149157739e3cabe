package import PlanFile
package import Postgres

/// A cutover under way, as the state has it.
package struct CutoverRecord: Sendable, Equatable {
    package var requested: String
    package var isAbandoned: Bool
    package var fence: Plan.Cutover.Fence
    /// How long open transactions are waited for, seconds.
    package var waitSeconds: Double
    /// What the fence changed on the source; nil where it has changed nothing.
    package var fenceBefore: FenceBefore?
    /// Text of timestamps, UTC.
    package var fenced: String?
    package var marked: String?
    package var drained: String?
    package var completed: String?
    package var lateChanges: Int64?
}

/// The state's row of a migration's cutover; there is none while the gate is closed.
package struct CutoverStore {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    private var id: String { String(migration) }

    package func record() throws -> CutoverRecord? {
        let rows = try connection.query(Self.selectRecord, [id])
        guard rows.count > 0 else { return nil }
        guard let fence = Plan.Cutover.Fence(rawValue: rows.text(0, 2)) else {
            throw StateError.unexpected("a fence called \(rows.text(0, 2))")
        }
        return CutoverRecord(
            requested: rows.text(0, 0), isAbandoned: rows.bool(0, 1), fence: fence,
            waitSeconds: rows.double(0, 3) ?? 0, fenceBefore: try rows[0, 4].map { try StateStore.decode($0) },
            fenced: rows[0, 5], marked: rows[0, 6], drained: rows[0, 7], completed: rows[0, 8],
            lateChanges: rows[0, 9].flatMap { Int64($0) })
    }

    private static let selectRecord = """
        select requested, abandoned, fence, wait_seconds, fence_before, fenced, marked, drained, completed, late_changes
        from skein.cutover where migration = $1
        """

    /// Opens the gate. Harmless when it is open.
    package func request(fence: Plan.Cutover.Fence, waitSeconds: Double) throws {
        try connection.query(
            """
            insert into skein.cutover (migration, fence, wait_seconds) values ($1, $2, $3)
            on conflict (migration) do nothing
            """, [id, fence.rawValue, String(waitSeconds)])
        try connection.query("update skein.stream set refusal = null where migration = $1", [id])
    }

    /// Withdraws it because the source cannot be fenced as it stands, and keeps the reason for who waits.
    package func refuse(_ reason: String) throws {
        try connection.query(
            "update skein.cutover set abandoned = true where migration = $1 and completed is null", [id])
        try connection.query("update skein.stream set refusal = $2 where migration = $1", [id, reason])
    }

    /// Why the last one was refused.
    package func refusal() throws -> String? {
        try connection.scalar("select refusal from skein.stream where migration = $1", [id])
    }

    /// Keeps what is recorded already: that is how it was before us.
    package func setFenceBefore(_ before: FenceBefore) throws {
        try connection.query(
            "update skein.cutover set fence_before = coalesce(fence_before, $2) where migration = $1",
            [id, try StateStore.encode(before)])
    }

    package func setFenced() throws {
        try connection.query(
            "update skein.cutover set fenced = coalesce(fenced, clock_timestamp()) where migration = $1", [id])
    }

    /// What the fence had changed is as it was.
    package func clearFence() throws {
        try connection.query(
            "update skein.cutover set fence_before = null, fenced = null where migration = $1", [id])
    }
}

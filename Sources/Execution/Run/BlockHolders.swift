internal import PlanFile
internal import Postgres
private import Synchronization

/// The transactions of this process that hold block pieces' snapshots open, one a table, each for as long as its table
/// is copied. They die with the process; the next one finds the snapshot dead.
package final class BlockHolders: Sendable {
    /// One for the process: any link's thread exports and releases.
    package static let process = BlockHolders()

    private struct Key: Hashable {
        var state: [String: String]
        var migration: Int64
        var table: UInt32
    }
    /// A session with a transaction that nobody touches any more until it is ended.
    final class Holder: Sendable {
        private let connection: Mutex<Connection>
        let pid: Int
        fileprivate init(_ connection: consuming sending Connection) {
            pid = connection.backendPID
            self.connection = Mutex(connection)
        }
    }
    private let holders = Mutex<[Key: Holder]>([:])

    /// How holders are called in the source's `pg_stat_activity`.
    static func applicationName(_ context: RunContext) -> String { context.applicationName("block-snapshot") }

    private static func key(_ context: RunContext, _ table: UInt32) -> Key {
        Key(state: context.target.parameters, migration: context.migration, table: table)
    }

    /// Locks the table, takes a snapshot that the slot's allows, exports it, and keeps its transaction open.
    /// - Throws: as `LockedReading` does.
    func export(
        _ table: QualifiedName, oid: UInt32, for slot: SlotRecord, _ context: RunContext,
    ) throws -> (BlockSnapshot, Holder) {
        let source = try Connection(context.source, applicationName: Self.applicationName(context))
        let snapshot = try LockedReading.begin(source, locking: [table], .covering(slot.snapshot))
        guard let id = try source.scalar("select pg_catalog.pg_export_snapshot()") else {
            throw StateError.unexpected("the source exports no snapshot")
        }
        let holder = Holder(source)
        let exported = BlockSnapshot(
            generation: 1, slotGeneration: slot.generation, id: id, snapshot: snapshot, holderPID: holder.pid)
        return (exported, holder)
    }

    /// Keeps the holder of a snapshot that is recorded, until the table is copied.
    func keep(_ holder: Holder, _ table: UInt32, _ context: RunContext) {
        let key = Self.key(context, table)
        let before = holders.withLock { $0.updateValue(holder, forKey: key) }
        withExtendedLifetime(before) {}
    }

    /// Ends the transaction of this process that holds the table's snapshot, where there is one.
    func release(_ table: UInt32, _ context: RunContext) {
        let key = Self.key(context, table)
        // Disconnecting is not done under the lock.
        let holder = holders.withLock { $0.removeValue(forKey: key) }
        withExtendedLifetime(holder) {}
    }

    /// Ends all of this process that belong to the migration.
    package func releaseAll(_ context: RunContext) {
        let (state, migration) = (context.target.parameters, context.migration)
        let ended = holders.withLock { holders in
            let ours = holders.filter { $0.key.state == state && $0.key.migration == migration }
            for key in ours.keys { holders[key] = nil }
            return ours
        }
        withExtendedLifetime(ended) {}
    }

    /// Ends a holder that another process of this migration left behind or does not know to be of no use any more.
    /// - Parameter pid: nil ends all of them.
    static func end(pid: Int?, _ source: Connection, _ context: RunContext) throws {
        try source.query(
            """
            select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where application_name = $1 and datname = current_database() and pid = coalesce($2::integer, pid)
                and pid <> pg_catalog.pg_backend_pid()
            """, [Connection.shortened(applicationName(context)), pid.map(String.init)])
    }
}

internal import LogicalDecoding
internal import Postgres

/// What the follower reads and writes of the state, but for progress, which belongs to the applier.
struct FollowStore {
    private let connection: Connection
    private let migration: Int64

    init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    /// Where the slowest worker of all lanes stands; nil before anything was applied.
    func slowestPosition() throws -> LSN? {
        try connection.scalar(
            "select min(position) from skein.apply_progress where migration = $1", [String(migration)]
        ).flatMap { LSN($0) }
    }

    /// Becomes the one process that receives and applies, for as long as the session lives.
    func lock() throws -> Bool {
        try connection.scalar(
            "select pg_catalog.pg_try_advisory_lock($1, $2)",
            [String(StateSchema.followerLockClass(migration)), String(migration % 0x7FFF_FFFF)]) == "t"
    }

    /// Whether any process holds it.
    func isFollowed() throws -> Bool {
        try connection.scalar(
            """
            select true from pg_catalog.pg_locks l
            where l.locktype = 'advisory' and l.classid = $1::bigint::oid and l.objsubid = 2 and l.granted
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
            limit 1
            """, [String(StateSchema.followerLockClass(migration))]) == "t"
    }

    /// Whether this very session still holds the lock.
    func isLocked() throws -> Bool {
        try connection.scalar(
            """
            select true from pg_catalog.pg_locks
            where locktype = 'advisory' and classid = $1::oid and pid = pg_catalog.pg_backend_pid() and granted
            """, [String(StateSchema.followerLockClass(migration))]) == "t"
    }

    /// The second marker of a cutover, once it is to be written; nil before, and when it was counted.
    func endMarker() throws -> String? {
        try connection.scalar(
            "select end_marker from skein.cutover where migration = $1 and late_changes is null and not abandoned",
            [String(migration)])
    }

    func store(_ status: FollowStatus) throws {
        try connection.query(
            "update skein.stream set status = $2, status_time = clock_timestamp() where migration = $1",
            [String(migration), try StateStore.encode(status)])
    }

    /// What another process stored, and how long ago, seconds.
    func status() throws -> (status: FollowStatus, age: Double)? {
        let rows = try connection.query(
            """
            select status, extract(epoch from clock_timestamp() - status_time) from skein.stream
            where migration = $1 and status is not null
            """, [String(migration)])
        guard rows.count > 0 else { return nil }
        return (try StateStore.decode(rows.text(0, 0)), rows.double(0, 1) ?? 0)
    }

    /// Changes of followed tables that committed between the marker and the second one with this token, unless another
    /// was written meanwhile.
    func setLateChanges(_ count: Int64, upTo token: String) throws {
        try connection.query(
            "update skein.cutover set late_changes = $2 where migration = $1 and end_marker = $3",
            [String(migration), String(count), token])
    }
}

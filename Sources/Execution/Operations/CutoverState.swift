private import Planning
internal import Postgres

/// What the state says of a migration's cutover to those who do not run it.
struct CutoverState {
    private let target: Connection
    private let migration: Int64

    init(_ target: Connection, _ migration: Int64) {
        self.target = target
        self.migration = migration
    }

    /// Whether a live session holds the lock of whoever receives and applies.
    func isFollowed() throws -> Bool {
        try target.scalar(
            """
            select true from pg_catalog.pg_locks l
            where l.locktype = 'advisory' and l.classid = \(StateSchema.followerLockClass(migration)) and l.objsubid = 2
                and l.granted
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
            limit 1
            """) != nil
    }

    /// - Returns: where it stands, or what its readiness follows from, while the gate is closed.
    func look() throws -> (CutoverOperation.Standing?, CutoverReadiness.Facts?) {
        let rows = try target.query(Self.select, [String(migration)])
        guard rows.count > 0 else { return (.notStarted, nil) }
        let isFollowed = try isFollowed()
        switch rows.text(0, 0) {
        case "completed":
            if let report = try CutoverLog(target, migration).report() { return (.completed(report), nil) }
            return (.open(isFollowed: isFollowed), nil)
        case "open": return (.open(isFollowed: isFollowed), nil)
        case "abandoned": return (.withdrawn(isFollowed: isFollowed), nil)
        default: break
        }
        let facts = CutoverReadiness.Facts(
            records: try TaskStore(target, migration: migration).all(),
            status: try rows[0, 1].map { try StateStore.decode($0) }, statusAge: rows.double(0, 2),
            isFollowed: isFollowed, broken: rows[0, 3])
        return (nil, facts)
    }

    private static let select = """
        select case when c.migration is null then 'closed' when c.completed is not null then 'completed'
                when c.abandoned then 'abandoned' else 'open' end,
            s.status, extract(epoch from clock_timestamp() - s.status_time), s.broken
        from skein.migration m
        left join skein.stream s on s.migration = m.id
        left join skein.cutover c on c.migration = m.id
        where m.id = $1
        """
}

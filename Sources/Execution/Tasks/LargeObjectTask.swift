private import Planning
internal import Postgres

/// Copies large objects with their OIDs and comments. Read in chunks, so that one of 4 TB needs no more memory than one
/// of a megabyte; many small ones travel together.
package enum LargeObjectTask {
    /// Bytes that each object of a batch sends first: with a batch's number of objects, what memory holds.
    private static let head = 16 << 10
    /// Bytes of one object that travel at once afterwards.
    private static let chunk = 1 << 20
    private static let batch = 200

    package static func run(first: UInt32, end: UInt32?, _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try reading(source, scope) {
            try scope.inTransaction(generation: scope.snapshot?.generation) { target in
                // The objects of a cutover that was given up.
                if scope.context.isLive { try remove([scope.number], migration: scope.context.migration, target) }
                var (copied, bytes, next): (Int64, Int64, UInt64) = (0, 0, UInt64(first))
                while true {
                    let rows = try source.query(
                        readBatch, [String(next), end.map { String($0) }, String(batch), String(head)])
                    guard rows.count > 0 else { break }
                    let oids = rows.indices.map { rows.text($0, 0) }
                    try target.query(
                        "select pg_catalog.lo_from_bytea(o.oid, o.data) from unnest($1::oid[], $2::bytea[]) as o (oid, data)",
                        [PostgresArray.literal(oids), PostgresArray.literal(rows.indices.map { rows.text($0, 1) })])
                    try target.query(
                        "insert into skein.large_object select $1::bigint, $2::int, unnest($3::oid[])",
                        [String(scope.context.migration), String(scope.number), PostgresArray.literal(oids)])
                    for row in rows.indices {
                        var length = rows.int(row, 2) ?? 0
                        bytes += Int64(length)
                        var (offset, wanted) = (length, head)
                        while length == wanted {
                            length = try append(oids[row], at: offset, from: source, to: target)
                            offset += length
                            wanted = chunk
                            bytes += Int64(length)
                        }
                        if let comment = rows[row, 3] {
                            try target.execute("comment on large object \(oids[row]) is \(Piece.literal(comment))")
                        }
                    }
                    copied += Int64(rows.count)
                    next = (oids.last.flatMap { UInt64($0) } ?? UInt64(UInt32.max)) + 1
                }
                return TaskOutcome(rows: copied, bytes: bytes)
            }
        }
    }

    /// Offline, under the run's snapshot; live, behind the drain, what is there now: large objects are in no stream.
    private static func reading<R>(_ source: Connection, _ scope: TaskScope, _ body: () throws -> R) throws -> R {
        if let snapshot = scope.snapshot { return try SourceReading.transaction(source, under: snapshot, body) }
        guard scope.context.isLive else { throw SnapshotLost(id: "") }
        return try source.transaction("begin isolation level repeatable read read only", body)
    }

    /// Removes what these tasks made.
    static func remove(_ tasks: [Int], migration: Int64, _ target: Connection) throws {
        try target.query(removal, [String(migration), PostgresArray.literal(tasks.map(String.init))])
    }

    /// Removes what the whole migration made.
    static func removeAll(migration: Int64, _ target: Connection) throws {
        try target.query(removal, [String(migration), nil])
    }

    /// An object that the user has removed meanwhile is no error.
    private static let removal = """
        with made as (
            delete from skein.large_object
            where migration = $1 and ($2::int[] is null or task = any ($2::int[])) returning oid)
        select pg_catalog.lo_unlink(m.oid) from made join pg_catalog.pg_largeobject_metadata m using (oid)
        """

    /// - Returns: how many bytes the chunk had.
    private static func append(
        _ oid: String, at offset: Int, from source: Connection, to target: Connection,
    ) throws -> Int {
        let rows = try source.query(
            "select d, length(d) from pg_catalog.lo_get($1::oid, $2::bigint, $3::int) as d",
            [oid, String(offset), String(chunk)])
        let length = rows.int(0, 1) ?? 0
        if length > 0 {
            try target.query(
                "select pg_catalog.lo_put($1::oid, $2::bigint, $3::bytea)", [oid, String(offset), rows.text(0, 0)])
        }
        return length
    }

    private static let readBatch = """
        select m.oid, d, length(d), pg_catalog.obj_description(m.oid, 'pg_largeobject')
        from (
            select oid from pg_catalog.pg_largeobject_metadata
            where oid::bigint >= $1::bigint and ($2::bigint is null or oid::bigint < $2::bigint)
            order by oid limit $3::int) m,
            pg_catalog.lo_get(m.oid, 0, $4::int) as d
        order by m.oid
        """
}

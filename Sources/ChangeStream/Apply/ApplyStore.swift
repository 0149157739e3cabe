package import LogicalDecoding
package import Postgres

/// How far each worker of a lane is: what `skein.apply_progress` holds.
package struct WorkerProgress: Sendable, Equatable {
    package var worker: Int
    package var position: LSN
    package var workers: Int
    package var hashVersion: Int
    /// Tables whose changes went to one worker, by their oids on the source.
    package var pinned: Set<UInt32>
}

/// Reads a lane's progress; empty where there is none yet.
package func readProgress(_ connection: Connection, migration: Int64, lane: Int) throws -> [WorkerProgress] {
    let rows = try connection.query(ApplyStore.progress, [String(migration), String(lane)])
    return rows.indices.map { row in
        WorkerProgress(
            worker: rows.int(row, 0) ?? 0, position: LSN(rows.text(row, 1)) ?? LSN(rawValue: 0),
            workers: rows.int(row, 2) ?? 1, hashVersion: rows.int(row, 3) ?? 0,
            pinned: Set(rows.array(row, 4).compactMap { UInt32($0) }))
    }
}

/// How changes are spread over workers, and what each of them has applied.
struct Routing: Sendable, Equatable {
    var positions: [LSN]
    var pinned: Set<UInt32>

    var isLevel: Bool { positions.allSatisfy { $0 == positions[0] } }
    var least: LSN { positions.min() ?? LSN(rawValue: 0) }
}

/// The lane's rows in schema `skein`.
enum ApplyStore {
    static let progress = """
        select worker, position, workers, hash_version, pinned from skein.apply_progress
        where migration = $1 and lane = $2 order by worker
        """

    /// Where the expected positions are no longer there, another process has moved them, and no row is touched.
    static let advance = """
        update skein.apply_progress p
        set position = $3::pg_lsn,
            committed = '2000-01-01 00:00:00+00'::timestamptz + $4::bigint * interval '1 microsecond',
            transactions = transactions + $5, changes = changes + $6, updated = clock_timestamp()
        from unnest($7::integer[], $8::pg_lsn[]) as e(worker, position)
        where p.migration = $1 and p.lane = $2 and p.worker = e.worker and p.position = e.position
        """

    static let flushed = "select pg_catalog.pg_current_wal_insert_lsn(), pg_catalog.pg_current_wal_flush_lsn()"

    private static let remove = "delete from skein.apply_progress where migration = $1 and lane = $2"
    private static let add = """
        insert into skein.apply_progress (migration, lane, worker, workers, hash_version, pinned, position, committed,
            transactions, changes)
        select $1, $2, w, $3, $4, $5::oid[], $6::pg_lsn, $7::timestamptz,
            case w when 0 then $8::bigint else 0 end, case w when 0 then $9::bigint else 0 end
        from generate_series(0, $3::integer - 1) w
        """
    private static let sums = """
        select max(committed), coalesce(sum(transactions), 0), coalesce(sum(changes), 0)
        from skein.apply_progress where migration = $1 and lane = $2
        """

    /// Spreads a lane anew. All its workers must stand at `position`.
    static func configure(
        _ connection: Connection, _ settings: ApplySettings, position: LSN, workers: Int, pinned: Set<UInt32>,
    ) throws {
        let lane: [String?] = [String(settings.migration), String(settings.lane)]
        try connection.transaction {
            let before = try connection.query(sums, lane)
            try connection.query(remove, lane)
            let oids = PostgresArray.literal(pinned.sorted().map(String.init))
            try connection.query(
                add,
                lane + [String(workers), String(KeyHash.version), oids, position.description]
                    + [before[0, 0], before[0, 1], before[0, 2]])
        }
    }

    /// Rows that were read again, by table.
    static func rereadRows(
        _ connection: Connection, migration: Int64,
    ) throws -> [UInt32: [RowKey: RereadRow]] {
        let rows = try connection.query(
            "select table_oid, row_key, watermark, insert_lsn from skein.row_watermark where migration = $1",
            [String(migration)])
        var found: [UInt32: [RowKey: RereadRow]] = [:]
        for row in rows.indices {
            guard let oid = rows.oid(row, 0), let watermark = Watermark(rows.text(row, 2)),
                let lsn = LSN(rows.text(row, 3))
            else { continue }
            let (key, values) = RowNote.parse(rows.text(row, 1))
            found[oid, default: [:]][key] = RereadRow(watermark: watermark, insertLSN: lsn, key: values)
        }
        return found
    }
}

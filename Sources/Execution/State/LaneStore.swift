package import LogicalDecoding
package import PlanFile
package import Postgres

/// Tables whose changes wait apart from the others, because they are copied again.
package struct Lane: Sendable, Equatable {
    /// From 1; 0 is everything else.
    package var number: Int
    /// Leaf tables, sorted.
    package var tables: [QualifiedName]
    /// Their changes are applied up to here.
    package var position: LSN
    /// False: frozen, the copy is still to be made and nothing of the lane may be applied.
    package var isCopied: Bool

    package init(number: Int, tables: [QualifiedName], position: LSN, isCopied: Bool) {
        self.number = number
        self.tables = tables
        self.position = position
        self.isCopied = isCopied
    }
}

/// A wish of the user's for copying a table again.
package struct ResyncWish: Sendable, Equatable {
    /// As it was asked for: a table, or a partition's root.
    package var table: QualifiedName
    /// Nil: not begun.
    package var lane: Int?
    package init(table: QualifiedName, lane: Int? = nil) {
        self.table = table
        self.lane = lane
    }
}

/// Reads and writes lanes and wishes, in the caller's transaction.
package struct LaneStore {
    private let connection: Connection
    private let migration: Int64

    package init(_ connection: Connection, migration: Int64) {
        self.connection = connection
        self.migration = migration
    }

    /// All but lane 0.
    package func all() throws -> [Lane] {
        let tables = try connection.query(
            "select lane, table_schema, table_name from skein.lane_table where migration = $1",
            [String(migration)])
        var lanes: [Int: [QualifiedName]] = [:]
        for row in tables.indices {
            let name = QualifiedName(schema: tables.text(row, 1), name: tables.text(row, 2))
            lanes[tables.int(row, 0) ?? 0, default: []].append(name)
        }
        let open = Set(try wishes().compactMap(\.lane))
        return try lanes.sorted { $0.key < $1.key }.map { number, tables in
            guard let position = try positions(lane: number).min() else {
                throw StateError.unexpected("lane \(number) has no position")
            }
            return Lane(
                number: number, tables: tables.sorted(), position: position, isCopied: !open.contains(number))
        }
    }

    package func wishes() throws -> [ResyncWish] {
        let rows = try connection.query(
            "select table_schema, table_name, lane from skein.resync where migration = $1 order by requested",
            [String(migration)])
        return rows.indices.map { row in
            ResyncWish(
                table: QualifiedName(schema: rows.text(row, 0), name: rows.text(row, 1)), lane: rows.int(row, 2))
        }
    }

    /// Where each worker of a lane stands.
    /// - Parameter isLocking: nobody applies anything of the lane until the transaction ends.
    package func positions(lane: Int, isLocking: Bool = false) throws -> [LSN] {
        let rows = try connection.query(
            """
            select position from skein.apply_progress where migration = $1 and lane = $2
            order by worker \(isLocking ? "for update" : "")
            """, [String(migration), String(lane)])
        return rows.indices.compactMap { LSN(rows.text($0, 0)) }
    }

    /// Begins a lane where lane 0 stands, with one worker.
    package func add(_ lane: Int, tables: [QualifiedName]) throws {
        try connection.query(
            """
            insert into skein.apply_progress (migration, lane, worker, workers, hash_version, position, committed)
            select migration, $2, 0, 1, hash_version, position, committed from skein.apply_progress
            where migration = $1 and lane = 0 order by worker limit 1
            """, [String(migration), String(lane)])
        try connection.query(
            """
            insert into skein.lane_table (migration, lane, table_schema, table_name)
            select $1, $2, * from unnest($3::text[], $4::text[])
            """,
            [
                String(migration), String(lane), PostgresArray.literal(tables.map(\.schema)),
                PostgresArray.literal(tables.map(\.name)),
            ])
    }

    package func remove(lane: Int) throws {
        for table in ["skein.lane_table", "skein.apply_progress"] {
            try connection.query(
                "delete from \(table) where migration = $1 and lane = $2", [String(migration), String(lane)])
        }
    }

    /// Wishes for copying a table again; nothing where that is wished already.
    package func wish(_ table: QualifiedName) throws {
        try connection.query(
            """
            insert into skein.resync (migration, table_schema, table_name) values ($1, $2, $3) on conflict do nothing
            """, [String(migration), table.schema, table.name])
    }

    /// The wish is being fulfilled in this lane.
    package func begin(_ wish: QualifiedName, lane: Int) throws {
        try connection.query(
            """
            update skein.resync set lane = $4 where migration = $1 and table_schema = $2 and table_name = $3
            """, [String(migration), wish.schema, wish.name, String(lane)])
    }

    /// Locks a lane's wishes.
    /// - Returns: false where there are none: its copy is done.
    package func lockWishes(lane: Int) throws -> Bool {
        try connection.query(
            "select from skein.resync where migration = $1 and lane = $2 for update",
            [String(migration), String(lane)]
        ).count > 0
    }

    package func fulfil(lane: Int) throws {
        try connection.query(
            "delete from skein.resync where migration = $1 and lane = $2", [String(migration), String(lane)])
    }

    /// A wish that nothing can be done about.
    package func forget(_ wish: QualifiedName) throws {
        try connection.query(
            "delete from skein.resync where migration = $1 and table_schema = $2 and table_name = $3",
            [String(migration), wish.schema, wish.name])
    }
}

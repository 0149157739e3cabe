private import FoundationEssentials
package import Planning
package import Postgres

/// Reads and writes schema `skein`. Every function runs in the caller's transaction, or in one of its own statement.
package struct StateStore {
    private let connection: Connection

    package init(_ connection: Connection) { self.connection = connection }

    /// Whether the database holds Skein's schema.
    /// - Throws: `StateError.unknownFormat` where another version of Skein wrote it.
    package func exists() throws -> Bool {
        guard try connection.scalar("select pg_catalog.to_regclass('skein.task')") != nil else { return false }
        let version = try connection.scalar("select version from skein.format").flatMap { Int($0) }
        guard version == StateSchema.formatVersion else { throw StateError.unknownFormat(version) }
        return true
    }

    /// Makes the schema where it is missing. Several processes may try at once.
    package func prepare() throws {
        try connection.query(
            "select pg_catalog.pg_advisory_xact_lock($1, 0)", [String(StateSchema.coordinationLockClass)])
        if try !exists() { try connection.execute(StateSchema.create) }
    }

    /// Names of the migrations that this database holds the state of.
    package func names() throws -> [String] {
        guard try exists() else { return [] }
        let rows = try connection.query("select name from skein.migration order by name")
        return rows.indices.map { rows.text($0, 0) }
    }

    // MARK: Migrations

    /// Nil where there is no migration of that name.
    package func migration(named name: String) throws -> MigrationRecord? {
        guard try exists() else { return nil }
        let rows = try connection.query(Self.selectMigration, [name])
        guard rows.count > 0 else { return nil }
        return MigrationRecord(
            id: Int64(rows.int(0, 0) ?? 0), uid: rows.text(0, 14), name: rows.text(0, 1), planHash: rows.text(0, 2),
            settings: try Self.decode(rows.text(0, 3)), source: try Self.decode(rows.text(0, 4)),
            target: try Self.decode(rows.text(0, 5)), decisions: try Self.decode(rows.text(0, 6)),
            snapshotID: rows[0, 7], snapshot: rows[0, 8], generation: rows.int(0, 9) ?? 0,
            writeCounters: rows[0, 10], started: rows.text(0, 11), finished: rows[0, 12],
            skeinVersion: rows.text(0, 13))
    }

    private static let selectMigration = """
        select id, name, plan_hash, settings, source, target, decisions, snapshot_id, snapshot, generation,
            write_counters, started, finished, skein_version, uid
        from skein.migration where name = $1
        """

    /// The fingerprint of the source's definitions as they were when the migration began.
    package func fingerprint(migration: Int64) throws -> Fingerprint? {
        let text = try connection.scalar("select fingerprint from skein.migration where id = $1", [String(migration)])
        return try text.map { try Self.decode($0) }
    }

    /// Stores a new migration and all its tasks.
    /// - Returns: its id.
    package func create(
        name: String, planHash: String, settings: [String: String], source: ServerIdentity, target: ServerIdentity,
        fingerprint: Fingerprint, graph: MigrationGraph, skeinVersion: String,
    ) throws -> Int64 {
        let decisions = Decisions(
            tables: graph.tables, jobs: graph.jobs, exclusions: graph.exclusions, following: graph.following,
            access: graph.access)
        let id = try connection.scalar(
            """
            insert into skein.migration
                (name, plan_hash, settings, source, target, decisions, skein_version, fingerprint)
            values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
            """,
            [
                name, planHash, try Self.encode(settings), try Self.encode(source), try Self.encode(target),
                try Self.encode(decisions), skeinVersion, try Self.encode(fingerprint),
            ])
        guard let id = id.flatMap({ Int64($0) }) else { throw StateError.unexpected("no id for a new migration") }
        for start in stride(from: 0, to: graph.tasks.count, by: 2_000) {
            let range = start..<min(start + 2_000, graph.tasks.count)
            let tasks = graph.tasks[range]
            try connection.query(
                Self.insertTasks,
                [
                    String(id), PostgresArray.literal(range.map(String.init)),
                    PostgresArray.literal(tasks.map(\.id)),
                    PostgresArray.literal(try tasks.map { try Self.encode($0.action) }),
                    PostgresArray.literal(tasks.map { PostgresArray.literal($0.needs.map(String.init)) }),
                    PostgresArray.literal(tasks.map(\.resource.rawValue)),
                    PostgresArray.literal(tasks.map { String($0.weight) }),
                ])
        }
        return id
    }

    private static let insertTasks = """
        insert into skein.task (migration, number, id, action, needs, resource, weight)
        select $1::bigint, t.number, t.id, t.action::jsonb, t.needs::integer[], t.resource, t.weight
        from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
            as t (number, id, action, needs, resource, weight)
        """

    /// Changes what may change between runs.
    package func update(migration: Int64, settings: [String: String], planHash: String) throws {
        try connection.query(
            "update skein.migration set settings = $2, plan_hash = $3 where id = $1",
            [String(migration), try Self.encode(settings), planHash])
    }

    /// A repair takes the source as it is now, on a new timeline perhaps, for the migration's.
    package func update(migration: Int64, source: ServerIdentity) throws {
        try connection.query(
            "update skein.migration set source = $2 where id = $1", [String(migration), try Self.encode(source)])
    }

    /// Marks the migration as finished, durably: unlike the tasks' commits, this one waits for its flush, and with it
    /// for theirs.
    package func finish(migration: Int64) throws {
        try connection.execute("set local synchronous_commit = on")
        // Comparisons that the plan no longer asks for.
        try connection.query(
            "delete from skein.task where migration = $1 and state <> 'done'", [String(migration)])
        try AccessStore(connection, migration: migration).takeBack()
        try connection.query(
            "update skein.migration set finished = clock_timestamp() where id = $1 and finished is null",
            [String(migration)])
    }

    /// Removes a migration's state, and the schema with the last one. Harmless when there is nothing.
    /// - Returns: whether there was anything.
    @discardableResult
    package func remove(migrationNamed name: String) throws -> Bool {
        guard try exists() else { return false }
        if let id = try connection.scalar("select id from skein.migration where name = $1", [name]) {
            try AccessStore(connection, migration: Int64(id) ?? 0).takeBack()
        }
        let removed = try connection.query("delete from skein.migration where name = $1", [name]).affectedRows
        if try connection.scalar("select count(*) from skein.migration") == "0" {
            // Only our own tables are in it, so `cascade` takes nothing of the user's.
            try connection.execute("set local client_min_messages = error; drop schema skein cascade")
        }
        return removed > 0
    }

    // MARK: Snapshots

    /// How many snapshots that saw different things there were.
    package func generation(migration: Int64) throws -> Int? {
        try connection.scalar("select generation from skein.migration where id = $1", [String(migration)])
            .flatMap { Int($0) }
    }

    /// Records the snapshot that pieces are read under from now on.
    /// - Parameter writeCounters: nil keeps those of the snapshot before, which saw the same.
    package func setSnapshot(
        migration: Int64, id: String, text: String, generation: Int, writeCounters: String?,
    ) throws {
        try connection.query(
            """
            update skein.migration
            set snapshot_id = $2, snapshot = $3, generation = $4, write_counters = coalesce($5, write_counters)
            where id = $1
            """,
            [String(migration), id, text, String(generation), writeCounters])
    }

    // MARK: Coding

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

/// What can be wrong with the state itself.
package enum StateError: Error, Sendable, Equatable {
    /// Written by a version of Skein that uses another format.
    case unknownFormat(Int?)
    case unexpected(String)
}

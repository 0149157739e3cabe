package import Postgres

/// The dump's entries in the state on the target, so that a run that goes on elsewhere or later restores the same
/// dump. Works in the caller's transaction.
package struct SchemaEntryStore: Sendable {
    package let migration: Int64

    package init(migration: Int64) { self.migration = migration }

    package static let ddl = """
        create table if not exists skein.schema_entry (
            migration bigint not null references skein.migration on delete cascade,
            seq int not null,
            dump_id int not null,
            catalog text not null,
            oid bigint not null,
            type text not null,
            schema text not null,
            name text not null,
            depends int[] not null,
            sql text not null,
            stage text not null,
            done boolean not null default false,
            primary key (migration, seq)
        );
        create index if not exists schema_entry_object on skein.schema_entry (migration, catalog, oid);
        """

    private static let insertion = """
        insert into skein.schema_entry
            (migration, seq, dump_id, catalog, oid, type, schema, name, depends, sql, stage)
        select $1::bigint, e.seq, e.dump_id, e.catalog, e.oid, e.type, e.schema, e.name, e.depends::int[], e.sql,
            e.stage
        from unnest($2::int[], $3::int[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[])
            as e (seq, dump_id, catalog, oid, type, schema, name, depends, sql, stage)
        """

    private static let columns = """
        e.seq, e.dump_id, e.catalog, e.oid, e.type, e.schema, e.name, e.depends, e.sql, e.stage
        """

    /// The first entry is always among them, however long it is.
    private static let batch = """
        select \(columns)
        from (
            select e.*, sum(octet_length(sql)) over (order by seq) - octet_length(sql) as before
            from (
                select * from skein.schema_entry
                where migration = $1 and stage = $2 and not done and seq > $3
                order by seq
                limit $4::int
            ) e
        ) e
        where e.before < $5::bigint
        order by e.seq
        """

    private static let byObject = """
        select \(columns) from skein.schema_entry e
        where e.migration = $1 and e.catalog = $2 and e.oid = $3
        order by e.seq
        """

    /// Stores entries, some hundred in each statement.
    package func insert(_ entries: [StagedEntry], on connection: Connection) throws(PostgresError) {
        var start = 0
        while start < entries.count {
            var (end, bytes) = (start, 0)
            while end < entries.count, end - start < 1000, bytes < 1 << 20 {
                bytes += entries[end].entry.sql.utf8.count
                end += 1
            }
            try insert(entries[start..<end], on: connection)
            start = end
        }
    }

    private func insert(_ entries: ArraySlice<StagedEntry>, on connection: Connection) throws(PostgresError) {
        func column(_ value: (StagedEntry) -> String) -> String { PostgresArray.literal(entries.map(value)) }
        try connection.query(
            Self.insertion,
            [
                String(migration),
                column { String($0.entry.sequence) },
                column { String($0.entry.dumpID) },
                column { $0.entry.catalog },
                column { String($0.entry.oid) },
                column { $0.entry.type },
                column { $0.entry.schema },
                column { $0.entry.name },
                column { "{" + $0.entry.dependencies.map(String.init).joined(separator: ",") + "}" },
                column { $0.entry.sql },
                column { $0.stage.rawValue },
            ])
    }

    /// The next entries of a stage that are not done, in the order of restoring; empty at the end.
    /// - Parameters:
    ///   - sequence: only entries behind this one; 0 for all.
    ///   - bytes: of SQL, about.
    package func batch(
        of stage: SchemaStage, after sequence: Int = 0, limit: Int = 200, bytes: Int = 1 << 20,
        on connection: Connection,
    ) throws(PostgresError) -> [StagedEntry] {
        Self.entries(
            try connection.query(
                Self.batch, [String(migration), stage.rawValue, String(sequence), String(limit), String(bytes)]))
    }

    /// The entries of one object: `find("pg_class", 16389)` for an index, `("pg_constraint", …)` for a key.
    package func find(
        _ catalog: String, _ oid: UInt32, on connection: Connection,
    ) throws(PostgresError) -> [StagedEntry] {
        Self.entries(try connection.query(Self.byObject, [String(migration), catalog, String(oid)]))
    }

    package func markDone(_ entries: [StagedEntry], on connection: Connection) throws(PostgresError) {
        try connection.query(
            "update skein.schema_entry set done = true where migration = $1 and seq = any ($2::int[])",
            [String(migration), PostgresArray.literal(entries.map { String($0.entry.sequence) })])
    }

    /// The entries of these stages are to be restored again.
    package func markUndone(_ stages: [SchemaStage], on connection: Connection) throws(PostgresError) {
        try connection.query(
            "update skein.schema_entry set done = false where migration = $1 and stage = any ($2::text[]) and done",
            [String(migration), PostgresArray.literal(stages.map(\.rawValue))])
    }

    /// Comments and labels are to be made again; doing so twice changes nothing.
    package func markCommentsUndone(of stage: SchemaStage, on connection: Connection) throws(PostgresError) {
        try connection.query(
            """
            update skein.schema_entry set done = false
            where migration = $1 and stage = $2 and done and type in ('COMMENT', 'SECURITY LABEL')
            """, [String(migration), stage.rawValue])
    }

    /// Forgets a dump, before another is stored.
    package func removeAll(on connection: Connection) throws(PostgresError) {
        try connection.query("delete from skein.schema_entry where migration = $1", [String(migration)])
    }

    private static func entries(_ rows: ResultSet) -> [StagedEntry] {
        rows.indices.map { row in
            StagedEntry(
                entry: DumpEntry(
                    sequence: rows.int(row, 0) ?? 0, dumpID: rows.int(row, 1) ?? 0, catalog: rows.text(row, 2),
                    oid: rows.oid(row, 3) ?? 0, dependencies: rows.array(row, 7).compactMap { Int($0) },
                    type: rows.text(row, 4), schema: rows.text(row, 5), name: rows.text(row, 6),
                    sql: rows.text(row, 8)),
                stage: SchemaStage(rawValue: rows.text(row, 9)) ?? .skip)
        }
    }
}

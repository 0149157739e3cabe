private import Faults
internal import LogicalDecoding
internal import PlanFile
internal import Postgres

#if canImport(Glibc)
    private import Glibc
#endif

/// Reads single rows again from the source, each under a snapshot of its own that hides nothing of what was consumed of
/// the stream (EXACTNESS.md, 15).
final class RowReader {
    private let settings: ApplySettings
    private let isResumed: Bool
    private let report: (ApplyEvent) -> Void
    private var pipeline: Pipeline?
    /// What was running when a resumed lane first read: transactions consumed before may be among these.
    private var earlier: Watermark?

    init(_ settings: ApplySettings, isResumed: Bool, report: @escaping (ApplyEvent) -> Void) {
        self.settings = settings
        self.isResumed = isResumed
        self.report = report
    }

    private static let snapshot = "select pg_catalog.pg_current_snapshot()"

    func read(
        _ table: AppliedTable, key: [StreamValue], consumed: Set<UInt32>,
    ) throws -> Translator.Reread {
        let pipeline = try connect()
        let connection = pipeline.connection
        if isResumed, earlier == nil { earlier = try connection.scalar(Self.snapshot).flatMap { Watermark($0) } }
        var hasWaited = false
        while true {
            if let found = try readOnce(pipeline, table, key, consumed) {
                FaultPoint.applyRowRead.pass()
                return found
            }
            if !hasWaited { report(.waitingForSource(table.name)) }
            hasWaited = true
            usleep(20_000)
        }
    }

    /// The hypertable that a relation of the source is a chunk of now.
    func hypertable(of chunk: QualifiedName) throws -> QualifiedName? {
        let rows = try connect().connection.query(Self.selectHypertable, [chunk.schema, chunk.name])
        return rows.count == 0 ? nil : QualifiedName(schema: rows.text(0, 0), name: rows.text(0, 1))
    }

    private static let selectHypertable = """
        select hypertable_schema, hypertable_name from timescaledb_information.chunks
        where chunk_schema = $1 and chunk_name = $2
        """

    /// Whether a relation of the source is anything else than a partitioned table, or gone.
    func holdsRows(_ name: QualifiedName) throws -> Bool {
        try connect().connection.scalar(Self.selectPartitioned, [name.schema, name.name]) == nil
    }

    private static let selectPartitioned = """
        select true from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2 and c.relkind = 'p'
        """

    /// What the source says now of a relation that holds rows: what it is a part of, by partitioning or inheritance, and
    /// what names its rows. Nil where it is gone.
    func part(_ name: QualifiedName) throws -> Translator.LaterPart? {
        let rows = try connect().connection.query(Self.selectPart, [name.schema, name.name])
        guard rows.count == 1 else { return nil }
        return Translator.LaterPart(
            root: QualifiedName(schema: rows.text(0, 0), name: rows.text(0, 1)),
            identity: rows[0, 2].map(PostgresArray.elements))
    }

    private static let selectPart = """
        with recursive up (oid, depth) as (
            select c.oid, 0 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = $2 and c.relkind <> 'p'
            union all
            select i.inhparent, u.depth + 1 from up u join pg_catalog.pg_inherits i on i.inhrelid = u.oid
        )
        select n.nspname, c.relname, (
            select case when t.relreplident <> 'f' then array(
                select a.attname::text from pg_catalog.pg_index x
                join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = any (x.indkey[0:x.indnkeyatts - 1])
                where x.indrelid = t.oid and x.indisvalid and x.indimmediate
                    and case t.relreplident when 'd' then x.indisprimary else x.indisreplident end) end
            from pg_catalog.pg_class t where t.oid = (select u.oid from up u where u.depth = 0))
        from up u
        join pg_catalog.pg_class c on c.oid = u.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        order by u.depth desc limit 1
        """

    private func connect() throws -> Pipeline {
        if let pipeline { return pipeline }
        let made = try Connection(
            settings.source, applicationName: settings.applicationName("read again"),
            settings: ["lock_timeout": "2000"])
        let pipeline = Pipeline(made)
        self.pipeline = pipeline
        return pipeline
    }

    /// Nil where the snapshot may not be used.
    private func readOnce(
        _ pipeline: Pipeline, _ table: AppliedTable, _ key: [StreamValue], _ consumed: Set<UInt32>,
    ) throws -> Translator.Reread? {
        let connection = pipeline.connection
        // The lock comes first, as LOCK takes no snapshot (EXACTNESS.md, 3).
        try connection.execute("begin isolation level repeatable read read only")
        defer { try? connection.execute("rollback") }
        let only = table.followed.chunks == nil ? "only " : ""
        try connection.execute("lock table \(only)\(table.followed.name.sql) in access share mode")
        guard let watermark = try connection.scalar(Self.snapshot).flatMap({ Watermark($0) }),
            consumed.allSatisfy({ watermark.sees($0) }), earlier.map({ watermark.hasEnded(allOf: $0) }) ?? true
        else { return nil }
        let insert = try connection.scalar("select pg_catalog.pg_current_wal_insert_lsn()").flatMap { LSN($0) }
        guard let insert else { return nil }
        try key.withParameters { parameters throws(PostgresError) in
            try pipeline.send(
                Self.query(table), types: table.key.map { Self.sourceType(table.columns[$0]) }, parameters,
                isCaptured: true)
        }
        let values = try pipeline.finish().captured.first ?? []
        // What is read may be lost in a crash of the source until it is flushed (EXACTNESS.md, 4).
        while let flushed = try connection.scalar("select pg_catalog.pg_current_wal_flush_lsn()").flatMap({ LSN($0) }),
            flushed < insert
        { usleep(5_000) }
        let isThere = !values.isEmpty
        return Translator.Reread(
            row: RereadRow(
                watermark: watermark, insertLSN: insert, key: isThere ? table.key.map { values[$0] ?? "" } : []),
            values: isThere ? values : nil)
    }

    /// Types of the source's own have other ids there.
    private static func sourceType(_ column: TargetTable.Column) -> UInt32 {
        column.typeOID < 16_384 ? column.typeOID : 0
    }

    private static func query(_ table: AppliedTable) -> String {
        let columns = table.columns.map { QualifiedName.quoted($0.name) + "::text" }.joined(separator: ", ")
        let condition = table.key.enumerated().map { number, column in
            "\(QualifiedName.quoted(table.columns[column].name)) = $\(number + 1)"
        }
        let only = table.followed.chunks == nil ? "only " : ""
        return "select \(columns) from \(only)\(table.followed.name.sql) where \(condition.joined(separator: " and "))"
    }
}

extension [StreamValue] {
    /// Lends values as the parameters of a statement.
    fileprivate func withParameters(
        _ body: (ParameterList) throws(PostgresError) -> Void,
    ) throws(PostgresError) {
        var arena = Arena()
        let cells = map { arena.keep($0) }
        try arena.withParameters(cells, body)
    }
}

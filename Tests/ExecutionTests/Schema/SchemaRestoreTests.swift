import Execution
import Foundation
import Planning
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("The schema, dumped and restored", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct SchemaRestoreTests {
    @Test("Every kind of object arrives on the same version as pg_dump wrote it")
    func sameVersion() async throws {
        let server = try TestServers.requireSource()
        try await withEverySchemaObject { source in
            try await TestServers.withScratchDatabase(on: server, prefix: "schema_same") { target in
                try await restoreSchema(of: source, on: target)
                let (before, after) = try await (plainDump(of: source), plainDump(of: target))
                #expect(!before.isEmpty)
                #expect(after == before.filter { !isLeftOut($0) })
            }
        }
    }

    @Test("Every kind of object arrives on a newer version as psql would have made it", arguments: SchemaTarget.all)
    func newerVersion(_ version: SchemaTarget) async throws {
        let server = try version.server
        try await withEverySchemaObject { source in
            try await TestServers.withScratchDatabase(on: server, prefix: "schema_ours") { ours in
                try await TestServers.withScratchDatabase(on: server, prefix: "schema_psql") { reference in
                    try await restoreSchema(of: source, on: ours)
                    try await restoreWithPsql(source, on: reference)
                    let (made, expected) = try await (definitions(in: ours), definitions(in: reference))
                    #expect(expected.count > 500)
                    #expect(Set(made).symmetricDifference(expected).sorted() == [])
                }
            }
        }
    }

    @Test("A refused entry is named, with the server's words")
    func refusal() async throws {
        try await TestServers.withScratchDatabase(on: TestServers.requireTarget(), prefix: "schema_refuse") { target in
            let batch = [
                StagedEntry.made(1, "TABLE", "public", "a", "create table public.a (i int);"),
                .made(2, "VIEW", "public", "v", "create view public.v as select nothing from public.a;"),
            ]
            try await TestServers.withConnection(to: target) { connection in
                let error = try #require(throws: SchemaRestoreError.self) {
                    try connection.transaction { try SchemaRestorer.run(batch, on: connection) }
                }
                #expect(error.entry == "VIEW public.v")
                #expect(error.error.sqlState == "42703")
                #expect(try connection.scalar("select to_regclass('public.a')") == nil)
            }
        }
    }

    @Test("Settings hold for their entry and are gone afterwards")
    func settings() async throws {
        let script = """
            SET default_table_access_method = "heap2";

            --
            -- TOC entry 2 (class 1259 OID 7)
            -- Name: b; Type: TABLE; Schema: public; Owner: -
            --

            CREATE TABLE "public"."b" ();

            SET default_table_access_method = "heap";

            --
            -- TOC entry 3 (class 1259 OID 8)
            -- Name: c; Type: TABLE; Schema: public; Owner: -
            --

            CREATE TABLE "public"."c" ();

            --
            -- PostgreSQL database dump complete
            --

            """
        let sql = "create access method heap2 type table handler heap_tableam_handler"
        try await TestServers.withScratchDatabase(
            on: TestServers.requireTarget(), prefix: "schema_set", sql: sql
        ) { target in
            var parser = DumpParser()
            try parser.consume(script.utf8)
            let staged = SchemaStaging.stage(try parser.finish(), exclusions: Exclusions())
            try await TestServers.withConnection(to: target) { connection in
                try connection.transaction { try SchemaRestorer.run(staged, on: connection) }
                let methods = try connection.query(
                    "select string_agg(amname, ' ' order by relname) from pg_class c join pg_am a on a.oid = relam "
                        + "where relname in ('b', 'c') and relkind = 'r'")
                #expect(methods[0, 0] == "heap2 heap")
            }
        }
    }
}

enum SchemaTarget: String, CaseIterable, Sendable {
    case target, target18
    static var all: [SchemaTarget] { TestServers.has18 ? allCases : [.target] }
    var server: ConnectionTarget {
        get throws { try self == .target ? TestServers.requireTarget() : TestServers.requireTarget18() }
    }
}

extension StagedEntry {
    static func made(
        _ sequence: Int, _ type: String, _ schema: String, _ name: String, _ sql: String, stage: SchemaStage = .preData,
    ) -> StagedEntry {
        StagedEntry(
            entry: DumpEntry(
                sequence: sequence, dumpID: sequence, catalog: "pg_class", oid: UInt32(sequence), type: type,
                schema: schema, name: name, sql: sql), stage: stage)
    }
}

// MARK: Databases and dumps

private func withEverySchemaObject(_ body: (ConnectionTarget) async throws -> Void) async throws {
    try await TestServers.withScratchDatabase(
        on: TestServers.requireSource(), prefix: "schema_every", sql: EverySchemaObject.batches, body)
}

/// Dumps, stages, stores, and restores from the store in the order of the tasks.
private func restoreSchema(of source: ConnectionTarget, on target: ConnectionTarget) async throws {
    try await TestServers.withConnection(to: target) { connection in
        try connection.execute(
            "create schema skein; create table skein.migration (id bigint primary key); "
                + "insert into skein.migration values (1);" + SchemaEntryStore.ddl)
        let version = connection.serverVersion
        let entries = try PgDump.run(
            sourceVersion: 150000, targetVersion: version, target: source, snapshot: nil, excludedSchemas: [],
            applicationName: "skein/test/dump-schema")
        let staged = SchemaStaging.stage(entries, exclusions: Exclusions())
        #expect(entries.map(\.sequence) == Array(1...entries.count))
        let store = SchemaEntryStore(migration: 1)
        try connection.transaction { try store.insert(staged, on: connection) }
        try connection.execute("create schema if not exists app; create extension hstore schema app")
        try connection.execute("create extension file_fdw schema public; comment on extension hstore is 'ours'")
        // Tasks make indexes, keys and foreign keys; here the dump's own statements stand for them.
        let views = Set(entries.filter { $0.type == "MATERIALIZED VIEW" }.map(\.dumpID))
        let isOnView = { @Sendable (staged: StagedEntry) in !views.isDisjoint(with: staged.entry.dependencies) }
        let steps: [([SchemaStage], @Sendable (StagedEntry) -> Bool)] = [
            ([.preData], { _ in true }), ([.index, .constraint], { !isOnView($0) }), ([.attach], { _ in true }),
            ([.foreignKey], { _ in true }), ([.postData], { _ in true }), ([.index], isOnView),
            ([.eventTrigger], { _ in true }),
        ]
        for (stages, belongs) in steps {
            let entries = try stages.flatMap { try all($0, of: store, on: connection) }.filter(belongs)
                .sorted { $0.entry.sequence < $1.entry.sequence }
            try connection.transaction {
                try SchemaRestorer.run(entries, on: connection)
                try store.markDone(entries, on: connection)
            }
        }
        for stage in SchemaStage.allCases where stage != .skip {
            #expect(try store.batch(of: stage, on: connection).isEmpty)
        }
        try connection.execute("drop schema skein cascade")
    }
}

/// A stage's entries that are not done, read in small batches.
private func all(
    _ stage: SchemaStage, of store: SchemaEntryStore, on connection: Connection,
) throws -> [StagedEntry] {
    var entries: [StagedEntry] = []
    while case let batch = try store.batch(
        of: stage, after: entries.last?.entry.sequence ?? 0, limit: 7, bytes: 2000, on: connection), !batch.isEmpty
    {
        entries += batch
    }
    return entries
}

private func restoreWithPsql(_ source: ConnectionTarget, on target: ConnectionTarget) async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("skein-\(UUID().uuidString).sql")
    defer { try? FileManager.default.removeItem(at: file) }
    try await run([
        "pg_dump", "--schema-only", "--quote-all-identifiers", "--no-owner", "--no-privileges",
        "--no-publications", "-f", file.path, "-d", source.conninfoWithoutPassword,
    ])
    try await run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.path, "-d", target.conninfoWithoutPassword])
}

/// The plain dump's paragraphs; an independent way from the one under test.
private func plainDump(of database: ConnectionTarget) async throws -> [String] {
    let text = try await run([
        "pg_dump", "--schema-only", "--quote-all-identifiers", "--no-owner", "--no-privileges",
        "-d", database.conninfoWithoutPassword,
    ])
    return text.components(separatedBy: "\n\n--\n-- Name: ").dropFirst().map {
        $0.components(separatedBy: "\n\n\\unrestrict")[0].trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

private func isLeftOut(_ paragraph: String) -> Bool {
    paragraph.contains("PUBLICATION \"pub\"")
}

@discardableResult
private func run(_ words: [String]) async throws -> String {
    try await TestServers.blocking {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(words[0])")
        return String(decoding: data, as: UTF8.self)
    }
}

/// One line for every object, with what defines it.
private func definitions(in database: ConnectionTarget) async throws -> [String] {
    try await TestServers.column(definitionsQuery, on: database).compactMap { $0 }
        .filter { !$0.contains("pg_toast") }
}

private let definitionsQuery = """
    with object as (
        select 'pg_class'::regclass as classid, oid as objid, 0 as subid,
            concat_ws(' ', relkind, relpersistence, reloptions, relrowsecurity, relforcerowsecurity, relreplident,
                (select amname from pg_am where oid = relam), relispartition, relispopulated,
                pg_get_expr(relpartbound, oid),
                case relkind when 'p' then pg_get_partkeydef(oid) end, case when relkind in ('v', 'm')
                then pg_get_viewdef(oid) end, case when relkind in ('i', 'I') then pg_get_indexdef(oid) end) as text
        from pg_class where oid >= 16384 and relkind <> 't' and relnamespace <> 'pg_toast'::regnamespace
        union all
        select 'pg_class'::regclass, attrelid, attnum, concat_ws(' ', attnum, format_type(atttypid, atttypmod),
            attnotnull, attidentity, attgenerated, attislocal, attinhcount, attstorage, attcompression, attstattarget,
            attoptions, attfdwoptions, attcollation::regcollation, pg_get_expr(adbin, adrelid))
        from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid >= 16384 and not attisdropped and attnum > 0
            and attrelid in (select oid from pg_class where relkind <> 't')
        union all
        select 'pg_proc'::regclass, oid, 0, case prokind when 'a' then '' else pg_get_functiondef(oid) end
        from pg_proc where oid >= 16384
        union all
        select 'pg_constraint'::regclass, oid, 0, concat_ws(' ', pg_get_constraintdef(oid), convalidated, condeferrable,
            condeferred, conislocal, coninhcount) from pg_constraint where oid >= 16384
        union all
        select 'pg_trigger'::regclass, oid, 0, concat(pg_get_triggerdef(oid), tgenabled)
        from pg_trigger where not tgisinternal
        union all
        select 'pg_rewrite'::regclass, oid, 0, concat(pg_get_ruledef(oid), ev_enabled) from pg_rewrite where oid >= 16384
        union all
        select 'pg_policy'::regclass, oid, 0, concat_ws(' ', polcmd, polpermissive, polroles,
            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy
        union all
        select 'pg_statistic_ext'::regclass, oid, 0, concat(pg_get_statisticsobjdef(oid), stxstattarget)
        from pg_statistic_ext
        union all
        select 'pg_type'::regclass, oid, 0, concat_ws(' ', typtype, typcategory, typnotnull, typdefault,
            (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
        from pg_type t where oid >= 16384
        union all
        select 'pg_event_trigger'::regclass, oid, 0, concat_ws(' ', evtevent, evtenabled, evttags) from pg_event_trigger
        union all
        select classid, objid, 0, 'in ' || refclassid::regclass || pg_describe_object(refclassid, refobjid, 0)
        from pg_depend where deptype = 'n' and objid >= 16384 and refclassid = 'pg_namespace'::regclass
    )
    select concat_ws(': ', pg_describe_object(classid, objid, subid), text) as line from object
    union all
    select concat_ws(': ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin,
        seqcache, seqcycle) from pg_sequence
    union all
    select concat_ws(': ', 'comment', pg_describe_object(classoid, objoid, objsubid), description) from pg_description
    where objoid >= 16384
    union all
    select concat_ws(': ', 'inherits', inhrelid::regclass, inhparent::regclass, inhseqno) from pg_inherits
    union all
    select concat_ws(': ', 'index', indexrelid::regclass, indisclustered, indisreplident, indisvalid) from pg_index
    where indexrelid >= 16384 and indexrelid in (select oid from pg_class where relnamespace::regnamespace::text !~ '^pg_')
    order by line
    """

import Foundation
import Postgres
import TestServers
import Testing

@Suite("Hard cases", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct HardCaseTests {
    @Test("live: five levels of partitions, 1,600 columns, names of 63 bytes, circles, deferred keys, rules, policies")
    func live() async throws {
        try await Migration.live("hard", sql: HardCaseDatabase.batches, plan: HardCaseDatabase.plan) { migration in
            let run = try migration.start("migrate")
            try await migration.waitUntilFollowing(run)
            try await migration.applyToSource(HardCaseDatabase.changes)
            try await migration.waitUntilArrived()
            let cutover = try await migration.cutOver()
            try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            let migrated = try await run.wait(atMost: 30)
            #expect(migrated.exitCode == 0, "\(migrated)")
            // The views are refreshed at the cutover, on the target alone.
            #expect(try await migration.differences(excluding: ["hard.m1", "hard.m2"]) == [])
            // Replica identities that the plan asks for are the source's while the migration lasts.
            let clean = try await migration.skein("clean", "--prune", "--yes")
            #expect(clean.exitCode == 0, "\(clean)")
            let definitions = try await Definitions.differences(migration, on: TestServers.requireTarget())
            #expect(definitions == [])
        }
    }

    @Test("100,000 large objects", arguments: ["offline", "live"])
    func largeObjects(_ mode: String) async throws {
        let sql = [
            "create table public.files (id int primary key, content oid); insert into public.files values (1, 1)",
            "select count(lo_from_bytea(20000 + i, ('object ' || i)::bytea)) from generate_series(1, 50000) i",
            "select count(lo_from_bytea(200000 + i, ('object ' || i)::bytea)) from generate_series(1, 50000) i",
        ]
        try await Migration.with("objects_\(mode)", sql: sql, mode: mode) { migration in
            let run = try migration.start("migrate")
            if mode == "live" {
                let cutover = try await migration.cutOver(atMost: 100)
                try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            }
            let result = try await run.wait()
            try #require(result.exitCode == 0, "\(result)")
            let query =
                "select count(*) || md5(string_agg(loid || ':' || data::text, ',' order by loid)) from pg_largeobject"
            #expect(
                try await TestServers.column(query, on: migration.source)
                    == TestServers.column(query, on: migration.target))
            _ = try await migration.skein("clean", "--yes")
        }
    }

    @Test(
        "Databases in other encodings arrive in UTF-8",
        arguments: [("LATIN1", "Grüße, ½ Straße"), ("EUC_JP", "日本語の文字列"), ("WIN1251", "Привет")], ["offline", "live"])
    func encodings(_ encoding: (name: String, text: String), _ mode: String) async throws {
        let server = try TestServers.requireSource()
        let name = "hard_\(encoding.name.lowercased())_\(mode)"
        let administration = server.with(database: "postgres")
        try await TestServers.execute(
            "drop database if exists \(name)",
            "create database \(name) template template0 encoding '\(encoding.name)' locale 'C'", on: administration)
        let source = server.with(database: name)
        let text = encoding.text
        try await TestServers.execute(
            """
            create schema hard;
            create table hard.words (id int primary key, word text default '\(text)', "\(text)" varchar(20));
            insert into hard.words select i, '\(text)' || i, '\(text)' from generate_series(1, 50) i;
            comment on table hard.words is '\(text)';
            create table public.beat (n bigint generated always as identity primary key);
            """, on: source.with("client_encoding", "UTF8"))
        try await Migration.with("enc_\(encoding.name.lowercased())", sql: [], mode: mode) { outer in
            let migration = Migration(
                source: source, target: outer.target, folder: outer.folder, name: outer.name, mode: mode)
            try migration.writePlan("cutover: {verify: checksums}")
            let run = try migration.start("migrate")
            if mode == "live" {
                try await migration.waitUntilFollowing(run)
                try await TestServers.execute(
                    "update hard.words set word = '\(text)!' where id = 7; delete from hard.words where id = 8",
                    on: source.with("client_encoding", "UTF8"))
                try await migration.waitUntilArrived()
                let cutover = try await migration.cutOver()
                try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
            }
            let result = try await run.wait()
            try #require(result.exitCode == 0, "\(result)")
            let query = "select id || word || \"\(text)\" from hard.words order by id"
            #expect(
                try await TestServers.column(query, on: source.with("client_encoding", "UTF8"))
                    == TestServers.column(query, on: migration.target))
            _ = try await migration.skein("clean", "--yes")
        }
        try await TestServers.execute("drop database \(name) with (force)", on: administration)
    }

    @Test("Tablespaces of the source are named, and their tables arrive in the target's own")
    func tablespaces() async throws {
        let server = try TestServers.requireSource().with(database: "postgres")
        try await TestServers.execute("drop tablespace if exists hard_space", on: server)
        try await TestServers.withConnection(to: server) { connection in
            try connection.execute("set allow_in_place_tablespaces = on")
            try connection.execute("create tablespace hard_space location ''")
        }
        let sql = """
            create table public.far (id int primary key using index tablespace hard_space, v text) tablespace hard_space;
            insert into public.far select i, 'v' from generate_series(1, 100) i;
            create index far_v on public.far (v) tablespace hard_space;
            create materialized view public.far_view tablespace hard_space as select * from public.far;
            """
        try await Migration.with("spaces", sql: [sql]) { migration in
            let plan = try await migration.skein("plan", "--no-color")
            #expect(plan.stderr.contains("hard_space") && plan.stderr.contains("SK409"), "\(plan)")
            let result = try await migration.skein("migrate")
            try #require(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
        }
        try await TestServers.execute("drop tablespace hard_space", on: server)
    }

    /// The releases of Debian that the servers come from have different versions of ICU.
    @Test("Where the collation has another version, keys that are text are named, and every index is in the new order")
    func collationVersions() async throws {
        let (source, target) = try (TestServers.requireSource(), TestServers.requireTarget())
        let options = "locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'"
        let sql = """
            create extension amcheck schema public;
            create table public.words (word text primary key, other varchar(40));
            insert into public.words select chr(33 + i % 15000) || chr(200 + i % 977) || i, chr(945 + i % 24) || '-' || i
                from generate_series(1, 3000) i;
            create index words_other on public.words (other desc, word);
            create table public.by_word (word text primary key) partition by range (word);
            create table public.by_word_1 partition of public.by_word for values from (minvalue) to ('k');
            create table public.by_word_2 partition of public.by_word default;
            insert into public.by_word select chr(97 + i % 26) || i from generate_series(1, 500) i;
            """
        try await TestServers.withScratchDatabase(on: source, prefix: "icu", options: options, sql: sql) { from in
            try await TestServers.withScratchDatabase(on: target, prefix: "icu", options: options) { to in
                try await Migration.with("icu", sql: []) { outer in
                    let migration = Migration(source: from, target: to, folder: outer.folder, name: "icu")
                    try migration.writePlan("cutover: {verify: checksums}")
                    let query = "select datcollversion from pg_database where datname = current_database()"
                    let versions = try await (
                        TestServers.column(query, on: from), TestServers.column(query, on: to)
                    )
                    let plan = try await migration.skein("plan", "--no-color")
                    #expect(plan.stderr.contains("SK224") == (versions.0 != versions.1), "\(plan)")
                    #expect(versions.0 == versions.1 || plan.stderr.contains("public.words_pkey"), "\(plan)")
                    let result = try await migration.skein("migrate")
                    try #require(result.exitCode == 0, "\(result)")
                    #expect(try await migration.differences() == [])
                    let indexes = try await TestServers.column(
                        """
                        select public.bt_index_check(indexrelid, true)::text from pg_index
                        where indrelid in ('public.words'::regclass, 'public.by_word_1'::regclass)
                        """, on: to)
                    #expect(indexes.count == 3)
                }
            }
        }
    }

    @Test("A hot standby is copied offline, and refused live", .enabled(if: OwnServers.canStart))
    func standby() async throws {
        try await OwnServers.with([.source]) { servers in
            let primary = try servers.target(.source).with(database: "postgres")
            try await TestServers.execute(
                """
                create table public.devices (id int primary key, v text);
                insert into public.devices select i, 'v' || i from generate_series(1, 5000) i;
                create table public.beat (n bigint generated always as identity primary key);
                """, on: primary)
            try await servers.start(.standby)
            let standby = try servers.target(.standby).with(database: "postgres")
            try await Migration.with("standby", sql: []) { outer in
                var migration = Migration(
                    source: standby, target: outer.target, folder: outer.folder, name: "standby-live", mode: "live")
                try migration.writePlan("")
                let refused = try await migration.skein("migrate")
                #expect(refused.exitCode == 2 && refused.stderr.contains("SK103"), "\(refused)")
                #expect(refused.stderr.contains("a live migration needs the primary"))
                migration = Migration(
                    source: standby, target: outer.target, folder: outer.folder, name: "standby-offline",
                    mode: "offline")
                try migration.writePlan("cutover: {verify: checksums}")
                try await migration.wait(on: standby, until: "select count(*) = 5000 from public.devices")
                let result = try await migration.skein("migrate")
                try #require(result.exitCode == 0, "\(result)")
                #expect(try await migration.differences() == [])
            }
        }
    }
}

import TestServers
import Testing

@Suite("What a plan selects", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct SelectionTests {
    @Test("What is excluded stays away, with what needs it, which is named")
    func excluded() async throws {
        let plan = #"""
            select:
              schemas: {exclude: [audit]}
              tables: {exclude: ["app.tmp_*"]}
              indexes: {exclude: [app.customer_slow]}
              extensions: {exclude: [hstore]}
            copy: {skip-table-data: [app.log, app.slow, app.parts]}
            """#
        try await Migration.succeeding("exclude", SelectionDatabase.batches, plan: plan) { migration, result in
            let changed = try await LeafContents.differences(migration)
            #expect(
                changed.compactMap { $0.split(separator: ":").first.map(String.init) } == [
                    "app.log", "app.over_slow", "app.parts_a", "app.parts_b", "app.slow", "app.tmp_import",
                    "app.tmp_import_id_seq", "app.tmp_old", "audit.entry", "audit.entry_id_seq",
                ])
            #expect(changed.first?.hasSuffix("became 0 rows ") == true)
            let gone = try await migration.onTarget(
                """
                select name from unnest(array[
                    'app.tmp_import', 'app.tmp_old', 'app.imports', 'app.over_imports', 'app.customer_slow', 'audit.entry',
                    'app.tmp_import_id_seq']) name
                where to_regclass(name) is not null
                """)
            #expect(gone == [])
            #expect(
                try await migration.onTarget("select extname from pg_extension order by 1") == ["citext", "plpgsql"])
            #expect(try await migration.onTarget("select to_regnamespace('audit')") == [nil])
            #expect(try await migration.onTarget("select conname from pg_constraint where conname = 'to_import'") == [])
            #expect(try await migration.onTarget("select relispopulated from pg_class where relname = 'slow'") == ["f"])
            for name in ["view app.imports", "view app.over_imports", "to_import", "materialized view app.over_slow"] {
                #expect(result.stderr.contains(name), "\(name) is not named: \(result)")
            }
        }
    }

    @Test("What is included comes alone, with what it needs and the views that read it")
    func included() async throws {
        let plan = #"""
            select:
              schemas: {include: [app, '?ther?*']}
              tables: {include: [app.orders, app.customer, app.parts, '"Other App".?able']}
            """#
        try await Migration.succeeding("include", SelectionDatabase.batches, plan: plan) { migration, _ in
            let names = try await migration.onTarget(
                """
                select c.oid::regclass from pg_class c join pg_namespace n on n.oid = relnamespace
                where nspname in ('app', 'audit', 'Other App') and relkind in ('r', 'p', 'v', 'm', 'S') order by 1
                """)
            let expected: [String?] = [
                #""Other App"."Table""#, "app.customer", "app.customer_id_seq", "app.daily", "app.loose", "app.orders",
                "app.orders_id_seq", "app.over_slow", "app.parts", "app.parts_a", "app.parts_b", "app.slow",
                "app.totals",
            ]
            #expect(names.sorted { ($0 ?? "") < ($1 ?? "") } == expected)
            let changed = try await LeafContents.differences(migration)
            #expect(changed.allSatisfy { $0.hasSuffix("became missing") }, "\(changed)")
        }
    }

    @Test("An entry that matches nothing is refused, with what was probably meant")
    func misspelt() async throws {
        let plan = """
            select: {tables: {exclude: [app.custmer]}, indexes: {exclude: [app.nothing]}}
            copy: {skip-table-data: [app.logs, "app.zzz_*"]}
            hypertables: [{table: app.order, time-column: at}]
            """
        let sql = SelectionDatabase.batches
        try await Migration.with("matrix_misspelt", sql: sql, plan: plan) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 2)
            for name in ["app.custmer", "app.nothing", "app.logs", "app.zzz_*", "app.order"] {
                #expect(result.stderr.contains("names \(name), but the source has no such"), "\(name): \(result)")
            }
            #expect(result.stderr.contains("Did you mean app.customer?"), "\(result)")
            #expect(try await migration.onTarget("select nspname from pg_namespace where nspname = 'app'") == [])
        }
    }

    @Test("A table that needs what is excluded is refused, not left out on the quiet")
    func needed() async throws {
        let sql = SelectionDatabase.batches + ["create table app.tagged (tags app.hstore, k audit.kind)"]
        let plan = "select: {schemas: {exclude: [audit]}, extensions: {exclude: [hstore]}}"
        try await Migration.with("matrix_needed", sql: sql, plan: plan) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 2)
            #expect(result.stderr.contains("table app.tagged cannot be migrated"), "\(result)")
        }
    }
}

import TestServers
import Testing

@Suite("Every type of column", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct EveryTypeTests {
    @Test("Values of every type arrive as they are", arguments: ["auto", "text"])
    func values(format: String) async throws {
        try await Self.migrates(format: format, to: .seventeen)
    }

    @Test("So they do on PostgreSQL 18", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newer() async throws {
        try await Self.migrates(format: "auto", to: .eighteen)
    }

    @Test("The samples leave out no type that a column may have")
    func complete() async throws {
        let sql = EveryTypeDatabase.batches
        try await TestServers.withScratchDatabase(on: TestServers.requireSource(), prefix: "matrix_kinds", sql: sql) {
            let missing = try await TestServers.column(Self.missingTypes, on: $0)
            // Those whose input function refuses every value.
            #expect(
                missing == [
                    "gtsvector", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_dependencies",
                    "pg_mcv_list", "pg_ndistinct", "pg_node_tree",
                ])
        }
    }

    @Test("Binary for a type that has no common binary form is refused before anything happens")
    func refusedBinary() async throws {
        let sql = ["create table public.a (i int); create table public.b (amount money)"]
        try await Migration.with("matrix_binary", sql: sql, plan: "copy: {format: binary}") { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 2)
            #expect(result.stderr.contains("public.b cannot be copied in binary form"), "\(result)")
            #expect(!result.stderr.contains("public.a"), "\(result)")
            #expect(try await migration.onTarget("select to_regclass('public.a')") == [nil])
        }
    }

    private static func migrates(format: String, to target: MatrixTarget) async throws {
        let plan = "copy: {format: \(format)}"
        try await Migration.succeeding("kinds", EveryTypeDatabase.batches, plan: plan, to: target) { migration, _ in
            #expect(try await LeafContents.differences(migration) == [])
            let isDefault = format == "auto" && target == .seventeen
            if isDefault { #expect(try await Definitions.differences(migration, on: target.server) == []) }
            let binary = try await migration.onTarget(
                "select count(*) from skein.task where id like 'copy:%' and (action #>> '{copy,_0,isBinary}')::boolean")
            #expect(format == "text" ? binary == ["0"] : binary != ["0"])
        }
    }

    private static let missingTypes = """
        select typname from pg_type
        where typtype in ('b', 'r', 'm') and typnamespace = 'pg_catalog'::regnamespace and typinput <> 'array_in'::regproc
            and typname not in (select trim('"' from type) from kinds.sample)
        order by 1
        """
}

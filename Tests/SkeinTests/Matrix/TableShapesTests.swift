import TestServers
import Testing

@Suite("Every shape of table", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct TableShapesTests {
    @Test("Tables of every shape arrive with their rows and all that hangs on them")
    func shapes() async throws { try await Self.migrates(to: .seventeen) }

    @Test("So they do on PostgreSQL 18", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newer() async throws { try await Self.migrates(to: .eighteen) }

    private static func migrates(to target: MatrixTarget) async throws {
        try await Migration.succeeding("shapes", TableShapes.batches, to: target) { migration, result in
            #expect(try await LeafContents.differences(migration) == [])
            let violated = ["broken", "to_part", "from_part"]
            let differences = try await Definitions.differences(migration, on: target.server)
            // With their parts, one for each partition.
            let keys = ["broken", "to_part", "part_ref_bad_p_id", "from_part"].map { "constraint \($0)" }
            #expect(differences.filter { line in !keys.contains { line.contains($0) } } == [])
            for name in violated {
                #expect(result.stderr.contains("foreign key \(name) of shape."), "\(name): \(result.stderr)")
            }
            let valid = "select convalidated from pg_constraint where conparentid = 0 and conname = "
            #expect(try await migration.onTarget(valid + "'broken'") == ["f"])
            #expect(try await migration.onTarget(valid + "'to_part'") == ["f"])
            // Before PostgreSQL 18 a partitioned table can have none that is not valid.
            #expect(try await migration.onTarget(valid + "'from_part'") == (target == .seventeen ? [] : ["f"]))
            #expect(try await migration.onTarget(valid + "'fine'") == ["t"])
            try await continues(migration)
            #expect(try await migration.onTarget(unanalysed) == [])
        }
    }

    /// Every sequence gives on the target what it would give next on the source.
    private static func continues(_ migration: Migration) async throws {
        let next = """
            select format('%s %s', c.oid::regclass, nextval(c.oid)) from pg_class c
            where relkind = 'S' and relnamespace = 'shape'::regnamespace and relname not in ('edge')
            order by c.oid::regclass::text
            """
        let expected = try await migration.onSource(next)
        #expect(expected.count > 8)
        #expect(try await migration.onTarget(next) == expected)
    }

    /// Tables with rows that the planner knows nothing about; those without columns have no statistics.
    private static let unanalysed = """
        select c.oid::regclass from pg_class c
        where relkind = 'r' and relnamespace = 'shape'::regnamespace and reltuples < 0 and relname !~ 'nothing|mixed'
        """
}

import Foundation
import TestServers
import Testing

@Suite("Starting over, status and clean", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct StartingOverTests {
    @Test("A used target is left alone until --drop-if-exists, and what is not the plan's even then")
    func startingOver() async throws {
        // Large objects belong to no table, and stay; check SK602 says so.
        let sql = TableShapes.batches.dropLast()
        try await Migration.with("matrix_over", sql: Array(sql)) { migration in
            try await TestServers.execute(Self.unrelated, on: migration.target)
            let first = try await migration.skein("migrate")
            try #require(first.exitCode == 0, "\(first)")
            let again = try await migration.skein("migrate")
            #expect(again.exitCode == 0 && again.stdout.contains("already done"), "\(again)")
            try await Self.expectEqual(migration)

            let refused = try await migration.skein("migrate", "--drop-if-exists")
            #expect(refused.exitCode == 2 && refused.stderr.contains("--yes"), "\(refused)")
            #expect(refused.stderr.contains("table shape.keys"), "\(refused)")
            #expect(!refused.stderr.contains("mine.kept"), "\(refused)")
            try await Self.expectEqual(migration)

            try await TestServers.execute(
                "delete from shape.no_key; insert into shape.empty values (1, 'x'); drop view shape.v",
                on: migration.target)
            for _ in 1...2 {
                let over = try await migration.skein("migrate", "--drop-if-exists", "--yes")
                #expect(over.exitCode == 0, "\(over)")
                try await Self.expectEqual(migration)
            }
            try await Self.statusAndClean(migration)
        }
    }

    /// Of the user's own, beside the migration: must be there, unchanged, whatever happens.
    private static let unrelated = """
        create schema mine;
        create table mine.kept (id serial primary key, v text);
        insert into mine.kept (v) values ('a'), ('b');
        create table public.shape (v text);
        insert into public.shape values ('c');
        create function mine.f() returns int language sql as 'select 1';
        """

    /// Source and target hold the same, but for the user's own.
    private static func expectEqual(_ migration: Migration) async throws {
        let (differences, expected) = try await (LeafContents.differences(migration), onlyUnrelated(migration))
        #expect(differences == expected)
    }

    private static func onlyUnrelated(_ migration: Migration) async throws -> [String] {
        let kept = try await migration.onTarget(
            """
            select format('mine.kept: missing became 2 rows %s',
                md5(string_agg(md5(t), '' order by md5(t)))) from (select row(id, v)::text t from mine.kept) k
            union all select 'mine.kept_id_seq: missing became 1 rows ' || md5(md5(row(last_value, is_called)::text))
            from mine.kept_id_seq
            union all select 'public.shape: missing became 1 rows ' || md5(md5(row(v)::text)) from public.shape
            """)
        try #require(kept.count == 3)
        return kept.compactMap { $0 }
    }

    private static func statusAndClean(_ migration: Migration) async throws {
        let status = try await migration.skein("status", "--json")
        #expect(status.exitCode == 0, "\(status)")
        let document = try JSONSerialization.jsonObject(with: Data(status.stdout.utf8)) as? [String: Any]
        #expect(document?.isEmpty == false, "\(status)")
        #expect(status.stdout.contains("migrated") || status.stdout.contains("finished"), "\(status)")
        for _ in 1...2 {
            let clean = try await migration.skein("clean", "--yes")
            #expect(clean.exitCode == 0, "\(clean)")
            #expect(try await migration.onTarget("select to_regnamespace('skein')") == [nil])
        }
        try await expectEqual(migration)
        let after = try await migration.skein("status", "--json")
        #expect([0, 1, 2].contains(after.exitCode ?? -1) && !after.stderr.contains("rror: relation"), "\(after)")
        // The state is gone and the tables are there: refused, with both ways out.
        let blocked = try await migration.skein("migrate")
        #expect(blocked.exitCode == 2 && blocked.stderr.contains("--drop-if-exists"), "\(blocked)")
    }
}

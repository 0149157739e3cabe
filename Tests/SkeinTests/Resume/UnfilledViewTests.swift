import TestServers
import Testing

@Suite("Materialized views that cannot be filled", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct UnfilledViewTests {
    @Test("One whose query fails is left unfilled with a warning that names it, and the run succeeds")
    func failing() async throws {
        // Divides by what has become zero since the view was filled.
        let sql = """
            create table divisors (id int primary key, n int not null);
            insert into divisors values (1, 1), (2, 2);
            create materialized view quotients as select id, 10 / n as quotient from divisors;
            create materialized view sums as select sum(n) from divisors;
            create index on quotients (id);
            update divisors set n = 0 where id = 1;
            """
        try await Migration.with("unfilled", sql: [sql]) { migration in
            let result = try await migration.skein("migrate")
            #expect(result.exitCode == 0, "\(result.stderr)")
            #expect(result.stderr.contains("materialized view public.quotients is not filled: division by zero"))
            #expect(result.stderr.contains("refresh materialized view \"public\".\"quotients\""))
            let filled = try await TestServers.column(
                "select matviewname from pg_matviews where ispopulated order by 1", on: migration.target)
            #expect(filled == ["sums"])
            let indexes = try await TestServers.column(
                "select count(*) from pg_indexes where tablename = 'quotients'", on: migration.target)
            #expect(indexes == ["1"])
        }
    }
}

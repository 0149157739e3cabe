import TestServers
import Testing

@Suite("Tables in pieces", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct PieceTests {
    @Test("Every row arrives once, whatever its table is cut by")
    func everyRowOnce() async throws {
        let plan = "copy: {split-tables-larger-than: 256 kB}"
        try await Migration.succeeding("pieces", PieceDatabase.batches, plan: plan) { migration, _ in
            #expect(try await LeafContents.differences(migration) == [])
            #expect(try await Definitions.differences(migration, on: TestServers.requireTarget()) == [])
            let ways = try await migration.onTarget(Self.ways)
            #expect(ways == Self.expectedWays)
            #expect(try await migration.onTarget(Self.wronglyCounted) == [])
            // Tables of 20,000 rows and 2.6 MB, evenly spread: about eleven pieces, none of them twice the others'.
            let uneven = try await migration.onTarget(Self.uneven)
            #expect(uneven == Self.expectedUneven)
        }
    }

    /// How each table was cut, and where NULL has a piece of its own.
    private static let ways = """
        select concat_ws(' ', t -> 'table' ->> 'name', t ->> 'way', (
            select 'and NULL' from skein.task
            where id like 'copy:%' and action #>> '{copy,_0,table,name}' = t -> 'table' ->> 'name'
                and action #> '{copy,_0,rows,"null"}' is not null))
        from skein.migration, jsonb_array_elements(decisions -> 'tables') t order by t -> 'table' ->> 'name' collate "C"
        """

    private static let expectedWays: [String?] = [
        #"Odd "table ranges"#, "big_key ranges and NULL", "big_key_never ranges and NULL", "bool_key blocks",
        "bool_key_never blocks", "bytea_key ranges and NULL", "bytea_key_never blocks", "c_key ranges and NULL",
        "c_key_never blocks", "date_key ranges and NULL", "date_key_never blocks", "desc_key ranges and NULL",
        "float_key blocks", "float_key_never blocks", "gen ranges", "heap blocks", "int_key ranges and NULL",
        "int_key_never ranges and NULL", "kid ranges", "num_key blocks", "num_key_never blocks", "parent ranges",
        "part none", "part_1 ranges", "part_2 ranges", "partial blocks", "scattered ranges", "skewed ranges and NULL",
        "small_key ranges and NULL", "small_key_never ranges and NULL", "stale ranges", "text_key blocks",
        "text_key_never blocks", "toasted ranges", "ts_key ranges and NULL", "ts_key_never ranges and NULL",
        "tz_key ranges and NULL", "tz_key_never blocks", "unlogged_one ranges", "uuid_key ranges and NULL",
        "uuid_key_never ranges and NULL",
    ]

    /// Tables whose copies did not count as many pieces as decided.
    private static let wronglyCounted = """
        select t -> 'table' ->> 'name'
        from skein.migration, jsonb_array_elements(decisions -> 'tables') t
        where (t ->> 'pieces')::int <> (
            select count(*) from skein.task
            where id like 'copy:%' and state = 'done' and action #>> '{copy,_0,table,name}' = t -> 'table' ->> 'name')
        """

    /// Tables one piece of which holds more than a fifth of the rows.
    private static let uneven = """
        select name from (
            select action #>> '{copy,_0,table,name}' as name, max(rows) as most, sum(rows) as rows
            from skein.task where id like 'copy:%' group by 1) s
        where most * 5 > rows order by name
        """

    /// Outliers far from all others, one frequent value, and statistics of long ago.
    private static let expectedUneven: [String?] = ["big_key_never", "skewed", "stale"]
}

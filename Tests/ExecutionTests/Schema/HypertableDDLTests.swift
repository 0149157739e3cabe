import Execution
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@Suite("Hypertables", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct HypertableDDLTests {
    private static let schema = "Od'd\"schema"
    private static let tables = """
        create schema "Od'd""schema";
        set search_path = "Od'd""schema";
        create table "T'a""b.c" ("Ti'me"" col" timestamptz not null, "sp'ace"" col" text);
        create table stamps (at timestamp not null);
        create table dates (at date not null);
        create table small (at smallint not null);
        create table medium (at integer not null);
        create table large (at bigint not null);
        create table plain (at timestamptz not null);
        """

    @Test("Every kind of time column, and hostile names", arguments: SchemaTarget.all)
    func create(_ version: SchemaTarget) async throws {
        func made(_ table: String, _ interval: HypertableDefinition.Interval?) -> HypertableDefinition {
            HypertableDefinition(
                table: QualifiedName(schema: Self.schema, name: table), timeColumn: "at", chunkInterval: interval,
                space: nil)
        }
        let definitions = [
            HypertableDefinition(
                table: QualifiedName(schema: Self.schema, name: "T'a\"b.c"), timeColumn: "Ti'me\" col",
                chunkInterval: .interval("2 days"), space: .init(column: "sp'ace\" col", partitions: 4)),
            made("stamps", .interval("1 day 12:00:00")), made("dates", .interval("14 days")),
            made("small", .integer(100)), made("medium", .integer(86_400)),
            made("large", .integer(604_800_000_000_000)), made("plain", nil),
        ]
        try await TestServers.withScratchDatabase(
            on: version.server, prefix: "schema_hyper", withTimescaleDB: true, sql: Self.tables
        ) { target in
            try await TestServers.withConnection(to: target) { connection in
                for statement in definitions.flatMap({ HypertableDDL.create($0) }) {
                    try connection.execute(statement)
                }
                let rows = try connection.query(
                    """
                    select format('%s %s %s', hypertable_name, column_name,
                        coalesce(time_interval::text, integer_interval::text, num_partitions::text))
                    from timescaledb_information.dimensions order by 1
                    """)
                #expect(
                    rows.indices.map { rows.text($0, 0) } == [
                        "T'a\"b.c Ti'me\" col 2 days", "T'a\"b.c sp'ace\" col 4", "dates at 14 days",
                        "large at 604800000000000", "medium at 86400", "plain at 7 days", "small at 100",
                        "stamps at 1 day 12:00:00",
                    ])
                #expect(try connection.scalar("select count(*) from pg_indexes where schemaname like 'Od%'") == "0")
            }
        }
    }
}

import Postgres
import TestServers
import Testing

@Suite(
    "TimescaleDB as source, offline", .enabled(if: TimescaleDatabase.areAvailable, TimescaleDatabase.absence),
    .timeLimit(.minutes(3)))
struct TimescaleSourceTests {
    @Test("Hypertables arrive as hypertables, divided as they are, with all rows")
    func hypertables() async throws {
        try await TimescaleDatabase.with("tssource_off") { migration in
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
            #expect(
                try await migration.onTarget(TimescaleDatabase.dimensions)
                    == migration.onSource(TimescaleDatabase.dimensions))
            #expect(try await migration.onTarget(HypertableTests.incompleteChunks) == [])
            // Nothing of TimescaleDB's own came with the dump.
            let stray = """
                select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'chunks' or n.nspname = '_timescaledb_internal' and c.relkind = 'r'
                    and not exists (select from pg_inherits i where i.inhrelid = c.oid)
                    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
                """
            #expect(try await migration.onTarget(stray) == [])
            let verified = try await migration.skein("verify")
            #expect(verified.exitCode == 0, "\(verified)")
        }
    }

    @Test("The plan may give another chunk interval and other partitions, and `plan` tells the pieces")
    func entries() async throws {
        let plan = """
            hypertables:
              - {table: public.readings, time-column: time, chunk-interval: 3 days}
              - {table: public.ticks, time-column: n, space: {column: v, partitions: 2}}
            copy: {split-tables-larger-than: 100 kB}
            """
        try await TimescaleDatabase.with("tssource_entry", plan: plan) { migration in
            let planned = try await migration.skein("plan", "--no-color")
            #expect(planned.exitCode == 0, "\(planned)")
            #expect(planned.stdout.contains("cut where 10 chunks of the source begin"), "\(planned)")
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
            let dimensions = try await migration.onTarget(TimescaleDatabase.dimensions)
            #expect(dimensions.contains("public readings 1 time 3 days"))
            #expect(dimensions.contains("public ticks 2 v 2"))
        }
    }

    @Test("A hypertable becomes a plain table, and TimescaleDB is left")
    func plainTables() async throws {
        let tables = ["readings", "ticks", "days", "placed", "nothing"].map { "{table: public.\($0), to: table}" }
        let plan = #"""
            select: {extensions: {exclude: [timescaledb]}}
            hypertables: [\#(tables.joined(separator: ", ")), {table: '"Iot ""x"."Me''ters"', to: table}]
            copy: {split-tables-larger-than: 1 kB}
            """#
        try await TimescaleDatabase.with("tssource_leave", plan: plan) { migration in
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
            #expect(try await migration.onTarget("select extname from pg_extension where extname <> 'plpgsql'") == [])
        }
    }

    @Test(
        "Hypertables become partitioned tables, a partition for each range of chunks", arguments: ["offline", "live"])
    func partitions(mode: String) async throws {
        let tables = ["readings", "ticks", "days", "placed", "nothing"].map {
            "{table: public.\($0), to: range-partitions}"
        }
        let plan = #"""
            select: {extensions: {exclude: [timescaledb]}}
            hypertables: [\#(tables.joined(separator: ", ")), {table: '"Iot ""x"."Me''ters"', to: range-partitions}]
            copy: {split-tables-larger-than: 1 kB}
            replication: {identity: {public.ticks: full}}
            cutover: {approval: automatic, verify: checksums}
            """#
        try await TimescaleDatabase.with("tssource_part", plan: plan, mode: mode) { migration in
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            // Without a fence, sequences get a margin.
            #expect(try await migration.differences().filter { !$0.hasPrefix("sequence") } == [])
            let parts = try await migration.onTarget(
                """
                select c.relname || ' ' || count(*) from pg_inherits i
                join pg_class c on c.oid = i.inhparent and c.relkind = 'p' group by c.oid, c.relname order by 1
                """)
            #expect(
                parts == [
                    "Me'ters 10", "days 15", "nothing 1", "placed 7", "readings 11", "ticks 12",
                ])
            let strays = try await migration.onTarget("select count(*) from only public.readings_default")
            #expect(strays == ["0"])
            let keys = try await migration.onTarget(
                "select count(*) from pg_constraint where conname = 'readings_pkey'")
            #expect(keys == ["1"])
        }
    }

    @Test("Killed in the middle, it goes on; a chunk that was dropped in between is gone on the target, too")
    func resumed() async throws {
        try await TimescaleDatabase.with("tssource_kill") { migration in
            for fault in ["copy.before-commit:3", "copy.committed:9"] {
                let killed = try await migration.skein("migrate", environment: ["SKEIN_FAULT": fault])
                #expect(killed.signal == 9, "\(killed)")
            }
            try await migration.applyToSource(
                """
                select drop_chunks('readings', older_than => '2024-03-03'::timestamptz);
                insert into ticks values (20000, 1), (-9000, 2)
                """)
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
        }
    }
}

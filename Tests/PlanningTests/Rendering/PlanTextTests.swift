import Catalog
@testable import PlanFile
import Testing

@testable import Planning

@Suite("A plan in words")
struct PlanTextTests {
    let target = CatalogBuilder(versionNumber: 170_011).catalog

    func document(_ plan: Plan, _ source: Catalog, isCompiled: Bool = true) -> PlanDocument {
        let compilation = Compiler.compile(plan, source: source, target: target)
        return PlanDocument(
            plan, source: source, target: target, selection: compilation.selection,
            graph: isCompiled ? compilation.graph : nil, diagnostics: compilation.diagnostics)
    }

    let plan = Plan.sample { plan in
        plan.hypertables = [.sample("readings")]
        plan.copy.skipTableData = tables("public.alerts")
        plan.select.excludedIndexes = tables("public.alerts_raised_idx")
        plan.cutover.verify = Located(.checksums)
    }

    @Test("counts no rows where a table was never analysed")
    func unknownRows() throws {
        var document = document(plan, iotCatalog())
        let devices = try #require(document.tables?.firstIndex { $0.table.name == "devices" })
        document.tables?[devices].rows = 0
        let text = PlanText.render(document)
        #expect(text.contains(/public\.devices +\? +12 MB/), "\(text)")
        #expect(text.contains("under a minute for 612 MB, and 251 MB of indexes, if each"), "\(text)")
    }

    @Test("says what is created, how each table goes and why")
    func golden() {
        let text = PlanText.render(document(plan, iotCatalog()))
        #expect(
            text == """
                Plan iot-production (offline): iot on PostgreSQL 15.20 → iot on PostgreSQL 17.11
                  source: PostgreSQL, self-hosted (nothing of a managed service shows)
                  target: PostgreSQL, self-hosted (nothing of a managed service shows)

                Creates on the target
                  1 extension, 1 hypertable, 2 tables, 1 materialized view, 3 primary keys, 2 foreign keys, 1 sequence

                Jobs
                  table-jobs                     4  half of 8 parallel workers, the smaller of both servers' settings
                  index-jobs                     2  the target has 8 parallel workers and lets one index build use 2
                  maintenance_work_mem      512 MB  a quarter of the target's effective_cache_size, shared by 2 index jobs
                  split-tables-larger-than    2 GB  smaller pieces gain nothing
                  connections: up to 7 on the source, 10 on the target

                Tables: 3 tables, 612 MB to copy
                  table                 rows    size  indexes  goes                          why
                  public.readings  8,000,000  600 MB   250 MB  3 block ranges, binary, hypertable
                      by block: device_id was never analysed
                  public.alerts      838,860   80 MB    38 MB  no data                       the plan skips its data
                  public.devices     125,829   12 MB     1 MB  whole, binary                 not larger than 2 GB

                Not migrated
                  index public.alerts_raised_idx  the plan excludes it
                  data of table public.alerts     the plan skips it

                Tasks
                  29 in all, 1 dump-schema, 1 extension, 1 pre-data, 1 hypertable, 4 copy, 3 index, 3 constraint, 2 foreign-key,
                  3 analyze, 1 validate, 1 post-data, 1 refresh, 1 sequences, 1 source-unchanged, 2 verify, 3 vacuum

                Estimate
                  under a minute for 8,125,829 rows (612 MB, and 251 MB of indexes), if each table job copies 60 MB (into hypertables
                  40 MB) and each index job builds 40 MB a second; a slower network or disk makes it longer

                """)
    }

    @Test("says as much as is known where an error stands in the way")
    func uncompiled() {
        let text = PlanText.render(document(.sample(), iotCatalog(), isCompiled: false))
        #expect(text.contains("Creates on the target"))
        #expect(!text.contains("Tables:") && !text.contains("Estimate"))
    }

    @Test("keeps to 120 columns and one line per name, whatever the names hold")
    func hostileNames() {
        var source = CatalogBuilder()
        for name in ["new\nline", "esc\u{1B}[31m", "\"quoted\"", String(repeating: "x", count: 63), "Ünï"] {
            source.addTable(name)
        }
        let text = PlanText.render(document(.sample(), source.catalog))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 120 })
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(lines.filter { $0.contains("public.") }.count == 5)
    }

    @Test("leaves verification tasks out where the plan wants none, though the graph has them")
    func unverified() {
        let tasks = document(.sample(), iotCatalog()).tasks ?? []
        #expect(tasks.count == 25)
        #expect(!tasks.contains { $0.id.hasPrefix("verify:") })
    }
}

@Suite("Numbers for people")
struct MeasureTests {
    @Test(
        "sizes count in powers of 1024",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 kB"), (1536, "1.5 kB"), (10 << 20, "10 MB"),
            (1_503_238_553, "1.3 GB"), (.max, "8191 PB"),
        ] as [(Int64, String)]
    )
    func bytes(bytes: Int64, text: String) { #expect(Measure.bytes(bytes) == text) }

    @Test(
        "thousands are kept apart",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] as [(Int64, String)]
    )
    func grouped(number: Int64, text: String) { #expect(Measure.grouped(number) == text) }

    @Test(
        "durations are rounded up",
        arguments: [
            (1, "under a minute"), (61, "about 2 minutes"), (5400, "about 2 hours"), (200_000, "about 3 days"),
        ] as [(Double, String)]
    )
    func duration(seconds: Double, text: String) { #expect(Measure.duration(seconds) == text) }
}

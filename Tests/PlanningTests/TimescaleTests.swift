import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("A TimescaleDB source, planned")
struct TimescaleTests {
    private func chunk(_ number: Int, _ start: String?, _ end: String?, bytes: Int64 = 1 << 30) -> Catalog.Chunk {
        Catalog.Chunk(
            name: QualifiedName(schema: "_timescaledb_internal", name: "_hyper_1_\(number)_chunk"), start: start,
            end: end, isCompressed: false, bytes: bytes)
    }

    private func compiled(_ fixture: CheckFixture) -> MigrationGraph {
        Compiler.compile(fixture.plan, source: fixture.source.catalog, target: fixture.target.catalog).graph
    }

    private func copies(_ graph: MigrationGraph) -> [Piece] {
        graph.tasks.compactMap { if case .copy(let piece) = $0.action { piece } else { nil } }
            .filter { $0.table.name == "readings" }.sorted { $0.number < $1.number }
    }

    @Test("A hypertable without an entry stays one, cut where its chunks begin, small ones together")
    func pieces() {
        var fixture = CheckFixture()
        fixture.makeHypertable { hypertable in
            hypertable.chunks = [
                chunk(1, "2024-01-04 00:00:00+00", "2024-01-11 00:00:00+00"),
                // Two space partitions of one time.
                chunk(2, "2024-01-11 00:00:00+00", "2024-01-18 00:00:00+00", bytes: 1 << 20),
                chunk(3, "2024-01-11 00:00:00+00", "2024-01-18 00:00:00+00", bytes: 1 << 20),
                chunk(4, "2024-01-18 00:00:00+00", "2024-01-25 00:00:00+00", bytes: 1 << 20),
                chunk(5, "2024-01-25 00:00:00+00", "2024-02-01 00:00:00+00"),
            ]
        }
        let graph = compiled(fixture)
        let pieces = copies(graph)
        #expect(
            pieces.map(\.condition) == [
                #""time" < '2024-01-11 00:00:00+00'::timestamp with time zone"#,
                #""time" >= '2024-01-11 00:00:00+00'::timestamp with time zone and "#
                    + #""time" < '2024-01-25 00:00:00+00'::timestamp with time zone"#,
                #""time" >= '2024-01-25 00:00:00+00'::timestamp with time zone"#,
            ])
        #expect(pieces.allSatisfy { $0.isChunked })
        let made = graph.tasks.compactMap { task -> HypertableDefinition? in
            if case .createHypertable(let definition) = task.action { definition } else { nil }
        }
        #expect(made.map(\.chunkInterval) == [.interval("7 days")])
        #expect(graph.exclusions.schemas == ["_timescaledb_internal"])
    }

    @Test("An entry gives another interval, and leaves the rest as it is on the source")
    func entries() {
        var fixture = CheckFixture()
        fixture.makeHypertable { hypertable in
            hypertable.dimensions += [
                Catalog.Dimension(column: "device_id", kind: .space(partitions: 4)),
                Catalog.Dimension(column: "value", kind: .space(partitions: 2)),
            ]
        }
        fixture.plan.hypertables = [.sample("readings", days: 1)]
        let made = compiled(fixture).tasks.compactMap { task -> HypertableDefinition? in
            if case .createHypertable(let definition) = task.action { definition } else { nil }
        }
        #expect(made.count == 1)
        #expect(made.first?.chunkInterval == .interval("1 days"))
        #expect(made.first?.space == .init(column: "device_id", partitions: 4))
        #expect(made.first?.further == [.hash(.init(column: "value", partitions: 2))])
    }

    @Test("`to: table` makes none")
    func plainTable() {
        var fixture = CheckFixture()
        fixture.makeHypertable()
        fixture.plan.hypertables = [.sample("readings")]
        fixture.plan.hypertables[0].to = Located(.table)
        let graph = compiled(fixture)
        #expect(!graph.tasks.contains { $0.id.hasPrefix("hypertable:") })
        #expect(copies(graph).allSatisfy { $0.isChunked })
    }

    @Test("Live, no publication is made, and chunks are told by their names")
    func live() throws {
        var fixture = CheckFixture()
        fixture.makeHypertable { $0.chunks.append(chunk(7, nil, nil)) }
        fixture.source.edit { $0.hypertables[0].chunks[0].name.name = "renamed" }
        fixture.goLive()
        let following = try #require(compiled(fixture).following)
        #expect(following.plugin == .testDecoding)
        #expect(following.published == [])
        let chunks = try #require(following.tables.first { $0.name.name == "readings" }?.chunks)
        #expect(chunks.others.map(\.name) == ["renamed"])
        func isOwn(_ name: String, schema: String = "_timescaledb_internal") -> Bool {
            chunks.isNamedAsOwn(QualifiedName(schema: schema, name: name))
        }
        #expect(isOwn("_hyper_1_1_chunk") && isOwn("_hyper_1_12345_chunk"))
        let others = [
            "_hyper_11_1_chunk", "_hyper_1_chunk", "_hyper_1__chunk", "_hyper_1_1_chunks", "compress_hyper_1_1_chunk",
        ]
        for other in others {
            #expect(!isOwn(other), "\(other)")
        }
        #expect(!isOwn("_hyper_1_1_chunk", schema: "public"))
    }

    @Test("Behind the copy come continuous aggregates in their order, and at the very end policies")
    func settings() throws {
        var fixture = CheckFixture()
        fixture.makeHypertable {
            $0.columnstore = Catalog.Columnstore(
                segmentBy: ["device_id"], orderBy: [.init(column: "time", descending: true, nullsFirst: true)])
        }
        fixture.addAggregate()
        fixture.addJob("policy_retention", config: #"{"drop_after": "1 year", "hypertable_id": 1}"#)
        let graph = compiled(fixture)
        let ids = graph.tasks.map(\.id)
        let last = try #require(graph.tasks.last)
        guard case .applyTimescaleSettings(let settings) = last.action else {
            Issue.record("\(ids)")
            return
        }
        #expect(
            settings.columnstores.map(\.statement) == [
                #"alter table "public"."readings" set (timescaledb.compress = true, "#
                    + #"timescaledb.compress_segmentby = '"device_id"', "#
                    + #"timescaledb.compress_orderby = '"time" DESC NULLS FIRST')"#
            ])
        #expect(
            settings.jobs.map { $0.statement(extensionSchema: "public") } == [
                #"select "public".alter_job("public".add_retention_policy('"public"."readings"'::pg_catalog.regclass, "#
                    + "drop_after => '1 year'::interval, schedule_interval => '1 day'::interval), "
                    + "schedule_interval => '1 day'::interval, max_retries => -1, scheduled => true)"
            ])
        let made = try #require(ids.firstIndex(of: "aggregate:public.daily"))
        let filled = try #require(ids.firstIndex(of: "fill:public.daily"))
        let views = try #require(ids.firstIndex(of: "aggregate-views"))
        #expect(made < filled && filled < views)
        #expect(graph.exclusions.aggregates?.count == 1)
    }
}

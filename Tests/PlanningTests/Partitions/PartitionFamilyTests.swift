import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("Partitions that become one hypertable")
struct PartitionFamilyTests {
    private func key(_ text: String, _ columns: [CatalogBuilder.Column] = CheckFixture.ticks) throws -> PartitionKey? {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", columns, kind: .partitionedTable, partitionKey: text)
        return PartitionKey(try #require(builder.catalog.relations.first { $0.oid == table }))
    }

    @Test(
        "A partition key is read as the server writes it",
        arguments: [
            ("RANGE (\"time\")", PartitionKey.Strategy.range, ["time"]), ("LIST (id)", .list, ["id"]),
            ("HASH (id, \"time\")", .hash, ["id", "time"]),
            ("RANGE (date_trunc('day, or so'::text, \"time\"))", .range, nil),
            ("RANGE (note COLLATE \"C\")", .range, nil),
        ] as [(String, PartitionKey.Strategy, [String]?)])
    func keys(_ text: String, _ strategy: PartitionKey.Strategy, _ columns: [String]?) throws {
        let key = try #require(try key(text))
        #expect(key.strategy == strategy)
        #expect(key.columns == columns)
    }

    @Test("A bound begins where its first value says")
    func bounds() {
        #expect(
            PartitionFamily.lowerBound("FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')")
                == "2026-01-01 00:00:00+00")
        #expect(PartitionFamily.lowerBound("FOR VALUES FROM (-100) TO (0)") == "-100")
        #expect(PartitionFamily.lowerBound("FOR VALUES FROM (MINVALUE) TO (0)") == nil)
        #expect(PartitionFamily.lowerBound("DEFAULT") == nil)
        #expect(PartitionFamily.lowerBound("FOR VALUES IN ('a')") == nil)
    }

    private func family(_ change: (inout CheckFixture) -> Void) throws -> PartitionFamily {
        var fixture = CheckFixture()
        change(&fixture)
        return try #require(ResolvedSelection(fixture.plan, source: fixture.source.catalog).families.values.first)
    }

    @Test("Ranges and lists tell a part's rows from others, hashes and inheritance do not")
    func territories() throws {
        let ranges = try family { $0.addPartitioned() }
        #expect(ranges.parts.map(\.name.name) == ["ticks_1", "ticks_2"])
        #expect(
            ranges.parts.allSatisfy {
                ranges.territory(of: $0) == $0.partitionCondition && $0.partitionCondition != nil
            })
        #expect(ranges.isDisjoint(by: ["id", "time"]))
        #expect(!ranges.isDisjoint(by: ["id"]))
        let hashes = try family { fixture in
            let (root, _) = fixture.addPartitioned()
            fixture.edit(root) { $0.partitionKey = "HASH (id)" }
        }
        #expect(hashes.parts.allSatisfy { hashes.territory(of: $0) == nil })
        #expect(hashes.isDisjoint(by: ["id"]))
        let children = try family { $0.addInherited() }
        #expect(children.parts.map(\.name.name) == ["ticks", "ticks_1"])
        #expect(children.parts.allSatisfy { children.territory(of: $0) == nil })
        #expect(!children.isDisjoint(by: ["id", "time"]))
    }

    @Test("A source is read as if the table had no partitions; what needs one of them falls")
    func folded() throws {
        var fixture = CheckFixture()
        let (root, parts) = fixture.addPartitioned()
        fixture.source.addView("old", reads: [parts[0]])
        fixture.source.addView("all", reads: [root])
        let selection = ResolvedSelection(fixture.plan, source: fixture.source.catalog)
        let ticks = try #require(selection.relations.first { $0.oid == root })
        #expect(ticks.kind == .table && ticks.partitionKey == nil)
        #expect(ticks.tableBytes == 2 * 8192)
        #expect(selection.relations.map(\.name.name) == ["all", "devices", "readings", "ticks"])
        #expect(
            selection.indexes.filter { $0.table == root }.map(\.definition)
                == ["CREATE UNIQUE INDEX \"ticks_pkey\" ON \"public\".\"ticks\" USING btree (\"id\", \"time\")"])
        #expect(selection.exclusions.flattened == [root])
        for part in parts {
            #expect(selection.exclusions.objects.contains(ExcludedObject(catalog: "pg_class", oid: part)))
        }
        let left = selection.diagnostics.filter { $0.code == "SK151" }
        #expect(
            left.map(\.summary) == [
                "view public.old is left out because it reads public.ticks_1, which becomes part of a hypertable"
            ])
    }

    @Test("What the plan excludes of it brings no rows, and is left out of the comparison")
    func excluded() throws {
        var fixture = CheckFixture()
        let (_, parts) = fixture.addPartitioned()
        fixture.plan.select.tables.exclude = tables("public.ticks_1")
        let graph = CompiledGraph(fixture.source.catalog, fixture.plan)
        #expect(graph.ids("copy").contains("copy:public.ticks_2:0001"))
        #expect(!graph.ids("copy").contains("copy:public.ticks_1:0001"))
        guard case .verify(let piece) = try graph.task("verify:public.ticks:0001").action else {
            throw CompiledGraph.Missing()
        }
        #expect(piece.leavesOut == [parts[0]])
        #expect(piece.sourceCondition == "tableoid not in (\(parts[0]))")
        #expect(piece.targetCondition == nil)
    }
}

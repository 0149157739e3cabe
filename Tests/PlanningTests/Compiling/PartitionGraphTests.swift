import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("The graph of a table whose partitions become a hypertable")
struct PartitionGraphTests {
    private func piece(_ graph: CompiledGraph, _ id: String) throws -> Piece {
        switch try graph.task(id).action {
        case .copy(let piece), .verify(let piece): return piece
        default: throw CompiledGraph.Missing()
        }
    }

    @Test("Each partition is copied into the hypertable, which has the root's indexes")
    func pieces() throws {
        var fixture = CheckFixture()
        fixture.addPartitioned()
        let graph = CompiledGraph(fixture.source.catalog, fixture.plan)
        let first = try piece(graph, "copy:public.ticks_1:0001")
        #expect(first.targetTable == QualifiedName(schema: "public", name: "ticks"))
        #expect(first.territory != nil && !first.isMixed && !first.mayFreeze)
        #expect(first.targetCondition == first.territory)
        #expect(try graph.needs("copy:public.ticks_1:0001") == ["hypertable:public.ticks"])
        #expect(try graph.constraint("constraint:public.ticks.ticks_pkey").way == .directly(only: false))
        #expect(graph.ids.filter { $0.contains("ticks_1_pkey") || $0 == "attach-indexes" }.isEmpty)
        let compared = try piece(graph, "verify:public.ticks:0001")
        #expect(compared.includesChildren == true && compared.rows == .all && compared.targetTable == compared.table)
        let decision = try #require(graph.graph.tables.first { $0.table.name == "ticks" })
        #expect(decision.way == .partitions && decision.pieces == 2 && decision.isHypertable)
    }

    @Test("Large families are compared in ranges that begin where partitions do")
    func ranges() throws {
        var fixture = CheckFixture()
        let (_, parts) = fixture.addPartitioned()
        for part in parts { fixture.edit(part) { $0.tableBytes = 300 << 20 } }
        let graph = CompiledGraph(fixture.source.catalog, fixture.plan)
        let type = "timestamp with time zone"
        #expect(
            try piece(graph, "verify:public.ticks:0002").rows
                == .range(column: "time", type: type, lower: "2026-02-01 00:00:00+00", upper: nil))
    }

    @Test("Live, the root's key is there before changes are applied; of children only if it names their rows")
    func phases() throws {
        var fixture = CheckFixture()
        fixture.goLive()
        fixture.addPartitioned()
        let ranged = CompiledGraph(fixture.source.catalog, fixture.plan)
        #expect(try ranged.isBefore("constraint:public.ticks.ticks_pkey", "follow"))
        let following = try #require(ranged.graph.following)
        #expect(following.published.map(\.name).contains("ticks"))
        let part = try #require(following.tables.first { $0.name.name == "ticks_1" })
        #expect(part.target?.name == "ticks" && part.territory != nil)
        #expect(!following.tables.contains { $0.name.name == "ticks" })

        var inherited = CheckFixture()
        inherited.goLive()
        inherited.addInherited()
        let equal = CompiledGraph(inherited.source.catalog, inherited.plan)
        #expect(try equal.isBefore("constraint:public.ticks.ticks_pkey", "follow"))
        #expect(equal.graph.following?.published.map(\.name) == ["devices", "readings", "ticks", "ticks_1"])
        inherited.plan.replication.identity = [
            Plan.Identity(table: Located(QualifiedName(schema: "public", name: "ticks")), choice: Located(.full))
        ]
        let full = CompiledGraph(inherited.source.catalog, inherited.plan)
        #expect(try full.isBefore("catch-up", "constraint:public.ticks.ticks_pkey"))
        let changes = full.graph.following?.tables.filter { $0.change?.clause == "full" }.map(\.name.name)
        #expect(changes == ["ticks", "ticks_1"])
    }

    @Test("What sends an inheritance parent's rows to its children is not restored")
    func sending() throws {
        var fixture = CheckFixture()
        let (root, _) = fixture.addInherited()
        let send = fixture.source.addTrigger("send", on: root)
        let other = fixture.source.addTrigger("other", on: root)
        fixture.source.edit { catalog in catalog.triggers[0].isBeforeInsert = true }
        let objects = CompiledGraph(fixture.source.catalog, fixture.plan).graph.exclusions.objects
        #expect(objects.contains(ExcludedObject(catalog: "pg_trigger", oid: send)))
        #expect(!objects.contains(ExcludedObject(catalog: "pg_trigger", oid: other)))
    }

    @Test("Policies come last of all")
    func policies() throws {
        var fixture = CheckFixture()
        fixture.goLive()
        fixture.setPolicies(retention: 30, segmentBy: ["device_id"], orderBy: "time", after: 7)
        let graph = CompiledGraph(fixture.source.catalog, fixture.plan)
        #expect(try graph.isBefore("complete", "policies"))
        #expect(graph.ids.last == "policies")
        guard case .applyPolicies(let policies) = try graph.task("policies").action else {
            throw CompiledGraph.Missing()
        }
        #expect(policies.map(\.dropAfter) == ["30 days"])
        #expect(policies.first?.columnstore?.orderBy == ["\"time\" DESC"])
    }
}

@Suite("The graph of a table that is on the target already")
struct ExistingTableGraphTests {
    @Test("Nothing is created, and only indexes that it lacks are made")
    func indexes() throws {
        var fixture = CheckFixture()
        fixture.addExisting(isHypertable: true)
        let ticks = fixture.source.catalog.relations.first { $0.name.name == "ticks" }?.oid ?? 0
        let there = fixture.target.catalog.relations.first { $0.name.name == "ticks" }?.oid ?? 0
        fixture.source.addIndex("ticks_note", on: ticks, ["note"])
        fixture.source.addIndex("ticks_id", on: ticks, ["id"])
        fixture.target.addIndex("own_name", on: there, ["note"])
        let graph = CompiledGraph(fixture.source.catalog, target: fixture.target.catalog, fixture.plan)
        #expect(
            graph.ids.filter {
                $0.contains("ticks_note") || $0.contains("ticks_pkey") || $0 == "hypertable:public.ticks"
            }
            .isEmpty)
        #expect(graph.ids.contains("index:public.ticks_id"))
        #expect(graph.graph.exclusions.present == [ExcludedObject(catalog: "pg_class", oid: ticks)])
        #expect(graph.graph.tables.first { $0.table.name == "ticks" }?.isHypertable == true)
        guard case .copy(let piece) = try graph.task("copy:public.ticks:0001").action else {
            throw CompiledGraph.Missing()
        }
        #expect(!piece.mayFreeze && piece.target == nil)
    }

    @Test("Partitions of the source go into a hypertable that is there")
    func fromPartitions() throws {
        var fixture = CheckFixture()
        fixture.addPartitioned()
        fixture.plan.hypertables[1].chunkInterval = nil
        fixture.plan.copy.intoExisting = tables("public.ticks")
        let there = fixture.target.addTable("ticks", CheckFixture.ticks, bytes: 0)
        fixture.target.addPrimaryKey("own_pkey", on: there, ["time", "id"])
        fixture.target.edit {
            $0.hypertables.append(
                Catalog.Hypertable(
                    table: QualifiedName(schema: "public", name: "ticks"), timeColumn: "time", chunkCount: 0))
        }
        #expect(fixture.findings.filter { $0.severity == .error } == [])
        let graph = CompiledGraph(fixture.source.catalog, target: fixture.target.catalog, fixture.plan)
        #expect(!graph.ids.contains("hypertable:public.ticks"))
        #expect(!graph.ids.contains { $0.hasPrefix("constraint:public.ticks") })
        guard case .copy(let piece) = try graph.task("copy:public.ticks_1:0001").action else {
            throw CompiledGraph.Missing()
        }
        #expect(piece.target?.name == "ticks")
    }
}

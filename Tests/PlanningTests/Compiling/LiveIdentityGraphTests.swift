@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("Live migrations find rows by their identity")
struct LiveIdentityGraphTests {
    typealias Column = CatalogBuilder.Column

    /// Readings with a key that lacks the time, as a hypertable's must not.
    private func readings(
        key: [String] = ["id"], bytes: Int64 = 8192, _ change: (inout CatalogBuilder, OID) -> Void = { _, _ in },
    ) -> CatalogBuilder {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "readings",
            [
                Column("id", .int8, notNull: true, statistics: .known()), Column("time", .timestamptz, notNull: true),
                Column("device_id", .int8, notNull: true),
            ], bytes: bytes)
        builder.addPrimaryKey("readings_pkey", on: table, key)
        change(&builder, table)
        return builder
    }

    private func compile(_ builder: CatalogBuilder, primaryKey: [String]?) -> CompiledGraph {
        CompiledGraph(
            builder.catalog, .live { $0.hypertables = [.sample("readings", primaryKey: primaryKey)] })
    }

    @Test("an index of ours serves the applier where the plan replaces the key by one that lacks the identity")
    func replacedKey() throws {
        let graph = compile(readings(), primaryKey: ["device_id", "time"])
        let id = "index:public.skein_identity_readings_idx"
        let build = try graph.index(id)
        #expect(
            build.definition
                == "CREATE INDEX \"skein_identity_readings_idx\" ON \"public\".\"readings\" USING btree (\"id\")")
        #expect(build.sourceOID == nil && build.constraintOID == nil)
        #expect(try graph.isBefore(id, "follow"))
        let drop = try graph.task("drop-index:public.skein_identity_readings_idx")
        #expect(drop.action == .dropIndex(QualifiedName(schema: "public", name: "skein_identity_readings_idx")))
        #expect(try graph.needs(drop.id) == ["drain"])
        // The plan's key may be violated while pieces disagree.
        #expect(try graph.isBefore("catch-up", "constraint:public.readings.readings_pkey"))
    }

    @Test("a key that holds the identity is as unique, and serves where it begins with it")
    func extendedKey() throws {
        let leading = compile(readings(), primaryKey: ["id", "time"])
        #expect(leading.ids("drop-index").isEmpty)
        #expect(try leading.isBefore("constraint:public.readings.readings_pkey", "follow"))
        let trailing = compile(readings(), primaryKey: ["time", "id"])
        #expect(trailing.ids("drop-index").count == 1)
        #expect(try trailing.isBefore("constraint:public.readings.readings_pkey", "follow"))
    }

    @Test("any plain index that begins with the identity's columns serves, in any order of these")
    func otherIndex() {
        let served = readings(key: ["id", "device_id"]) { builder, table in
            builder.addIndex("other", on: table, ["device_id", "id", "time"])
        }
        #expect(compile(served, primaryKey: ["device_id", "time"]).ids("drop-index").isEmpty)
        let partial = readings(key: ["id", "device_id"]) { builder, table in
            builder.addIndex("other", on: table, ["device_id", "id"], partial: true)
        }
        #expect(compile(partial, primaryKey: ["device_id", "time"]).ids("drop-index").count == 1)
        // Unique, so that it comes too late.
        let unique = readings(key: ["id"]) { builder, table in
            builder.addIndex("other", on: table, ["id", "time"], unique: true)
        }
        #expect(compile(unique, primaryKey: ["device_id", "time"]).ids("drop-index").count == 1)
    }

    @Test("an identity whose index the plan leaves out has one of ours")
    func excludedIndex() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", [Column("a", .int8, notNull: true), Column("b", .int8, notNull: true)])
        builder.addIndex("t_ab", on: table, ["a", "b"], unique: true)
        let graph = CompiledGraph(
            builder.catalog,
            .live { plan in
                plan.select.excludedIndexes = tables("public.t_ab")
                plan.replication.identity = [.sample("t", .index("t_ab"))]
            })
        #expect(try graph.index("index:public.skein_identity_t_idx").definition.hasSuffix("(\"a\", \"b\")"))
    }

    @Test("the plan's index is built at once, the primary key behind the newest watermark")
    func chosenIndex() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", [Column("a", .int8, notNull: true), Column("b", .int8, notNull: true)])
        builder.addPrimaryKey("t_pkey", on: table, ["a"])
        builder.addIndex("t_b", on: table, ["b"], unique: true)
        let graph = CompiledGraph(
            builder.catalog, .live { $0.replication.identity = [.sample("t", .index("t_b"))] })
        #expect(try graph.isBefore("index:public.t_b", "follow"))
        #expect(try graph.isBefore("catch-up", "index:public.t_pkey"))
        #expect(graph.graph.following?.tables.first?.identity == .columns(["b"]))
    }

    @Test("with identity full the primary key finds rows early where equal keys have one watermark")
    func full() throws {
        let choice: (inout Plan) -> Void = { $0.replication.identity = [.sample("readings", .full)] }
        let whole = CompiledGraph(readings().catalog, .live(choice))
        #expect(try whole.isBefore("index:public.readings_pkey", "follow"))
        let ranges = CompiledGraph(readings(bytes: 5 << 30).catalog, .live(choice))
        #expect(ranges.ids("copy").count > 1)
        #expect(try ranges.isBefore("index:public.readings_pkey", "follow"))
        // Cut along the time, rows of one id lie in several pieces.
        var other = CatalogBuilder()
        let table = other.addTable(
            "readings",
            [Column("id", .int8, notNull: true), Column("n", .int8, notNull: true, statistics: .known())],
            bytes: 5 << 30)
        other.addPrimaryKey("readings_pkey", on: table, ["id"])
        other.addIndex("by_n", on: table, ["n"])
        let apart = CompiledGraph(other.catalog, .live(choice))
        guard case .copy(let piece) = try apart.task("copy:public.readings:0001").action,
            case .range("n", _, _, _) = piece.rows
        else { throw CompiledGraph.Missing() }
        #expect(try apart.isBefore("catch-up", "index:public.readings_pkey"))
    }

    @Test("pieces are ranges of a column of the source's identity, whatever key the plan gives the hypertable")
    func pieces() throws {
        let graph = compile(readings(bytes: 5 << 30), primaryKey: ["device_id", "time"])
        for id in graph.ids("copy") {
            guard case .copy(let piece) = try graph.task(id).action, case .range("id", _, _, _) = piece.rows else {
                throw CompiledGraph.Missing()
            }
        }
    }

    @Test("the parts of partitioned keys are there early, the parents' behind the watermark, attached before the gate")
    func partitioned() throws {
        var builder = CatalogBuilder()
        let root = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        builder.addPrimaryKey("p_pkey", on: root, ["id"])
        let parent = try #require(builder.catalog.indexes.first { $0.name.name == "p_pkey" }?.oid)
        let leaf = builder.addTable("p1", partitionOf: root)
        builder.addKey("p1_pkey", on: leaf, ["id"], parentIndex: parent)
        let graph = CompiledGraph(builder.catalog, .live())
        #expect(try graph.isBefore("constraint:public.p1.p1_pkey", "follow"))
        #expect(try graph.isBefore("catch-up", "constraint:public.p.p_pkey"))
        #expect(try graph.isBefore("constraint:public.p.p_pkey", "attach-indexes"))
        #expect(try graph.isBefore("constraint:public.p1.p1_pkey", "attach-indexes"))
        #expect(try graph.isBefore("attach-indexes", "gate"))
        #expect(graph.ids("attach-indexes").count == 1)
    }

    @Test("a partitioned key that is deferrable is made, and attached, after the drain")
    func partitionedDeferrable() throws {
        var builder = CatalogBuilder()
        let root = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        builder.addKey("p_key", on: root, ["id"], kind: .unique, deferrable: true)
        let parent = try #require(builder.catalog.indexes.first { $0.name.name == "p_key" }?.oid)
        let leaf = builder.addTable("p1", partitionOf: root)
        builder.addKey("p1_key", on: leaf, ["id"], kind: .unique, deferrable: true, parentIndex: parent)
        let graph = CompiledGraph(builder.catalog, .live())
        #expect(try graph.isBefore("drain", "attach-indexes"))
        #expect(graph.ids("attach-indexes").count == 1)
        #expect(try graph.isBefore("attach-indexes", "post-data"))
    }
}

@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("The graph of partitioned tables")
struct PartitionedGraphTests {
    /// `m` by `m_1` (by `m_1_1`) and `m_2`, with a primary key and an index everywhere.
    func builder() -> (builder: CatalogBuilder, root: OID) {
        var builder = CatalogBuilder()
        let root = builder.addTable("m", kind: .partitionedTable, partitionKey: "RANGE (id)")
        let middle = builder.addTable("m_1", kind: .partitionedTable, partitionOf: root, partitionKey: "LIST (id)")
        let leaf = builder.addTable("m_1_1", bytes: 4 << 30, partitionOf: middle)
        let other = builder.addTable("m_2", bytes: 8 << 20, partitionOf: root)
        var parents: [OID: (key: OID, index: OID)] = [:]
        for (table, name, parent) in [
            (root, "m", nil), (middle, "m_1", root), (leaf, "m_1_1", middle), (other, "m_2", root),
        ] as [(OID, String, OID?)] {
            let above = parent.flatMap { parents[$0] }
            let key = builder.addKey(
                "\(name)_pkey", on: table, ["id"],
                parentIndex: above.map { parent in
                    builder.catalog.constraints.first { $0.oid == parent.key }?.index ?? 0
                }, parent: above?.key)
            let index = builder.addIndex("\(name)_idx", on: table, ["id"], parent: above?.index)
            parents[table] = (key, index)
        }
        return (builder, root)
    }

    @Test("makes parents' indexes and keys `only` and before their partitions have rows, and attaches them last")
    func attaching() throws {
        let graph = CompiledGraph(builder().builder.catalog)
        #expect(
            graph.ids("copy").sorted() == ["copy:public.m_1_1:0001", "copy:public.m_1_1:0002", "copy:public.m_2:0001"])
        for name in ["m", "m_1"] {
            let key = try graph.task("constraint:public.\(name).\(name)_pkey")
            #expect(try graph.constraint(key.id).way == .directly(only: true))
            #expect(key.resource == .none && key.weight == 0)
            #expect(try graph.index("index:public.\(name)_idx").definition.contains(" ON ONLY \"public\""))
            #expect(try graph.needs("index:public.\(name)_idx") == ["pre-data"])
            #expect(!graph.ids.contains("index:public.\(name)_pkey"))
        }
        for name in ["m_1_1", "m_2"] {
            #expect(try graph.constraint("constraint:public.\(name).\(name)_pkey").way == .usingIndex)
        }
        for id in graph.ids("index") + graph.ids("constraint") { #expect(try graph.isBefore(id, "attach-indexes")) }
        #expect(try graph.isBefore("attach-indexes", "post-data"))
    }

    @Test("analyses the root after its partitions have their rows, and vacuums those not written frozen")
    func analyze() throws {
        let graph = CompiledGraph(builder().builder.catalog)
        #expect(graph.ids("analyze") == ["analyze:public.m"])
        #expect(graph.ids("vacuum") == ["vacuum:public.m_1_1"])
        #expect(try graph.isBefore("copy:public.m_1_1:0001", "analyze:public.m"))
        #expect(try graph.isBefore("copy:public.m_2:0001", "analyze:public.m"))
    }

    @Test("adds foreign keys from and to partitioned tables once, valid at once before PostgreSQL 18")
    func foreignKeys() throws {
        var (builder, root) = builder()
        let devices = builder.addTable("devices")
        builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
        let key = builder.addForeignKey("fk", on: root, ["id"], references: devices, ["id"])
        let leaf = builder.catalog.relations.first { $0.name.name == "m_2" }!.oid
        builder.addForeignKey("fk", on: leaf, ["id"], references: devices, ["id"], parent: key)
        builder.addForeignKey("back", on: devices, ["id"], references: root, ["id"])
        let graph = CompiledGraph(builder.catalog)
        #expect(graph.ids("foreign-key").sorted() == ["foreign-key:public.devices.back", "foreign-key:public.m.fk"])
        let build = try graph.foreignKey("foreign-key:public.m.fk")
        #expect(!build.canBeNotValid)
        #expect(try graph.task("foreign-key:public.m.fk").resource == .indexJob)
        #expect(try !graph.foreignKey("foreign-key:public.devices.back").canBeNotValid)
        for id in ["foreign-key:public.m.fk", "foreign-key:public.devices.back"] {
            #expect(try graph.isBefore("attach-indexes", id))
            #expect(try graph.isBefore("copy:public.m_1_1:0002", id))
        }
        #expect(graph.ids("validate").isEmpty)
        let newer = CompiledGraph(builder.catalog, target: CatalogBuilder(versionNumber: 180_006).catalog)
        #expect(try newer.foreignKey("foreign-key:public.m.fk").canBeNotValid)
        #expect(newer.ids("validate").sorted() == ["validate:public.devices.back", "validate:public.m.fk"])
    }
}

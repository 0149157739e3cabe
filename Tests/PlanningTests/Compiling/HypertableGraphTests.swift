@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("The graph of hypertables")
struct HypertableGraphTests {
    typealias Column = CatalogBuilder.Column

    func catalog(_ change: (inout CatalogBuilder, OID) -> Void = { _, _ in }) -> Catalog {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "readings", [Column("time", .timestamptz, notNull: true), Column("device_id", .int8, notNull: true)])
        change(&builder, table)
        return builder.catalog
    }

    func compile(_ catalog: Catalog, _ entry: Plan.Hypertable = .sample("readings")) -> CompiledGraph {
        CompiledGraph(catalog, Plan.sample { $0.hypertables = [entry] })
    }

    @Test("makes them while empty, with what the plan says")
    func definition() throws {
        let graph = compile(catalog(), .sample("readings", space: ("device_id", 4)))
        let task = try graph.task("hypertable:public.readings")
        #expect(
            task.action
                == .createHypertable(
                    HypertableDefinition(
                        table: QualifiedName(schema: "public", name: "readings"), timeColumn: "time",
                        chunkInterval: .interval("7 days"), space: .init(column: "device_id", partitions: 4))))
        #expect(try graph.needs("hypertable:public.readings") == ["pre-data"])
        #expect(try graph.needs("copy:public.readings:0001") == ["hypertable:public.readings"])
        #expect(graph.graph.tables[0].isHypertable)
        guard case .copy(let piece) = try graph.task("copy:public.readings:0001").action else { return }
        #expect(!piece.mayFreeze)
    }

    @Test("makes the extension where the source has none, once")
    func timescaledb() {
        #expect(compile(catalog()).ids("extension") == ["extension:timescaledb"])
        let own = catalog { builder, _ in builder.addExtension("timescaledb") }
        #expect(compile(own).ids("extension") == ["extension:timescaledb"])
    }

    @Test("adds the time index only where no index of the source leads with time")
    func timeIndex() throws {
        let graph = compile(catalog())
        let build = try graph.index("index:public.readings_time_idx")
        #expect(
            build.definition
                == "CREATE INDEX \"readings_time_idx\" ON \"public\".\"readings\" USING btree (\"time\" DESC)")
        #expect(build.sourceOID == nil && build.constraintOID == nil)
        let indexed = catalog { builder, table in builder.addIndex("by_time", on: table, ["time", "device_id"]) }
        #expect(compile(indexed).ids("index") == ["index:public.by_time"])
        let keyed = catalog { builder, table in
            builder.addPrimaryKey("readings_pkey", on: table, ["time", "device_id"])
        }
        #expect(compile(keyed).ids("index").isEmpty)
        // A key that the plan replaces does not count; the one it becomes does.
        let replaced = compile(keyed, .sample("readings", primaryKey: ["device_id", "time"]))
        #expect(replaced.ids("index") == ["index:public.readings_time_idx"])
        #expect(compile(catalog(), .sample("readings", primaryKey: ["time", "device_id"])).ids("index").isEmpty)
    }

    @Test("gives the time index a name that nothing else has, of at most 63 bytes")
    func names() throws {
        let taken = catalog { builder, _ in builder.addTable("readings_time_idx") }
        #expect(compile(taken).ids("index") == ["index:public.readings_time_idx1"])
        var builder = CatalogBuilder()
        let long = String(repeating: "ä", count: 31)
        builder.addTable(long, [Column("time", .timestamptz, notNull: true)])
        let name = try #require(compile(builder.catalog, .sample(long)).ids("index").first)
        #expect(name.hasSuffix("_time_idx\""))
        #expect(name.dropFirst("index:public.\"".count).dropLast().utf8.count <= 63)
    }

    @Test("builds keys directly, one after the other behind the indexes")
    func keys() throws {
        let source = catalog { builder, table in
            builder.addPrimaryKey("readings_pkey", on: table, ["time", "device_id"], bytes: 100)
            builder.addKey("readings_key", on: table, ["device_id", "time"], kind: .unique)
            builder.addIndex("readings_device_idx", on: table, ["device_id"])
        }
        let graph = compile(source)
        #expect(graph.ids("index") == ["index:public.readings_device_idx"])
        let key = try graph.task("constraint:public.readings.readings_pkey")
        #expect(key.resource == .indexJob && key.weight == 100)
        #expect(try graph.constraint(key.id).way == .directly(only: false))
        #expect(try graph.needs(key.id) == ["index:public.readings_device_idx"])
        #expect(try graph.needs("constraint:public.readings.readings_key") == [key.id])
    }

    @Test("replaces the primary key by the plan's, or adds it where there is none")
    func primaryKey() throws {
        let entry = Plan.Hypertable.sample("readings", primaryKey: ["device_id", "time"])
        let source = catalog { builder, table in builder.addPrimaryKey("pk", on: table, ["device_id"]) }
        let replaced = try compile(source, entry).constraint("constraint:public.readings.pk")
        #expect(replaced.definition == "PRIMARY KEY (\"device_id\", \"time\")")
        #expect(replaced.sourceOID == source.constraints[0].oid)
        let added = try compile(catalog(), entry).constraint("constraint:public.readings.readings_pkey")
        #expect(added.definition == "PRIMARY KEY (\"device_id\", \"time\")")
        #expect(added.sourceOID == 0 && added.keyKind == "PRIMARY KEY")
    }

    @Test("adds foreign keys from and to them valid at once")
    func foreignKeys() throws {
        let source = catalog { builder, table in
            let devices = builder.addTable("devices")
            builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
            builder.addForeignKey("fk", on: table, ["device_id"], references: devices, ["id"])
        }
        let graph = compile(source)
        #expect(try !graph.foreignKey("foreign-key:public.readings.fk").canBeNotValid)
        #expect(graph.ids("validate").isEmpty)
    }

    @Test("leaves alone what a hypertable of the source is to become")
    func destination() {
        var entry = Plan.Hypertable.sample("readings")
        entry.to = Located(.table)
        #expect(compile(catalog(), entry).ids("hypertable").isEmpty)
    }
}

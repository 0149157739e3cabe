@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

extension Plan {
    /// Live, everything else at its default.
    static func live(_ change: (inout Plan) -> Void = { _ in }) -> Plan {
        .sample { plan in
            plan.mode = Located(.live)
            change(&plan)
        }
    }
}

extension Plan.Identity {
    static func sample(_ table: String, _ choice: Choice) -> Plan.Identity {
        Plan.Identity(table: Located(QualifiedName(schema: "public", name: table)), choice: Located(choice))
    }
}

@Suite("The graph of a live migration")
struct LiveGraphTests {
    typealias Column = CatalogBuilder.Column

    private func graph(_ builder: CatalogBuilder, _ change: (inout Plan) -> Void = { _ in }) -> CompiledGraph {
        CompiledGraph(builder.catalog, .live(change))
    }

    @Test("does everything it can before the gate, and the rest in the cutover's order")
    func order() {
        let plan = Plan.live { plan in
            plan.hypertables = [.sample("readings")]
            plan.cutover.verify = Located(.checksums)
        }
        let graph = CompiledGraph(iotCatalog(), plan)
        #expect(graph.diagnostics.isEmpty)
        #expect(graph.graph.isWellFormed)
        #expect(
            graph.ids == [
                "extension:timescaledb", "prepare-source", "slot", "dump-schema", "pre-data",
                "hypertable:public.readings", "copy:public.readings:0001", "copy:public.readings:0002",
                "copy:public.readings:0003", "index:public.readings_time_idx",
                "constraint:public.readings.readings_pkey", "analyze:public.readings", "copy:public.alerts:0001",
                "index:public.alerts_pkey", "index:public.alerts_raised_idx",
                "constraint:public.alerts.alerts_pkey", "analyze:public.alerts", "copy:public.devices:0001",
                "index:public.devices_pkey", "constraint:public.devices.devices_pkey", "analyze:public.devices",
                "follow", "catch-up", "foreign-key:public.readings.readings_device_id_fkey",
                "vacuum:public.readings:0001", "vacuum:public.readings:0002",
                "foreign-key:public.alerts.alerts_device_id_fkey", "validate:public.alerts.alerts_device_id_fkey",
                "post-data", "gate", "fence", "marker", "drain", "triggers", "refresh:public.daily_totals",
                "analyze:public.daily_totals", "large-objects:0001", "sequences", "event-triggers",
                "verify:public.readings:0001", "verify:public.alerts:0001", "verify:public.devices:0001", "complete",
            ])
    }

    @Test("makes the slot before anything reads the source, and follows once all pieces and identities are there")
    func slotFirst() throws {
        let graph = CompiledGraph(iotCatalog(), .live())
        #expect(try graph.needs("slot") == ["prepare-source"])
        #expect(try graph.needs("dump-schema") == ["slot"])
        for id in graph.ids("copy") + graph.ids("index") + graph.ids("constraint") {
            #expect(try graph.isBefore("slot", id))
            #expect(try graph.isBefore(id, "follow"))
        }
        #expect(try graph.needs("catch-up") == ["follow"])
        for id in graph.ids("foreign-key") + graph.ids("validate") + ["post-data"] {
            #expect(try graph.isBefore("catch-up", id))
            #expect(try graph.isBefore(id, "gate"))
        }
        #expect(graph.ids("source-unchanged").isEmpty)
        #expect(graph.graph.following?.tables.map(\.name.name) == ["alerts", "devices", "readings"])
    }

    @Test("builds the identity's index at once, other unique ones behind the newest watermark, deferrable ones last")
    func uniqueIndexes() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", [Column("id", .int8, notNull: true), Column("n", .int8)])
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        builder.addIndex("t_n_idx", on: table, ["n"])
        builder.addIndex("t_n_unique", on: table, ["n"], unique: true)
        builder.addKey("t_n_key", on: table, ["n"], kind: .unique)
        builder.addKey("t_n_excl", on: table, ["n"], kind: .exclusion)
        builder.addKey("t_n_late", on: table, ["n"], kind: .unique, deferrable: true)
        let graph = graph(builder)
        for id in ["index:public.t_pkey", "index:public.t_n_idx", "constraint:public.t.t_pkey"] {
            #expect(try graph.isBefore(id, "follow"))
        }
        for id in [
            "index:public.t_n_unique", "index:public.t_n_key", "constraint:public.t.t_n_key",
            "constraint:public.t.t_n_excl",
        ] {
            #expect(try graph.isBefore("catch-up", id))
            #expect(try graph.isBefore(id, "gate"))
        }
        #expect(
            try graph.needs("constraint:public.t.t_n_key") == ["index:public.t_n_key", "index:public.t_n_unique"])
        for id in ["index:public.t_n_late", "constraint:public.t.t_n_late"] {
            #expect(try graph.isBefore("drain", id))
            #expect(try graph.isBefore(id, "complete"))
        }
        // Comments on that key, and what else rests on it.
        #expect(try graph.isBefore("constraint:public.t.t_n_late", "post-data"))
    }

    @Test("compares and copies tables without identity after the drain, and makes their keys then")
    func insertsOnly() throws {
        var builder = CatalogBuilder()
        let devices = builder.addTable("devices")
        builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
        let metrics = builder.addTable("metrics", [Column("device_id", .int8), Column("n", .int8)], bytes: 5 << 20)
        builder.addIndex("metrics_n_idx", on: metrics, ["n"])
        builder.addIndex("metrics_n_unique", on: metrics, ["n"], unique: true)
        builder.addForeignKey("metrics_fkey", on: metrics, ["device_id"], references: devices, ["id"])
        let graph = graph(builder)
        let recopy = try graph.task("recopy")
        #expect(recopy.action == .recopyUnfollowed)
        #expect(recopy.weight == 5 << 20)
        #expect(try graph.needs("recopy") == ["drain"])
        #expect(try graph.isBefore("index:public.metrics_n_idx", "follow"))
        #expect(try graph.needs("index:public.metrics_n_unique") == ["recopy"])
        // Rows that the source has deleted are there until then.
        #expect(try graph.isBefore("foreign-key:public.metrics.metrics_fkey", "gate"))
        #expect(try graph.isBefore("recopy", "validate:public.metrics.metrics_fkey"))
        for id in ["triggers", "event-triggers", "verify:public.metrics:0001"] {
            #expect(try graph.isBefore("recopy", id))
        }
    }

    @Test("a foreign key to a table that is followed for inserts only waits for its key")
    func keyToUnfollowed() throws {
        var builder = CatalogBuilder()
        let one = builder.addTable("one")
        builder.addPrimaryKey("one_pkey", on: one, ["id"])
        let many = builder.addTable("many", [Column("id", .int8, notNull: true), Column("one_id", .int8)])
        builder.addPrimaryKey("many_pkey", on: many, ["id"])
        builder.addForeignKey("many_fkey", on: many, ["one_id"], references: one, ["id"])
        builder.edit { catalog in
            for position in catalog.constraints.indices where catalog.constraints[position].name == "many_fkey" {
                catalog.constraints[position].index = catalog.indexes.first { $0.name.name == "one_pkey" }?.oid
            }
        }
        let graph = graph(builder) { $0.replication.identity = [.sample("one", .insertsOnly)] }
        #expect(try graph.needs("index:public.one_pkey") == ["recopy"])
        #expect(try graph.isBefore("constraint:public.one.one_pkey", "foreign-key:public.many.many_fkey"))
        #expect(try graph.isBefore("foreign-key:public.many.many_fkey", "post-data"))
        #expect(try graph.isBefore("index:public.many_pkey", "follow"))
    }

    @Test("without tables that are followed for inserts only there is nothing to copy again")
    func nothingToRecopy() {
        #expect(CompiledGraph(iotCatalog(), .live()).ids("recopy").isEmpty)
    }

    @Test("copies large objects, sets sequences and refreshes views after the marker")
    func afterTheMarker() throws {
        var source = iotCatalog()
        source.largeObjectCount = 7
        source.eventTriggers = ["watch"]
        let graph = CompiledGraph(source, .live())
        #expect(try graph.needs("large-objects:0001") == ["drain"])
        #expect(try graph.needs("sequences") == ["drain"])
        #expect(try graph.needs("triggers") == ["drain"])
        #expect(try graph.needs("refresh:public.daily_totals") == ["triggers"])
        #expect(try graph.needs("fence") == ["gate"])
        #expect(try graph.needs("marker") == ["fence"])
        #expect(try graph.needs("drain") == ["marker"])
        for id in graph.ids where !["event-triggers", "complete"].contains(id) && !id.hasPrefix("verify") {
            #expect(try graph.isBefore(id, "event-triggers"))
        }
        #expect(try graph.needs("complete") == graph.ids("verify").sorted())
    }

    @Test("large objects that the application makes meanwhile are copied, too")
    func newLargeObjects() {
        #expect(CompiledGraph(iotCatalog(), .live()).ids("large-objects") == ["large-objects:0001"])
        #expect(CompiledGraph(iotCatalog()).ids("large-objects").isEmpty)
    }

    @Test("statistics objects come with the dump's end, and what they describe is analysed behind it")
    func lateStatistics() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        let statistics = builder.addObject("statistics object", "public.s", catalog: "pg_statistic_ext")
        builder.addDependency(of: ("pg_statistic_ext", statistics), on: ("pg_class", table))
        let graph = graph(builder)
        #expect(try graph.isBefore("post-data", "analyze:public.t"))
        #expect(try graph.isBefore("analyze:public.t", "gate"))
    }

    @Test("a table cut in pieces of one transaction each may be written frozen where it is one piece")
    func frozen() throws {
        let graph = CompiledGraph(iotCatalog(), .live())
        guard case .copy(let piece) = try graph.task("copy:public.devices:0001").action else {
            throw CompiledGraph.Missing()
        }
        #expect(piece.mayFreeze)
    }

    @Test("tables whose data the plan skips are not followed")
    func skipped() throws {
        let graph = CompiledGraph(iotCatalog(), .live { $0.copy.skipTableData = tables("public.alerts") })
        let following = try #require(graph.graph.following)
        #expect(following.tables.map(\.name.name) == ["devices", "readings"])
        #expect(following.published.map(\.name) == ["devices", "readings"])
    }

    @Test("an empty database still goes from the slot to the cutover")
    func empty() {
        let graph = graph(CatalogBuilder())
        #expect(
            graph.ids == [
                "prepare-source", "slot", "dump-schema", "pre-data", "follow", "catch-up", "post-data", "gate",
                "fence", "marker", "drain", "large-objects:0001", "triggers", "event-triggers", "complete",
            ])
    }
}

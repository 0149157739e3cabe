import Catalog
import PlanFile
import Testing

@testable import Planning

/// The IoT platform of the quickstart, small.
func iotCatalog() -> Catalog {
    var source = CatalogBuilder()
    let devices = source.addTable(
        "devices", [.init("id", .int8, notNull: true), .init("name", .text), .init("settings", .jsonb)],
        bytes: 12 << 20)
    source.addPrimaryKey("devices_pkey", on: devices, ["id"], bytes: 1 << 20)
    source.addSequence("devices_id_seq", ownedBy: devices, column: 1)
    let readings = source.addTable(
        "readings",
        [
            .init("time", .timestamptz, notNull: true), .init("device_id", .int8, notNull: true),
            .init("value", .float8),
        ], bytes: 600 << 20, rows: 8_000_000)
    source.addPrimaryKey("readings_pkey", on: readings, ["device_id", "time"], bytes: 250 << 20)
    source.addForeignKey("readings_device_id_fkey", on: readings, ["device_id"], references: devices, ["id"])
    let alerts = source.addTable(
        "alerts", [.init("id", .int8, notNull: true), .init("device_id", .int8), .init("raised", .timestamptz)],
        bytes: 80 << 20)
    source.addPrimaryKey("alerts_pkey", on: alerts, ["id"], bytes: 20 << 20)
    source.addIndex("alerts_raised_idx", on: alerts, ["raised"], bytes: 18 << 20)
    source.addForeignKey("alerts_device_id_fkey", on: alerts, ["device_id"], references: devices, ["id"])
    source.addView("daily_totals", reads: [readings], materialized: true, bytes: 1 << 20)
    return source.catalog
}

@Suite("Compiling")
struct CompilerTests {
    let target = CatalogBuilder(versionNumber: 170_011).catalog

    @Test("gives every task the positions of those before it, each once and all smaller than its own")
    func topological() {
        let graph = Compiler.compile(.sample(), source: iotCatalog(), target: target).graph
        #expect(Set(graph.tasks.map(\.id)).count == graph.tasks.count)
        for (position, task) in graph.tasks.enumerated() {
            #expect(task.needs.allSatisfy { $0 < position })
            #expect(task.needs == Set(task.needs).sorted())
        }
    }

    @Test("names tasks after what they do and to what")
    func ids() {
        let plan = Plan.sample { $0.hypertables = [.sample("readings")] }
        let compilation = Compiler.compile(plan, source: iotCatalog(), target: target)
        #expect(compilation.diagnostics.isEmpty)
        #expect(
            compilation.graph.tasks.map(\.id) == [
                "dump-schema",
                "extension:timescaledb",
                "pre-data",
                "hypertable:public.readings",
                "copy:public.readings:0001",
                "copy:public.readings:0002", "copy:public.readings:0003",
                "index:public.readings_time_idx",
                "constraint:public.readings.readings_pkey",
                "copy:public.devices:0001",
                "index:public.devices_pkey",
                "constraint:public.devices.devices_pkey",
                "foreign-key:public.readings.readings_device_id_fkey",
                "copy:public.alerts:0001",
                "analyze:public.readings",
                "index:public.alerts_pkey",
                "index:public.alerts_raised_idx",
                "constraint:public.alerts.alerts_pkey",
                "foreign-key:public.alerts.alerts_device_id_fkey",
                "analyze:public.alerts",
                "analyze:public.devices",
                "validate:public.alerts.alerts_device_id_fkey",
                "post-data",
                "refresh:public.daily_totals",
                "analyze:public.daily_totals",
                "sequences",
                "source-unchanged", "verify:public.readings:0001",
                "vacuum:public.readings:0001", "vacuum:public.readings:0002", "verify:public.alerts:0001",
                "verify:public.devices:0001", "vacuum:public.daily_totals",
            ])
    }
}

@testable import Catalog
@testable import PlanFile
@testable import Planning

enum LiveStreamCases {
    static let all: [CheckCase] = [
        CheckCase("SK705", "no plugin at all is allowed") {
            $0.goLive()
            $0.set(\.source, "output_plugin_libraries", "decoderbufs")
        },
        CheckCase("SK709", "tables of another owner, which test_decoding reads", .warning) {
            $0.goLive()
            $0.connectAsReader()
        },
        CheckCase(
            "SK712", "a replica identity of another's table",
            statement: "alter table \"public\".\"devices\" replica identity full;", alongside: ["SK709"],
        ) {
            $0.goLive()
            $0.connectAsReader()
            $0.plan.replication.identity = [.sample("devices", .full)]
        },
        CheckCase("SK713", "wal2json and floating point", .warning) {
            $0.goLive()
            $0.plan.replication.plugin = Located(.wal2json)
        },
        CheckCase("SK714", "large objects in a live migration", .note, alongside: ["SK404"]) {
            $0.goLive()
            $0.source.edit { $0.largeObjectCount = 3 }
        },
        CheckCase("SK715", "a table that the plan follows for inserts only", .note) {
            $0.goLive()
            $0.source.addTable("log", [.init("line", .text)])
            $0.plan.replication.identity = [.sample("log", .insertsOnly)]
        },
        CheckCase("SK716", "partitions with keys of their own", .warning, alongside: ["SK407"]) {
            $0.goLive()
            let root = $0.source.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
            let part = $0.source.addTable("p1", partitionOf: root)
            $0.source.addPrimaryKey("p1_pkey", on: part, ["id"])
        },
        CheckCase(
            "SK604", "another migration's slot", .warning, statement: "select pg_drop_replication_slot('skein_old');",
        ) { $0.addSlot("skein_old") },
        CheckCase("SK604", "a slot of this migration's name, without its state") {
            $0.goLive()
            $0.addSlot("skein_iot_production", retained: nil)
        },
        CheckCase("SK606", "a slot of this migration's name in another database") {
            $0.goLive()
            $0.addSlot("skein_iot_production", isActive: true, elsewhere: .database("shop"))
            $0.addSlot("skein_shop", elsewhere: .database("shop"))
        },
        CheckCase("SK606", "a physical slot of this migration's name") {
            $0.goLive()
            $0.addSlot("skein_iot_production", elsewhere: .server)
        },
        CheckCase(
            "SK605", "another migration's publication", .warning, statement: "drop publication \"skein_old_inserts\";",
        ) { $0.source.edit { $0.publications = ["skein_old_inserts"] } },
        CheckCase("SK605", "a publication of this migration's name, without its state") {
            $0.goLive()
            $0.source.edit { $0.publications = ["skein_iot_production"] }
        },
    ]
}

extension CheckFixture {
    mutating func addSlot(
        _ name: String, on side: WritableKeyPath<CheckFixture, CatalogBuilder> = \.source, isActive: Bool = false,
        retained: Int64? = 3 << 30, elsewhere: Catalog.ReplicationSlot.Elsewhere? = nil,
    ) {
        editServer(side) { server in
            server.migrationSlots.append(
                .init(
                    name: name, plugin: "pgoutput", isActive: isActive, retainedBytes: retained, elsewhere: elsewhere))
        }
    }
}

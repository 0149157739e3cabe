@testable import Catalog
@testable import PlanFile
@testable import Planning

extension CheckFixture {
    /// Live, with a fence and a way back.
    mutating func askForWayBack() {
        goLive()
        plan.cutover.fence = Located(.readOnly, at: Plan.at(20))
        plan.cutover.fallback = Located(true, at: Plan.at(21))
        set(\.target, "wal_level", "logical")
        set(\.target, "max_replication_slots", "10")
        set(\.target, "max_wal_senders", "10")
    }

    /// Not a superuser, on the target; it may replicate.
    mutating func connectToTargetAsUser() {
        editServer(\.target) { server in
            server.user = "mover"
            server.isSuperuser = false
            server.hasReplication = true
        }
    }
}

enum WayBackCases {
    static let all: [CheckCase] = ofServers + ofTables

    private static let ofServers: [CheckCase] = [
        CheckCase("SK730", "offline") { $0.plan.cutover.fallback = Located(true, at: Plan.at(21)) },
        CheckCase("SK731", "wal_level replica", statement: "alter system set wal_level = 'logical';") {
            $0.askForWayBack()
            $0.set(\.target, "wal_level", "replica")
        },
        CheckCase("SK732", "no slot left", statement: "alter system set max_replication_slots = 15;") {
            $0.askForWayBack()
            $0.editServer(\.target) { $0.usedReplicationSlots = 10 }
        },
        CheckCase("SK733", "no WAL sender left", statement: "alter system set max_wal_senders = 15;") {
            $0.askForWayBack()
            $0.editServer(\.target) { $0.usedWalSenders = 10 }
        },
        CheckCase("SK734", "no right to replicate", statement: "alter role \"mover\" replication;") {
            $0.askForWayBack()
            $0.connectToTargetAsUser()
            $0.editServer(\.target) { $0.hasReplication = false }
        },
        CheckCase("SK735", "test_decoding is not allowed, and there are hypertables") {
            $0.askForWayBack()
            $0.set(\.target, "output_plugin_libraries", "pgoutput")
        },
        CheckCase(
            "SK736", "session_replication_role of the source",
            statement: "grant set on parameter session_replication_role to \"reader\";", alongside: ["SK718"],
        ) {
            $0.askForWayBack()
            $0.connectAsReader(owning: true)
            $0.editServer(\.source) { $0.canSetReplicationRole = false }
        },
        CheckCase("SK736", "tables of another owner", alongside: ["SK709", "SK718"]) {
            $0.askForWayBack()
            $0.connectAsReader()
            $0.editServer(\.source) { $0.canSetReplicationRole = true }
        },
        CheckCase("SK737", "owners without a superuser") {
            $0.askForWayBack()
            $0.connectToTargetAsUser()
            $0.plan.grants.owners = Located(true)
        },
        CheckCase("SK738", "no fence", .warning) {
            $0.askForWayBack()
            $0.plan.cutover.fence = Located(.none, at: Plan.at(20))
        },
        CheckCase("SK739", "another database of the target has a slot of that name") {
            $0.askForWayBack()
            $0.addSlot("skein_iot_production_back", on: \.target, elsewhere: .database("other"))
        },
    ]

    private static let ofTables: [CheckCase] = [
        CheckCase("SK740", "a hypertable of the source", alongside: ["SK562", "SK563"]) {
            $0.askForWayBack()
            $0.makeHypertable()
        },
        CheckCase("SK741", "a table followed for inserts only", alongside: ["SK715"]) {
            $0.askForWayBack()
            $0.source.addTable("log", [.init("line", .text)])
            $0.plan.replication.identity = [.sample("log", .insertsOnly)]
        },
        CheckCase("SK742", "a hypertable with all its columns as identity") {
            $0.askForWayBack()
            $0.plan.replication.identity = [.sample("readings", .full)]
        },
        CheckCase("SK743", "children by inheritance", alongside: ["SK407", "SK518"]) {
            $0.askForWayBack()
            $0.addInherited()
        },
        CheckCase("SK744", "a table that was there before", alongside: ["SK629"]) {
            $0.askForWayBack()
            $0.addExisting()
        },
        CheckCase("SK745", "a columnstore") {
            $0.askForWayBack()
            $0.setPolicies(segmentBy: ["device_id"])
        },
        CheckCase("SK746", "large objects", alongside: ["SK404", "SK714"]) {
            $0.askForWayBack()
            $0.source.edit { $0.largeObjectCount = 3 }
        },
        CheckCase("SK747", "a table whose structure alone is moved", .warning) {
            $0.askForWayBack()
            $0.source.addTable("log", [.init("line", .text)])
            $0.plan.copy.skipTableData = tables("public.log")
        },
        CheckCase(
            "SK748", "a trigger that always fires",
            statement: "alter table \"public\".\"devices\" enable trigger \"audit\";",
        ) {
            $0.askForWayBack()
            let trigger = $0.source.addTrigger("audit", on: $0.devices)
            $0.source.edit { catalog in
                for position in catalog.triggers.indices where catalog.triggers[position].oid == trigger {
                    catalog.triggers[position].enabled = "A"
                }
            }
        },
    ]
}

@testable import Catalog
@testable import PlanFile
@testable import Planning

enum TableCases {
    static let all: [CheckCase] = [
        CheckCase("SK415", "large objects of other roles", alongside: ["SK404"]) {
            $0.source.edit {
                $0.largeObjectCount = 3
                $0.rights.unreadableLargeObjects = 2
            }
        },
        CheckCase(
            "SK401", "a table that the reader may not read",
            statement: "grant usage on schema \"public\" to \"reader\"; "
                + "grant select on \"public\".\"devices\" to \"reader\";",
        ) { fixture in
            fixture.connectAsReader()
            fixture.edit(fixture.devices) { $0.isReadable = false }
        },
        CheckCase(
            "SK401", "many tables that the reader may not read",
            statement: "grant usage on schema \"far\" to \"reader\"; "
                + "grant select on all tables in schema \"far\" to \"reader\";",
        ) { fixture in
            fixture.connectAsReader()
            fixture.source.addSchema("far")
            for number in 0..<11 {
                let table = fixture.source.addTable("far.t\(number)")
                fixture.edit(table) { $0.isReadable = false }
            }
        },
        CheckCase("SK402", "policies between the reader and the rows", statement: "alter role \"reader\" bypassrls;") {
            fixture in
            fixture.connectAsReader()
            fixture.edit(fixture.devices) { table in
                table.hasRowSecurity = true
                table.isReadable = false
            }
        },
        CheckCase("SK402", "policies forced on the owner") { fixture in
            fixture.connectAsReader()
            fixture.edit(fixture.devices) { table in
                table.owner = "reader"
                table.hasRowSecurity = true
                table.forcesRowSecurity = true
                table.isReadable = false
            }
        },
        CheckCase("SK403", "a sequence that the reader may not read") { fixture in
            fixture.connectAsReader()
            fixture.source.addSequence("numbers")
            fixture.source.edit { $0.sequences[0].isReadable = false }
        },
        CheckCase("SK404", "large objects", .note) { $0.source.edit { $0.largeObjectCount = 12 } },
        CheckCase("SK405", "an unlogged table", .note) { fixture in
            fixture.edit(fixture.devices) { $0.isUnlogged = true }
        },
        CheckCase(
            "SK405", "an unlogged table in live mode", .warning,
            statement: "alter table \"public\".\"devices\" set logged;",
        ) { fixture in
            fixture.goLive()
            fixture.edit(fixture.devices) { $0.isUnlogged = true }
        },
        CheckCase("SK406", "a foreign table", .note) {
            $0.source.addTable("far", kind: .foreignTable)
            $0.source.edit { $0.foreignServers = ["moon"] }
        },
        CheckCase("SK407", "a partitioned table", .note) {
            let parent = $0.source.addTable("events", kind: .partitionedTable, partitionKey: "LIST (id)")
            $0.source.addTable("events_1", partitionOf: parent)
        },
        CheckCase("SK407", "a child by inheritance", .note) { fixture in
            fixture.source.addTable("old_devices", inherits: [fixture.devices])
        },
        CheckCase("SK408", "a publication and a subscription", .note) {
            $0.source.edit { catalog in
                catalog.publications = ["feed"]
                catalog.subscriptions = ["news"]
            }
        },
        CheckCase("SK409", "a table in a tablespace", .warning) { fixture in
            fixture.edit(fixture.devices) { $0.tablespace = "fast" }
        },
        CheckCase(
            "SK410", "a schema named skein", statement: "alter schema skein rename to skein_of_the_source;"
        ) { fixture in
            fixture.edit(fixture.devices) { $0.name.schema = "skein" }
        },
        CheckCase("SK412", "a column of oids", .warning) { $0.source.addTable("files", [.init("content", .oid)]) },
        CheckCase("SK412", "an array of oids", .warning) { $0.source.addTable("files", [.init("parts", .oidArray)]) },
        CheckCase("SK413", "a column of regclass", .warning) { $0.source.addTable("audit", [.init("t", .regclass)]) },
        CheckCase("SK413", "a domain over regclass", .warning) {
            let domain = $0.source.addType("watched", .domain, base: 2205)
            $0.source.addTable("audit", [.init("t", type: domain, typeName: "watched")])
        },
        CheckCase(
            "SK414", "a column of abstime",
            statement: "alter table \"public\".\"old\" alter column \"at\" type timestamptz;",
        ) {
            let type = $0.source.addType("abstime", .base, schema: "pg_catalog")
            $0.source.addTable("old", [.init("at", type: type, typeName: "abstime")])
        },
    ]
}

enum LeftoverCases {
    static let all: [CheckCase] = [
        CheckCase(
            "SK601", "tables of the same names on the target", statement: "skein migrate plan.yaml --drop-if-exists",
        ) {
            $0.target.addTable("devices", bytes: 0)
            $0.target.addTable("readings")
        },
        CheckCase("SK601", "a view where a table is to be") { $0.target.addTable("devices", kind: .view) },
        CheckCase("SK601", "an index's name that another table has taken") { fixture in
            let table = fixture.target.addTable("machines")
            fixture.target.addIndex("devices_pkey", on: table, ["id"])
        },
        CheckCase("SK601", "a sequence of the same name") {
            $0.source.addSequence("numbers")
            $0.target.addSequence("numbers")
        },
        CheckCase("SK601", "a function of the same name and arguments") {
            $0.source.addObject("function", "public.f(integer)", catalog: "pg_proc")
            $0.target.addObject("function", "public.f(integer)", catalog: "pg_proc")
        },
        CheckCase(
            "SK602", "large objects on both sides",
            statement: "select lo_unlink(oid) from pg_largeobject_metadata;", alongside: ["SK404"],
        ) { fixture in
            fixture.source.edit { $0.largeObjectCount = 1 }
            fixture.target.edit { $0.largeObjectCount = 3 }
        },
        CheckCase("SK603", "another migration's state", .warning, statement: "skein clean PLAN") {
            $0.machine.otherMigrations = ["erp"]
        },
    ]
}

enum LiveCases {
    static let all: [CheckCase] = [
        CheckCase("SK701", "wal_level replica", statement: "alter system set wal_level = 'logical';") {
            $0.goLive()
            $0.set(\.source, "wal_level", "replica")
        },
        CheckCase(
            "SK701", "wal_level replica on RDS",
            statement: "aws rds modify-db-parameter-group --db-parameter-group-name GROUP --parameters "
                + "ParameterName=rds.logical_replication,ParameterValue=1,ApplyMethod=pending-reboot",
        ) {
            $0.goLive()
            $0.move(\.source, to: .rds)
            $0.set(\.source, "wal_level", "replica")
        },
        CheckCase("SK702", "no slot left", statement: "alter system set max_replication_slots = 15;") {
            $0.goLive()
            $0.editServer(\.source) { $0.usedReplicationSlots = 10 }
        },
        CheckCase("SK703", "no WAL sender left", statement: "alter system set max_wal_senders = 15;") {
            $0.goLive()
            $0.editServer(\.source) { $0.usedWalSenders = 10 }
        },
        CheckCase("SK704", "no right to replicate", statement: "alter role \"reader\" replication;") {
            $0.goLive()
            $0.connectAsReader(owning: true)
            $0.editServer(\.source) { $0.hasReplication = false }
        },
        CheckCase("SK704", "no right to replicate on RDS", statement: "grant rds_replication to \"reader\";") {
            $0.goLive()
            $0.move(\.source, to: .rds, as: "reader")
            $0.editServer(\.source) { $0.hasReplication = false }
        },
        CheckCase(
            "SK705", "wal2json is not allowed",
            statement: "alter system set output_plugin_libraries = 'pgoutput', 'test_decoding', 'wal2json';",
            alongside: ["SK713"],
        ) {
            $0.goLive()
            $0.plan.replication.plugin = Located(.wal2json)
            $0.set(\.source, "output_plugin_libraries", "pgoutput, test_decoding")
        },
        CheckCase("SK706", "a limit to kept WAL", .warning) {
            $0.goLive()
            $0.set(\.source, "max_slot_wal_keep_size", "1024")
        },
        CheckCase("SK707", "a sender that gives up after 5 s", .warning) {
            $0.goLive()
            $0.set(\.source, "wal_sender_timeout", "5000")
        },
        CheckCase("SK717", "a database of another owner, to be fenced", statement: "grant \"boss\" to \"reader\";") {
            $0.goLive()
            $0.connectAsReader(owning: true)
            $0.editServer(\.source) { $0.roleMemberships += ["pg_signal_backend", "pg_monitor"] }
            $0.plan.cutover.fence = Located(.readOnly)
            $0.source.edit {
                $0.rights.ownsDatabase = false
                $0.rights.databaseOwner = "boss"
            }
        },
        CheckCase(
            "SK718", "no right to end sessions, with a fence", .warning,
            statement: "grant pg_signal_backend to \"reader\";",
        ) {
            $0.goLive()
            $0.connectAsReader(owning: true)
            $0.editServer(\.source) { $0.roleMemberships += ["pg_monitor"] }
            $0.plan.cutover.fence = Located(.readOnly)
        },
        CheckCase("SK708", "10 GB free for a spool of 200", .warning) {
            $0.goLive()
            $0.machine.freeSpoolBytes = 10 << 30
        },
        CheckCase("SK709", "tables of another owner", statement: "grant \"postgres\" to \"reader\";") {
            $0.goLive()
            $0.connectAsReader()
            $0.plan.replication.plugin = Located(.pgoutput)
        },
        CheckCase("SK709", "no right to create in the source database") {
            $0.goLive()
            $0.plan.replication.plugin = Located(.pgoutput)
            $0.connectAsReader()
            $0.editServer(\.source) { server in
                server.canCreateInDatabase = false
                server.roleMemberships = ["postgres"]
            }
        },
        CheckCase(
            "SK710", "a table without a key", .warning,
            statement: "alter table \"public\".\"log\" replica identity full;",
        ) {
            $0.goLive()
            $0.source.addTable("log", [.init("line", .text)])
        },
        CheckCase("SK710", "a key that is deferrable", .warning) {
            $0.goLive()
            let table = $0.source.addTable("slots")
            $0.source.addKey("slots_pkey", on: table, ["id"], deferrable: true)
        },
        CheckCase("SK711", "an identity index that does not exist") {
            $0.goLive()
            let table = QualifiedName(schema: "public", name: "devices")
            $0.plan.replication.identity = [
                .init(table: Located(table, at: Plan.at(8)), choice: Located(.index("nowhere"), at: Plan.at(8)))
            ]
        },
        CheckCase("SK711", "an identity index on a column that may hold NULL") { fixture in
            fixture.goLive()
            fixture.source.addIndex("devices_serial_key", on: fixture.devices, ["serial"], unique: true)
            let table = QualifiedName(schema: "public", name: "devices")
            fixture.plan.replication.identity = [
                .init(table: Located(table), choice: Located(.index("devices_serial_key")))
            ]
        },
    ]
}

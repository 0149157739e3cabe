import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

/// A migration that no check says anything about: devices and their readings, which become a hypertable. Tests change
/// one thing and see what is found.
struct CheckFixture {
    var plan = Plan.sample { plan in
        plan.source.uri = Located("postgres://source/iot", at: Plan.at(4))
        plan.target.uri = Located("postgres://target/iot", at: Plan.at(6))
        plan.mode = Located(.offline, at: Plan.at(3))
        plan.hypertables = [.sample("readings")]
    }
    var source = CatalogBuilder()
    var target = CatalogBuilder(
        versionNumber: 170_011, settings: ["shared_preload_libraries": "timescaledb", "max_worker_processes": "16"])
    var jobs = JobDecision(
        tableJobs: 4, tableJobsWhy: "", indexJobs: 2, indexJobsWhy: "", maintenanceWorkMemKB: 65_536,
        maintenanceWorkMemWhy: "", splitLargerThan: 1 << 30, splitWhy: "")
    var machine = Machine(dumpTools: [.pgDump(15)], dumpTool: .pgDump(15))
    let devices: OID
    let readings: OID

    init() {
        devices = source.addTable("devices", [.init("id", .int8, notNull: true), .init("serial", .text)])
        source.addPrimaryKey("devices_pkey", on: devices, ["id"])
        readings = source.addTable(
            "readings",
            [
                .init("time", .timestamptz, notNull: true), .init("device_id", .int8, notNull: true),
                .init("value", .float8),
            ])
        source.addPrimaryKey("readings_pkey", on: readings, ["device_id", "time"])
        source.addForeignKey("readings_device_fkey", on: readings, ["device_id"], references: devices, ["id"])
        target.addExtension("timescaledb", version: "2.19.3")
        target.edit { catalog in
            catalog.server.systemIdentifier = "7300000000000000002"
            catalog.server.timescaleLicense = "apache"
            catalog.server.availableExtensions["timescaledb"] = "2.19.3"
        }
    }

    var context: CheckContext {
        let source = source.catalog
        let selection = ResolvedSelection(plan, source: source)
        var access = AccessPlanner(
            plan: plan, source: source, target: target.catalog, exclusions: selection.exclusions)
        return CheckContext(
            plan: plan, source: source, target: target.catalog, selected: .init(selection), jobs: jobs,
            machine: machine, access: access.decide())
    }

    /// What the checks find.
    var findings: [Diagnostic] { Checks.run(context) }

    // MARK: Turns that many tests need

    mutating func editServer(
        _ side: WritableKeyPath<CheckFixture, CatalogBuilder>, _ change: (inout Catalog.Server) -> Void
    ) {
        self[keyPath: side].edit { change(&$0.server) }
    }

    mutating func set(_ side: WritableKeyPath<CheckFixture, CatalogBuilder>, _ name: String, _ value: String?) {
        editServer(side) { server in
            server.settings[name] = value.map { Catalog.Setting(value: $0, unit: nil, pendingRestart: false) }
        }
    }

    mutating func edit(_ table: OID, _ change: (inout Catalog.Relation) -> Void) {
        source.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].oid == table {
                change(&catalog.relations[position])
            }
        }
    }

    /// The readings' hypertable entry.
    mutating func editEntry(_ change: (inout Plan.Hypertable) -> Void) { change(&plan.hypertables[0]) }

    /// Not a superuser, on the source.
    mutating func connectAsReader(owning: Bool = false) {
        editServer(\.source) { server in
            server.user = "reader"
            server.roleMemberships = owning ? ["postgres"] : []
            server.isSuperuser = false
            server.bypassesRowSecurity = false
        }
    }

    /// A server as a service runs it: its signs, and a role of a customer's.
    mutating func move(
        _ side: WritableKeyPath<CheckFixture, CatalogBuilder>, to place: Plan.Provider, as user: String? = nil,
    ) {
        editServer(side) { server in
            server.isSuperuser = false
            server.bypassesRowSecurity = false
            server.user = user ?? (place == .rds || place == .aurora ? "master" : "tsdbadmin")
            server.roleMemberships = ["postgres"]
            switch place {
            case .rds, .aurora:
                server.roles += ["rdsadmin", "rds_superuser", "rds_replication"]
                server.roleMemberships.append("rds_superuser")
                if place == .aurora { server.providerFunctions = ["aurora_version"] }
            case .mst:
                server.roles += ["_aiven", "tsdbadmin"]
            default: server.roles += ["tsdbadmin", "tsdbowner"]
            }
        }
    }

    mutating func goLive() {
        plan.mode = Located(.live, at: Plan.at(3))
        set(\.source, "wal_level", "logical")
        set(\.source, "max_replication_slots", "10")
        set(\.source, "max_wal_senders", "10")
    }
}

extension Machine.DumpTool {
    static func pgDump(_ major: Int) -> Self {
        Self(path: "/usr/lib/postgresql/\(major)/bin/pg_dump", version: "\(major).2", major: major)
    }
}

/// One way to make a check strike, and it alone.
struct CheckCase: Sendable, CustomTestStringConvertible {
    let code: String
    let name: String
    let severity: Diagnostic.Severity
    /// In the statement, if one is expected.
    let statement: String?
    /// What the same circumstances also lead to.
    let alongside: Set<String>
    let spoil: @Sendable (inout CheckFixture) -> Void

    init(
        _ code: String, _ name: String, _ severity: Diagnostic.Severity = .error, statement: String? = nil,
        alongside: Set<String> = [], spoil: @escaping @Sendable (inout CheckFixture) -> Void,
    ) {
        self.code = code
        self.name = name
        self.severity = severity
        self.statement = statement
        self.alongside = alongside
        self.spoil = spoil
    }

    var testDescription: String { "\(code): \(name)" }
}

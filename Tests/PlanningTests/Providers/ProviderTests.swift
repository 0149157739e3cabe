import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

/// What a server must show, and what it is taken for.
struct Sight: Sendable, CustomTestStringConvertible {
    let name: String
    let provider: Plan.Provider
    let why: String
    let show: @Sendable (inout Catalog) -> Void
    var testDescription: String { name }

    init(
        _ name: String, _ provider: Plan.Provider, _ why: String, show: @escaping @Sendable (inout Catalog) -> Void,
    ) {
        (self.name, self.provider, self.why, self.show) = (name, provider, why, show)
    }
}

@Suite("Providers")
struct ProviderTests {
    static func setting(_ value: String) -> Catalog.Setting { .init(value: value, unit: nil, pendingRestart: false) }

    static let sights: [Sight] = [
        Sight("nothing", .postgres, "nothing of a managed service shows") { _ in },
        Sight("RDS by its roles", .rds, "role rdsadmin, role rds_superuser") {
            $0.server.roles += ["rdsadmin", "rds_superuser"]
        },
        Sight("RDS by a setting", .rds, "setting rds.extensions") {
            $0.server.settings["rds.logical_replication"] = setting("off")
            $0.server.settings["rds.extensions"] = setting("address_standardizer")
        },
        Sight("Aurora, which shows what RDS shows", .aurora, "function aurora_version()") {
            $0.server.roles += ["rdsadmin", "rds_superuser"]
            $0.server.providerFunctions = ["aurora_version"]
        },
        Sight("MST, whose administrator is Tiger's namesake", .mst, "role _aiven, extension aiven_extras") {
            $0.server.roles += ["_aiven", "tsdbadmin"]
            $0.server.availableExtensions["aiven_extras"] = "1.1"
            $0.server.settings["timescaledb.license"] = setting("timescale")
        },
        Sight("Tiger Cloud", .tigerCloud, "setting tsdb_admin.protected_roles, role tsdbadmin") {
            $0.server.roles += ["tsdbadmin"]
            $0.server.settings["tsdb_admin.protected_roles"] = setting("postgres")
        },
        Sight("TimescaleDB in the database", .timescaledb, "extension timescaledb") {
            $0.extensions.append(.init(oid: 1, name: "timescaledb", version: "2.19.3", schema: "public"))
        },
        Sight("TimescaleDB preloaded", .timescaledb, "timescaledb is preloaded") {
            $0.server.settings["timescaledb.license"] = setting("apache")
        },
        Sight("a superuser among a service's roles", .postgres, "nothing of a managed service shows") {
            $0.server.roles += ["rdsadmin", "rds_superuser", "tsdbadmin", "_aiven"]
            $0.server.isSuperuser = true
        },
    ]

    @Test("are recognised by what the server shows", arguments: sights)
    func recognised(_ sight: Sight) {
        var catalog = CatalogBuilder().catalog
        catalog.server.isSuperuser = false
        sight.show(&catalog)
        let recognised = RecognisedProvider(.auto, catalog)
        #expect(recognised.profile.provider == sight.provider)
        #expect(recognised.why == sight.why)
        #expect(!recognised.isContradicted)
        // Saying the same is no contradiction; saying another managed place is one.
        #expect(!RecognisedProvider(sight.provider, catalog).isContradicted)
        let other = RecognisedProvider(sight.provider == .mst ? .rds : .mst, catalog)
        #expect(other.isContradicted && other.why == "the plan says so")
        #expect(other.profile.provider != sight.provider)
    }

    @Test("every provider of the plan language has a profile of its own")
    func profiles() {
        for provider in Plan.Provider.allCases {
            let profile = ProviderProfile.of(provider)
            #expect(profile.provider == (provider == .auto ? .postgres : provider))
            #expect(profile.isManaged == !profile.administrators.isEmpty)
            #expect(profile.hasTablespaces == !profile.isManaged)
        }
    }

    @Test("own roles, schemas, extensions and databases are told from a customer's")
    func own() {
        let (rds, tiger, mst) = (ProviderProfile.rds, ProviderProfile.tigerCloud, ProviderProfile.mst)
        #expect(rds.owns(role: "rdsadmin") && rds.owns(role: "rds_iam") && !rds.owns(role: "rdsx"))
        #expect(!rds.owns(role: "postgres") && tiger.owns(role: "postgres") && mst.owns(role: "_aiven"))
        #expect(rds.owns(extension: "aws_s3") && !rds.owns(extension: "postgis"))
        #expect(rds.owns(schema: "aws_s3") && !rds.owns(schema: "public") && rds.owns(database: "rdsadmin"))
        #expect(!ProviderProfile.postgres.owns(role: "postgres"))
        #expect(!rds.mayHave(.replication) && mst.mayHave(.replication) && !mst.mayHave(.superuser))
    }

    @Test(
        "a setting is changed where the provider changes it",
        arguments: [
            (Plan.Provider.postgres, "max_wal_senders", "alter system set max_wal_senders = 15;", "restart the server"),
            (
                .rds, "max_wal_senders",
                "aws rds modify-db-parameter-group --db-parameter-group-name GROUP --parameters "
                    + "ParameterName=max_wal_senders,ParameterValue=15,ApplyMethod=pending-reboot",
                "reboot the instance"
            ),
            (
                .aurora, "wal_level",
                "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name GROUP --parameters "
                    + "ParameterName=rds.logical_replication,ParameterValue=1,ApplyMethod=pending-reboot",
                "reboot the writer instance"
            ),
            (.mst, "max_wal_senders", "avn service update SERVICE -c pg.max_wal_senders=15", "advanced configuration"),
            (.mst, "max_connections", nil, "choose a larger one"),
            (.tigerCloud, "max_wal_senders", nil, "Tiger Console"),
        ] as [(Plan.Provider, String, String?, String)])
    func settings(_ provider: Plan.Provider, _ name: String, _ statement: String?, _ words: String) {
        let change = SettingChange(name, to: "15", .restart, at: .of(provider), on: .source)
        #expect(change.statement == statement)
        #expect(change.cure.contains(words), "\(change.cure)")
        #expect(change.cure.contains("below") == (provider != .postgres && statement != nil))
    }

    @Test("a list of values is one value to a parameter group")
    func list() {
        let change = SettingChange(
            "output_plugin_libraries", to: "'pgoutput', 'wal2json'", .reload, at: .rds, on: .source)
        #expect(change.statement?.contains("ParameterValue='\"pgoutput, wal2json\"',ApplyMethod=immediate") == true)
        let timeout = SettingChange("wal_sender_timeout", to: "'60s'", bare: "60000", .reload, at: .mst, on: .source)
        #expect(timeout.statement == "avn service update SERVICE -c pg.wal_sender_timeout=60000")
    }

    /// Circumstances that a service words otherwise than a server of one's own.
    static let wordings: [(String, Plan.Provider, cure: String, statement: String?)] = [
        ("SK402", .rds, "Run on the source as the master user:", "grant \"owner\" to \"master\";"),
        ("SK209", .rds, "Run on the target as the master user:", "grant rds_superuser to \"master\";"),
        ("SK209", .tigerCloud, "Let target.uri name tsdbadmin: no other role of Tiger Cloud may.", nil),
        (
            "SK230", .tigerCloud,
            "Leave it out (`select: {extensions: {exclude: [hll]}}`), or use a target that has it.", nil
        ),
    ]

    @Test("cures are worded for the provider at hand", arguments: wordings)
    func cures(_ code: String, _ provider: Plan.Provider, _ cure: String, _ statement: String?) throws {
        var fixture = CheckFixture()
        let side: WritableKeyPath<CheckFixture, CatalogBuilder> = code < "SK2" || code > "SK4" ? \.source : \.target
        fixture.move(side, to: provider)
        switch code {
        case "SK402":
            fixture.edit(fixture.devices) { relation in
                relation.hasRowSecurity = true
                relation.owner = "owner"
            }
        case "SK209": fixture.editServer(\.target) { $0.canSetReplicationRole = false }
        default: fixture.source.addExtension("hll")
        }
        let finding = try #require(fixture.findings.first { $0.code == code })
        #expect(finding.statement == statement)
        #expect(finding.cure?.contains(cure.dropFirst()) == true, "\(finding.cure ?? "")")
    }

    @Test("a service's administrator may create what only superusers may elsewhere")
    func extensions() {
        var fixture = CheckFixture()
        fixture.source.addExtension("postgis")
        fixture.editServer(\.target) { server in
            server.availableExtensions["postgis"] = "1.0"
            server.superuserExtensions = ["postgis"]
            server.isSuperuser = false
        }
        #expect(fixture.findings.map(\.code) == ["SK235"])
        fixture.move(\.target, to: .tigerCloud)
        #expect(fixture.findings == [])
        fixture.move(\.target, to: .tigerCloud, as: "someone")
        #expect(fixture.findings.map(\.code) == ["SK235"])
    }

    @Test("extensions and schemas of the source's provider stay behind, and what needs them is named")
    func leftBehind() {
        var fixture = CheckFixture()
        fixture.source.addExtension("aws_s3")
        fixture.source.addSchema("aws_commons")
        fixture.move(\.source, to: .rds)
        let selection = ResolvedSelection(fixture.plan, source: fixture.source.catalog)
        #expect(selection.extensions.isEmpty)
        #expect(selection.exclusions.extensions == ["aws_s3"])
        #expect(selection.exclusions.schemas == ["aws_commons"])
        let document = PlanDocument(
            fixture.plan, source: fixture.source.catalog, target: fixture.target.catalog, selection: selection,
            graph: nil, diagnostics: [])
        #expect(document.skipped.map(\.why) == ["it is Amazon RDS's own", "it is Amazon RDS's own"])
        #expect(document.source.provider == .rds && document.target.provider == .timescaledb)
        // On a server of one's own they are like any other.
        fixture.editServer(\.source) { $0.isSuperuser = true }
        #expect(ResolvedSelection(fixture.plan, source: fixture.source.catalog).extensions.map(\.name) == ["aws_s3"])
    }
}

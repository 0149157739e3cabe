package import PlanFile

/// What we know of each place people come from and go to. From the services' documentation: Amazon's "Understanding the
/// rds_superuser role" and "Setting up logical replication", Tiger's "Live migration" and "Manage data security", Aiven's
/// "Set up logical replication" and aiven_extras.
extension ProviderProfile {
    /// - Parameter provider: `auto` gives PostgreSQL's own.
    package static func of(_ provider: Plan.Provider) -> ProviderProfile {
        switch provider {
        case .auto, .postgres: postgres
        case .timescaledb: timescaledb
        case .rds: rds
        case .aurora: aurora
        case .mst: mst
        case .tigerCloud: tigerCloud
        }
    }

    static let postgres = selfHosted(.postgres, "PostgreSQL, self-hosted")
    static let timescaledb = selfHosted(.timescaledb, "TimescaleDB, self-hosted")
    static let rds = amazon(.rds, "Amazon RDS", isCluster: false)
    static let aurora = amazon(.aurora, "Amazon Aurora", isCluster: true)

    /// A machine of one's own: everything may be changed, by a superuser.
    private static func selfHosted(_ provider: Plan.Provider, _ name: String) -> ProviderProfile {
        ProviderProfile(
            provider: provider, name: name, settingsPlace: .alterSystem, settingAliases: [:],
            settingsOfTheService: [], administrators: [], replicationRole: nil, withheldAttributes: [],
            rolePatterns: [], schemaPatterns: [], extensionPatterns: [], databasePatterns: [], hasTablespaces: true,
            hasWal2json: nil)
    }

    private static func amazon(_ provider: Plan.Provider, _ name: String, isCluster: Bool) -> ProviderProfile {
        ProviderProfile(
            provider: provider, name: name, settingsPlace: .parameterGroup(cluster: isCluster),
            settingAliases: ["wal_level": ("rds.logical_replication", "1")], settingsOfTheService: [],
            administrators: ["rds_superuser"], replicationRole: "rds_replication",
            withheldAttributes: [.superuser, .replication, .bypassrls],
            rolePatterns: ["rds_*", "rdsadmin", "rdsrepladmin", "rdstopmgr", "rdsproxyadmin"],
            schemaPatterns: ["aws_commons", "aws_s3", "aws_lambda", "aws_ml", "aws_oracle_ext", "rds_*"],
            extensionPatterns: [
                "aws_*", "apg_*", "aurora_*", "rds_*", "rds_tools", "rdkit_aws", "log_fdw", "flow_control",
                "pg_transport",
            ],
            databasePatterns: ["rdsadmin"],
            // RDS takes `create tablespace`, but all of them lie on the instance's one volume.
            hasTablespaces: false, hasWal2json: true)
    }

    static let mst = ProviderProfile(
        provider: .mst, name: "Managed Service for TimescaleDB (MST, on Aiven)",
        settingsPlace: .console(
            "the service's advanced configuration", command: "avn service update SERVICE -c pg.%name=%value"),
        settingAliases: [:],
        settingsOfTheService: ["max_connections", "effective_cache_size", "shared_preload_libraries"],
        administrators: ["avnadmin", "tsdbadmin"], replicationRole: nil,
        withheldAttributes: [.superuser, .bypassrls],
        rolePatterns: ["_aiven*", "aiven*", "avnadmin", "tsdbadmin", "postgres", "metrics_user_*"],
        schemaPatterns: ["aiven_extras", "metric_helpers", "user_management"],
        extensionPatterns: ["aiven_extras", "aiven_gatekeeper"], databasePatterns: ["_aiven"], hasTablespaces: false,
        hasWal2json: true)

    static let tigerCloud = ProviderProfile(
        provider: .tigerCloud, name: "Tiger Cloud",
        settingsPlace: .console("Tiger Console (Operations, Database parameters)", command: nil), settingAliases: [:],
        settingsOfTheService: ["shared_preload_libraries"], administrators: ["tsdbadmin"], replicationRole: nil,
        withheldAttributes: [.superuser, .replication, .bypassrls],
        rolePatterns: [
            "postgres", "tsdbadmin", "tsdbowner", "tsdbexplorer", "tsdbreadonly", "tsadmin", "tsquerykiller",
            "tslogical",
            "standby", "admin", "zalandos", "pgpool*", "_cloud_*",
        ],
        schemaPatterns: ["_timescaledb_*", "timescaledb_*", "toolkit_experimental", "metric_helpers", "_osm_*"],
        extensionPatterns: ["timescaledb_osm", "ts_*", "tsdb_*", "timescaledb_lake"],
        databasePatterns: ["_dodb", "postgres"], hasTablespaces: false, hasWal2json: true)
}

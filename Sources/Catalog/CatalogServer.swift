extension Catalog {
    /// The server itself: version, settings, rights, room.
    package struct Server: Sendable, Codable, Equatable {
        /// As `server_version_num`: 150020 is 15.20.
        package var versionNumber: Int
        /// As `server_version`.
        package var version: String
        package var database: String
        package var user: String
        package var isSuperuser: Bool
        package var hasReplication: Bool
        package var canCreateInDatabase: Bool
        /// May `set session_replication_role`: superuser, or granted (15 and later).
        package var canSetReplicationRole: Bool
        /// Nil where `pg_control_system()` is refused.
        package var systemIdentifier: String?
        package var timeline: Int?
        package var inRecovery: Bool
        package var encoding: String
        package var collate: String
        package var ctype: String
        /// `datcollversion`, nil where the provider has none.
        package var collationVersion: String?
        package var settings: [String: Setting]
        package var usedConnections: Int
        package var usedReplicationSlots: Int
        package var usedWalSenders: Int
        /// Extensions whose files the server has: name to default version.
        package var availableExtensions: [String: String]
        package var roles: [String]
        package var tablespaces: [String]
        package var databaseBytes: Int64
        /// `pg_current_snapshot()` (text) of the reading transaction.
        package var snapshot: String
        /// Transactions open longer than 5 minutes (or as the reader's options say) when we looked.
        package var longTransactions: [LongTransaction]
        /// Fastest of several round trips, seconds.
        package var roundTripSeconds: Double
        /// Set when the connection went through something that is not the server itself (pgbouncer, odyssey, …): why
        /// we think so.
        package var poolerEvidence: String?
        /// `timescale` or `apache`, where TimescaleDB is installed in the database.
        package var timescaleLicense: String?
        /// Superuser, or a role with BYPASSRLS.
        package var bypassesRowSecurity = false
        /// Roles that the connected one is a member of, directly or not; empty for a superuser, who needs none.
        package var roleMemberships: [String] = []
        /// `datlocprovider`: `c` libc, `i` ICU, `b` built in. `c` before PostgreSQL 15.
        package var localeProvider = "c"
        /// The ICU or built-in locale, nil with libc.
        package var locale: String?
        /// Whether the database holds a schema `skein`: a migration's state.
        package var hasSkeinState = false
        /// Extensions whose files the server has: name to every version that can be created.
        package var availableExtensionVersions: [String: [String]] = [:]
        /// Extensions of these that only a superuser can create.
        package var superuserExtensions: [String] = []
        /// Names of the collations in `pg_catalog` that the database's encoding can use.
        package var collations: [String] = []
        /// Event triggers that never fire, of `eventTriggers`.
        package var disabledEventTriggers: [String] = []
        /// Of this database, those that are named as migrations name theirs.
        package var migrationSlots: [ReplicationSlot] = []
        /// Functions that only a certain service's servers have, such as `aurora_version`.
        package var providerFunctions: [String] = []

        /// The value of a setting, nil where the server has none of that name.
        package func setting(_ name: String) -> String? { settings[name]?.value }
    }

    package struct Setting: Sendable, Codable, Equatable {
        /// As `pg_settings.reset_val`, in `unit`: what sessions have that set nothing themselves.
        package var value: String
        package var unit: String?
        package var pendingRestart: Bool
    }

    package struct LongTransaction: Sendable, Codable, Equatable {
        package var pid: Int
        package var applicationName: String
        package var ageSeconds: Double
        package var database: String?
        /// Whether it has written: only such a transaction holds the creation of a replication slot up.
        package var hasTransactionID = false
    }

    /// Of the connected database; as `pg_prepared_xacts`.
    package struct PreparedTransaction: Sendable, Codable, Equatable {
        package var gid: String
        package var owner: String
        package var ageSeconds: Double
    }
}

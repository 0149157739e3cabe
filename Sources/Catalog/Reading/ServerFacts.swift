internal import Postgres

extension CatalogReading {
    func server(_ options: CatalogReader.Options, _ link: Link) throws -> Catalog.Server {
        let facts = try connection.query(serverQuery)
        var row = Row(facts, 0)
        let settings = try settings()
        let offers = try offers()
        let history = try ServerHistory.read(connection)
        let server = Catalog.Server(
            versionNumber: version, version: settings["server_version"]?.value ?? "", database: row.text(),
            user: row.text(), isSuperuser: row.bool(), hasReplication: row.bool(), canCreateInDatabase: row.bool(),
            canSetReplicationRole: try canSetReplicationRole(), systemIdentifier: history.systemIdentifier,
            timeline: history.timeline, inRecovery: row.bool(), encoding: row.text(), collate: row.text(),
            ctype: row.text(), collationVersion: row.optionalText(), settings: settings,
            usedConnections: row.int(), usedReplicationSlots: row.int(), usedWalSenders: row.int(),
            availableExtensions: try availableExtensions(), roles: try names(Self.roleQuery),
            tablespaces: try names(Self.tablespaceQuery), databaseBytes: row.bytes(), snapshot: row.text(),
            longTransactions: try longTransactions(atLeast: options.longTransactionSeconds),
            roundTripSeconds: link.roundTripSeconds,
            poolerEvidence: link.poolerEvidence,
            timescaleLicense: scope.hasTimescaleDB ? settings["timescaledb.license"]?.value : nil,
            bypassesRowSecurity: row.bool(), roleMemberships: row.texts(), localeProvider: row.text(),
            locale: row.optionalText(), hasSkeinState: row.bool(),
            availableExtensionVersions: try availableExtensionVersions(),
            superuserExtensions: offers.superuserExtensions, collations: offers.collations,
            disabledEventTriggers: offers.disabledEventTriggers, migrationSlots: try migrationSlots(),
            providerFunctions: try names(Self.providerFunctionQuery))
        return server
    }

    private var serverQuery: String {
        let snapshot = version >= 130000 ? "pg_current_snapshot" : "txid_current_snapshot"
        let collationVersion =
            switch version {
            case 150000...: "pg_catalog.pg_database_collation_actual_version(d.oid)"
            // Up to 14 no version is kept for the database, but the same collation by name has one.
            case 130000...: "(select pg_catalog.pg_collation_actual_version(l.oid) \(Self.sameCollation) limit 1)"
            default: "null"
            }
        let provider = version >= 150000 ? "d.datlocprovider" : "'c'"
        let locale =
            switch version {
            case 170000...: "d.datlocale"
            case 150000...: "d.daticulocale"
            default: "null"
            }
        return """
            select d.datname, r.rolname, r.rolsuper,
                r.rolsuper or r.rolreplication or exists (
                    select from pg_catalog.pg_roles m
                    where m.rolname = 'rds_replication' and pg_catalog.pg_has_role(m.oid, 'usage')),
                pg_catalog.has_database_privilege(d.oid, 'create'),
                pg_catalog.pg_is_in_recovery(), pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
                \(collationVersion),
                (select count(*) from pg_catalog.pg_stat_activity a where \(Self.isClient)),
                (select count(*) from pg_catalog.pg_replication_slots),
                (select count(*) from pg_catalog.pg_stat_replication),
                case when pg_catalog.has_database_privilege(d.oid, 'connect')
                    then pg_catalog.pg_database_size(d.oid) end,
                pg_catalog.\(snapshot)()::text,
                r.rolsuper or r.rolbypassrls,
                array(select m.rolname from pg_catalog.pg_roles m
                    where m.oid <> r.oid and not r.rolsuper and pg_catalog.pg_has_role(r.oid, m.oid, 'member')
                    order by m.rolname),
                \(provider), \(locale),
                exists (select from pg_catalog.pg_namespace where nspname = 'skein')
            from pg_catalog.pg_database d
            join pg_catalog.pg_roles r on r.rolname = current_user
            where d.datname = pg_catalog.current_database()
            """
    }

    private static let sameCollation = """
        from pg_catalog.pg_collation l where l.collcollate = d.datcollate and l.collprovider = 'c'
        """

    /// Of `pg_stat_activity a`: takes one of `max_connections`. The kind of other roles' sessions is hidden from roles
    /// without `pg_read_all_stats`; those in a database are taken for clients then.
    private static let isClient = """
        (a.backend_type = 'client backend' or (a.backend_type is null and a.datid is not null))
        """

    private static let roleQuery = "select rolname from pg_catalog.pg_roles"
    private static let tablespaceQuery = "select spcname from pg_catalog.pg_tablespace"

    private static let providerFunctionQuery = """
        select distinct p.proname::text from pg_catalog.pg_proc p where p.proname in ('aurora_version')
        """

    /// Settings that tell who runs the server, asked for by name as well: `pg_settings` leaves out those that no loaded
    /// library has declared.
    private static let providerSettings = [
        "aiven.pg_security_agent", "rds.extensions", "rds.logical_replication", "rds.superuser_variables",
        "tsdb_admin.allowed_databases", "tsdb_admin.protected_roles",
    ]

    /// Every setting the role may see. `reset_val` is what a session has that sets nothing itself, as ours does.
    private func settings() throws -> [String: Catalog.Setting] {
        let query = """
            select s.name, coalesce(s.reset_val, s.setting), s.unit, s.pending_restart from pg_catalog.pg_settings s
            """
        var settings: [String: Catalog.Setting] = [:]
        let result = try connection.query(query)
        for index in result.indices {
            var row = Row(result, index)
            settings[row.text()] = Catalog.Setting(
                value: row.text(), unit: row.optionalText(), pendingRestart: row.bool())
        }
        for name in Self.providerSettings where settings[name] == nil {
            let query = "select pg_catalog.current_setting($1, true)"
            guard let value = try connection.scalar(query, [name]), !value.isEmpty else { continue }
            settings[name] = Catalog.Setting(value: value, unit: nil, pendingRestart: false)
        }
        return settings
    }

    /// Whether it works, which services with patched rights (RDS) answer best by doing; undone at once.
    private func canSetReplicationRole() throws -> Bool {
        let done: Bool? = try attempt {
            try connection.execute(
                """
                savepoint role;
                set local session_replication_role = replica;
                rollback to savepoint role;
                release savepoint role
                """)
            return true
        }
        return done ?? false
    }

    private func availableExtensions() throws -> [String: String] {
        let query = "select name, default_version from pg_catalog.pg_available_extensions"
        let pairs = try connection.query(query).rows { row in (row.text(), row.text()) }
        return Dictionary(pairs) { first, _ in first }
    }

    private func availableExtensionVersions() throws -> [String: [String]] {
        let query = "select name, version from pg_catalog.pg_available_extension_versions order by name, version"
        var versions: [String: [String]] = [:]
        for (name, version) in try connection.query(query).rows({ ($0.text(), $0.text()) }) {
            versions[name, default: []].append(version)
        }
        return versions
    }

    /// `xact_start` of other roles' sessions is hidden from roles without `pg_read_all_stats`.
    private func longTransactions(atLeast seconds: Int) throws -> [Catalog.LongTransaction] {
        let query = """
            select a.pid, a.application_name, extract(epoch from pg_catalog.clock_timestamp() - a.xact_start),
                a.datname, a.backend_xid is not null
            from pg_catalog.pg_stat_activity a
            where a.xact_start <= pg_catalog.clock_timestamp() - $1::integer * interval '1 second'
                and a.pid <> pg_catalog.pg_backend_pid() and \(Self.isClient)
            order by a.xact_start, a.pid
            """
        return try connection.query(query, [String(seconds)]).rows { row in
            Catalog.LongTransaction(
                pid: row.int(), applicationName: row.text(), ageSeconds: row.optionalDouble() ?? 0,
                database: row.optionalText(), hasTransactionID: row.bool())
        }
    }
}

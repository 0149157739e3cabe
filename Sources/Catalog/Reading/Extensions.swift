internal import PlanFile
internal import Postgres

extension CatalogReading {
    func extensions() throws -> [Catalog.Extension] {
        let configuration = try configurationTables()
        return try connection.query(Self.extensionQuery).rows { row in
            let oid = row.oid()
            return Catalog.Extension(
                oid: oid, name: row.text(), version: row.text(), schema: row.text(),
                configurationTables: configuration[oid] ?? [])
        }
        .sorted { $0.name < $1.name }
    }

    private static let extensionQuery = """
        select x.oid, x.extname, x.extversion, n.nspname
        from pg_catalog.pg_extension x
        join pg_catalog.pg_namespace n on n.oid = x.extnamespace
        """

    private func configurationTables() throws -> [OID: [Catalog.ConfigurationTable]] {
        var tables: [OID: [Catalog.ConfigurationTable]] = [:]
        let result = try connection.query(Self.configurationQuery)
        for index in result.indices {
            var row = Row(result, index)
            tables[row.oid(), default: []].append(
                Catalog.ConfigurationTable(
                    table: QualifiedName(schema: row.text(), name: row.text()), condition: row.text()))
        }
        return tables
    }

    /// Configuration tables may be sequences, too.
    private static let configurationQuery = """
        select x.oid, n.nspname, c.relname, f.condition
        from pg_catalog.pg_extension x
        cross join lateral unnest(x.extconfig, x.extcondition) with ordinality f (relation, condition, number)
        join pg_catalog.pg_class c on c.oid = f.relation and c.relkind in ('r', 'p')
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        order by x.oid, f.number
        """

    static let publicationQuery = "select pubname from pg_catalog.pg_publication"

    /// Not every column of `pg_subscription` is everybody's to read; these are.
    static let subscriptionQuery = """
        select s.subname from pg_catalog.pg_subscription s
        where s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
        """

    static let eventTriggerQuery = """
        select t.evtname from pg_catalog.pg_event_trigger t where \(CatalogScope.isNoMember("pg_event_trigger", "t.oid"))
        """

    static let foreignServerQuery = """
        select s.srvname from pg_catalog.pg_foreign_server s
        where \(CatalogScope.isNoMember("pg_foreign_server", "s.oid"))
        """

    static let largeObjectQuery = "select count(*) from pg_catalog.pg_largeobject_metadata"

    static let preparedTransactionQuery = """
        select gid, owner, extract(epoch from pg_catalog.clock_timestamp() - prepared)
        from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database() order by prepared, gid
        """

    func preparedTransactions() throws -> [Catalog.PreparedTransaction] {
        try connection.query(Self.preparedTransactionQuery).rows { row in
            Catalog.PreparedTransaction(gid: row.text(), owner: row.text(), ageSeconds: row.optionalDouble() ?? 0)
        }
    }
}

internal import Postgres

extension CatalogReading {
    /// Users' triggers, unsorted: neither those that implement foreign keys nor TimescaleDB's own.
    func triggers() throws -> [Catalog.Trigger] {
        let parent = version >= 130000 ? "t.tgparentid" : "null"
        let query = """
            select t.oid, t.tgname, t.tgrelid, t.tgtype & 1 = 1,
                t.tgoldtable is not null or t.tgnewtable is not null, t.tgenabled, \(parent),
                t.tgtype & 7 = 7
            from pg_catalog.pg_trigger t
            join pg_catalog.pg_proc p on p.oid = t.tgfoid
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            where not t.tgisinternal and t.tgrelid in (\(scope.tables)) and n.nspname !~ '^_timescaledb_'
                and \(CatalogScope.isNoMember("pg_trigger", "t.oid"))
            """
        return try connection.query(query).rows { row in
            Catalog.Trigger(
                oid: row.oid(), name: row.text(), table: row.oid(), isRowLevel: row.bool(),
                hasTransitionTables: row.bool(), enabled: row.text(), parent: row.optionalOID(),
                isBeforeInsert: row.bool())
        }
    }

    /// Row security policies, unsorted.
    func policies() throws -> [Catalog.Policy] {
        let query = """
            select p.oid, p.polname, p.polrelid,
                array(select r.rolname from pg_catalog.pg_roles r where r.oid = any (p.polroles) order by r.rolname)
            from pg_catalog.pg_policy p
            where p.polrelid in (\(scope.tables))
            """
        return try connection.query(query).rows { row in
            Catalog.Policy(oid: row.oid(), name: row.text(), table: row.oid(), roles: row.texts())
        }
    }
}

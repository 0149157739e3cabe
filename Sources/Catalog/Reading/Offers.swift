internal import Postgres

/// What a server offers to definitions that name it, for the checks of a target; and rules, which TimescaleDB refuses.
struct Offers {
    var superuserExtensions: [String]
    var collations: [String]
    var disabledEventTriggers: [String]
}

extension CatalogReading {
    func offers() throws -> Offers {
        var row = Row(try connection.query(offerQuery), 0)
        return Offers(
            superuserExtensions: row.texts(), collations: row.texts(), disabledEventTriggers: row.texts())
    }

    private var offerQuery: String {
        // Before 13, what needed a superuser could be trusted to nobody else.
        let trusted = version >= 130000 ? "v.trusted" : "false"
        return """
            select array(
                    select v.name::text from pg_catalog.pg_available_extension_versions v
                    join pg_catalog.pg_available_extensions e on e.name = v.name and e.default_version = v.version
                    where v.superuser and not \(trusted) order by 1),
                array(
                    select distinct l.collname::text from pg_catalog.pg_collation l
                    join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
                    where l.collnamespace = 'pg_catalog'::pg_catalog.regnamespace
                        and l.collencoding in (-1, d.encoding) order by 1),
                array(
                    select t.evtname::text from pg_catalog.pg_event_trigger t where t.evtenabled = 'D' order by 1)
            """
    }

    /// Rules of tables, by the table's OID. A view's own is no rule of a user's.
    func rules() throws -> [OID: [String]] {
        let query = """
            select r.ev_class, r.rulename
            from pg_catalog.pg_rewrite r
            where r.ev_class in (\(scope.tables)) and r.rulename <> '_RETURN'
            order by r.ev_class, r.rulename
            """
        var rules: [OID: [String]] = [:]
        for (table, name) in try connection.query(query).rows({ ($0.oid(), $0.text()) }) {
            rules[table, default: []].append(name)
        }
        return rules
    }
}

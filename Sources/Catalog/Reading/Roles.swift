internal import Postgres

extension CatalogReading {
    /// All but the server's own. Reads no password, only of what kind it is.
    func roles(canReadPasswords: Bool) throws -> [Catalog.Role] {
        try connection.query(canReadPasswords ? Self.roleQuery(Self.passwordKind) : Self.roleQuery("null")).rows {
            row in
            let (name, isFirst) = (row.text(), row.bool())
            var attributes: Set<Catalog.RoleAttribute> = []
            for attribute in Catalog.RoleAttribute.allCases where row.bool() { attributes.insert(attribute) }
            return Catalog.Role(
                name: name, attributes: attributes, connectionLimit: row.optionalInt() ?? -1,
                validUntil: row.optionalText(), comment: row.optionalText(), isFirst: isFirst,
                password: row.optionalText().flatMap(Catalog.Role.Password.init(rawValue:)))
        }
    }

    /// The first superuser's OID is `BOOTSTRAP_SUPERUSERID`, 10, in all versions. Columns in the order of
    /// `RoleAttribute`.
    private static func roleQuery(_ password: String) -> String {
        """
        select r.rolname, r.oid = 10, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolcanlogin,
            r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil,
            pg_catalog.shobj_description(r.oid, 'pg_authid'), \(password)
        from pg_catalog.pg_roles r
        where r.rolname !~ '^pg_'
        order by r.rolname collate "C"
        """
    }

    private static let passwordKind = """
        (select case when a.rolpassword is null then 'none' when a.rolpassword like 'md5%' then 'md5' else 'scram' end
            from pg_catalog.pg_authid a where a.oid = r.oid)
        """

    func canReadPasswords() throws -> Bool {
        try connection.scalar(
            """
            select pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'select')
                and pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolname', 'select')
                and pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'oid', 'select')
            """) == "t"
    }

    func memberships() throws -> [Catalog.Membership] {
        let options = version >= 160_000 ? "m.inherit_option, m.set_option" : "null, null"
        return try connection.query(
            """
            select r.rolname, u.rolname, g.rolname, m.admin_option, \(options)
            from pg_catalog.pg_auth_members m
            join pg_catalog.pg_roles r on r.oid = m.roleid
            join pg_catalog.pg_roles u on u.oid = m.member
            left join pg_catalog.pg_roles g on g.oid = m.grantor
            where u.rolname !~ '^pg_'
            order by r.rolname collate "C", u.rolname collate "C", g.rolname collate "C"
            """
        ).rows { row in
            Catalog.Membership(
                role: row.text(), member: row.text(), grantor: row.optionalText(), isAdmin: row.bool(),
                inherits: row.optionalText().map { $0 == "t" }, maySet: row.optionalText().map { $0 == "t" })
        }
    }

    func storedSettings() throws -> [Catalog.StoredSetting] {
        try connection.query(Self.storedSettingQuery).rows { row in
            Catalog.StoredSetting(
                role: row.optionalText(), isOfDatabase: row.bool(), name: row.text(), value: row.text())
        }
    }

    /// An entry is `name=value`, and no name holds `=`.
    private static let storedSettingQuery = """
        select r.rolname, s.setdatabase <> 0, pg_catalog.split_part(c.entry, '=', 1),
            pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1)
        from pg_catalog.pg_db_role_setting s
        left join pg_catalog.pg_roles r on r.oid = s.setrole
        cross join lateral pg_catalog.unnest(s.setconfig) as c (entry)
        where (s.setrole = 0 or r.oid is not null)
            and s.setdatabase in (
                0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))
        order by r.rolname collate "C" nulls first, 2, 3
        """
}

internal import Postgres

extension CatalogReading {
    /// - Parameter objects: what `objects()` gives.
    func access(_ objects: [Catalog.SchemaObject]) throws -> Catalog.Access {
        var access = Catalog.Access()
        access.canReadPasswords = try canReadPasswords()
        access.roles = try roles(canReadPasswords: access.canReadPasswords)
        access.memberships = try memberships()
        access.settings = try storedSettings()
        access.objects = try secured(objects)
        access.defaults = try defaultPrivileges()
        access.databaseComment = try connection.scalar(Self.databaseCommentQuery)
        for (owner, count, granted) in try connection.query(Self.largeObjectOwnerQuery).rows({ row in
            (row.text(), row.int(), row.int())
        }) {
            access.largeObjects[owner] = count
            access.grantedLargeObjects += granted
        }
        return access
    }

    private static let databaseCommentQuery = """
        select pg_catalog.shobj_description(d.oid, 'pg_database') from pg_catalog.pg_database d
        where d.datname = pg_catalog.current_database()
        """

    private static let largeObjectOwnerQuery = """
        select pg_catalog.pg_get_userbyid(m.lomowner), count(*), count(*) filter (where m.lomacl is not null)
        from pg_catalog.pg_largeobject_metadata m group by m.lomowner
        """

    // MARK: Owners

    private func secured(_ objects: [Catalog.SchemaObject]) throws -> [Catalog.Secured] {
        let entries = try privileges()
        var owned: [Catalog.Secured] = []
        func add(_ object: Catalog.Secured, hasPrivileges: Bool) {
            var object = object
            let all = entries[object.id] ?? []
            object.privileges = hasPrivileges ? all.filter { $0.column == nil } : nil
            object.columnPrivileges = all.filter { $0.column != nil }
            owned.append(object)
        }
        for query in [Self.databaseQuery, Self.schemaOwnerQuery, relationOwnerQuery] {
            let rows = try connection.query(query)
            for index in rows.indices {
                var row = Row(rows, index)
                let id = Catalog.ObjectID(catalog: row.text(), oid: row.oid())
                guard let kind = Catalog.SecuredKind(rawValue: row.text()) else { continue }
                let object = Catalog.Secured(
                    id: id, kind: kind, name: row.text(), schema: row.optionalText(), owner: row.text(),
                    followsTable: row.bool())
                add(object, hasPrivileges: row.bool())
            }
        }
        let known = Dictionary(objects.map { ($0.id, $0) }) { first, _ in first }
        let rows = try connection.query(Self.objectOwnerQuery)
        for index in rows.indices {
            var row = Row(rows, index)
            let id = Catalog.ObjectID(catalog: row.text(), oid: row.oid())
            let (owner, hasPrivileges) = (row.text(), row.bool())
            guard let object = known[id], let kind = Self.securedKind(object.kind) else { continue }
            add(
                Catalog.Secured(id: id, kind: kind, name: object.identity, schema: object.schema, owner: owner),
                hasPrivileges: hasPrivileges)
        }
        return owned.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    /// - Parameter word: as `pg_identify_object` calls it.
    private static func securedKind(_ word: String) -> Catalog.SecuredKind? {
        switch word {
        case "function", "procedure", "aggregate": .routine
        case "type", "domain": .type
        case "foreign-data wrapper": .foreignDataWrapper
        case "statistics object": .statistics
        default: Catalog.SecuredKind(rawValue: word)
        }
    }

    private static let databaseQuery = """
        select 'pg_database', d.oid, 'database', pg_catalog.quote_ident(d.datname), null,
            pg_catalog.pg_get_userbyid(d.datdba), false, d.datacl is not null
        from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
        """

    private static let schemaOwnerQuery = """
        select 'pg_namespace', n.oid, 'schema', pg_catalog.quote_ident(n.nspname), n.nspname,
            pg_catalog.pg_get_userbyid(n.nspowner), false, n.nspacl is not null
        from pg_catalog.pg_namespace n
        where \(CatalogScope.schema) and \(CatalogScope.isNoMember("pg_namespace", "n.oid"))
        """

    private var relationOwnerQuery: String {
        """
        select 'pg_class', c.oid,
            case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                when 'S' then 'sequence' else 'table' end,
            pg_catalog.format('%I.%I', n.nspname, c.relname), n.nspname, pg_catalog.pg_get_userbyid(c.relowner),
            c.relkind = 'S' and exists (
                select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0
                    and d.deptype in ('a', 'i')),
            c.relacl is not null
        """ + " " + scope.relations(CatalogScope.tableKinds + "S")
    }

    /// System catalogs of the other objects that have owners, with their columns of owner and privileges.
    private static let owners: [(catalog: String, owner: String, privileges: String?)] = [
        ("pg_proc", "proowner", "proacl"), ("pg_type", "typowner", "typacl"), ("pg_language", "lanowner", "lanacl"),
        ("pg_foreign_data_wrapper", "fdwowner", "fdwacl"), ("pg_foreign_server", "srvowner", "srvacl"),
        ("pg_operator", "oprowner", nil), ("pg_opclass", "opcowner", nil), ("pg_opfamily", "opfowner", nil),
        ("pg_collation", "collowner", nil), ("pg_conversion", "conowner", nil), ("pg_statistic_ext", "stxowner", nil),
        ("pg_ts_config", "cfgowner", nil), ("pg_ts_dict", "dictowner", nil), ("pg_event_trigger", "evtowner", nil),
    ]

    /// Objects that `initdb` made have OIDs below 16384.
    private static let objectOwnerQuery = owners.map { catalog, owner, privileges in
        """
        select '\(catalog)', o.oid, pg_catalog.pg_get_userbyid(o.\(owner)),
            \(privileges.map { "o.\($0) is not null" } ?? "false")
        from pg_catalog.\(catalog) o where o.oid >= 16384
        """
    }.joined(separator: "\nunion all\n")

    // MARK: Privileges

    private func privileges() throws -> [Catalog.ObjectID: [Catalog.Privilege]] {
        var found: [Catalog.ObjectID: [Catalog.Privilege]] = [:]
        let rows = try connection.query(Self.privilegeQuery)
        for index in rows.indices {
            var row = Row(rows, index)
            let id = Catalog.ObjectID(catalog: row.text(), oid: row.oid())
            let column = row.optionalText()
            guard let privilege = Self.privilege(&row, column) else { continue }
            found[id, default: []].append(privilege)
        }
        return found
    }

    /// Grantor, grantee's OID, grantee, right, grant option. Nil where one of the roles is gone.
    private static func privilege(_ row: inout Row, _ column: String?) -> Catalog.Privilege? {
        let (grantor, isPublic, grantee) = (row.optionalText(), row.bool(), row.optionalText())
        let (name, isGrantable) = (row.text(), row.bool())
        guard let grantor, isPublic || grantee != nil else { return nil }
        return Catalog.Privilege(
            grantee: grantee, grantor: grantor, name: name, isGrantable: isGrantable, column: column)
    }

    private static let exploded = """
        g.rolname, a.grantee = 0, e.rolname, a.privilege_type, a.is_grantable
        """
    private static let explosion = """
        cross join lateral pg_catalog.aclexplode(o.acl) as a
        left join pg_catalog.pg_roles g on g.oid = a.grantor
        left join pg_catalog.pg_roles e on e.oid = a.grantee
        """

    private static let privilegeQuery: String = {
        let others = owners.compactMap { catalog, _, privileges in
            privileges.map {
                "select '\(catalog)', oid, null::name, \($0) from pg_catalog.\(catalog) where oid >= 16384"
            }
        }
        let all =
            [
                "select 'pg_class', oid, null::name, relacl from pg_catalog.pg_class where oid >= 16384",
                """
                select 'pg_class', attrelid, attname, attacl from pg_catalog.pg_attribute
                where attrelid >= 16384 and not attisdropped
                """,
                "select 'pg_namespace', oid, null::name, nspacl from pg_catalog.pg_namespace",
                """
                select 'pg_database', oid, null::name, datacl from pg_catalog.pg_database
                where datname = pg_catalog.current_database()
                """,
            ] + others
        return """
            select o.catalog, o.oid, o.name, \(exploded)
            from (\(all.joined(separator: "\nunion all\n"))) as o (catalog, oid, name, acl)
            \(explosion)
            where o.acl is not null
            order by 1, 2, 3 nulls first, g.rolname, e.rolname nulls first, a.privilege_type
            """
    }()

    private func defaultPrivileges() throws -> [Catalog.DefaultPrivileges] {
        var found: [Catalog.DefaultPrivileges] = []
        let rows = try connection.query(Self.defaultPrivilegeQuery)
        for index in rows.indices {
            var row = Row(rows, index)
            let (role, schema) = (row.text(), row.optionalText())
            guard let kind = Catalog.SecuredKind(rawValue: row.text()) else { continue }
            if let last = found.last, last.role == role, last.schema == schema, last.kind == kind {
            } else {
                found.append(.init(role: role, schema: schema, kind: kind, privileges: []))
            }
            if let privilege = Self.privilege(&row, nil) { found[found.count - 1].privileges.append(privilege) }
        }
        return found
    }

    /// Also of entries that leave nobody any right.
    private static let defaultPrivilegeQuery = """
        select r.rolname, n.nspname,
            case o.defaclobjtype when 'r' then 'table' when 'S' then 'sequence' when 'f' then 'routine'
                when 'T' then 'type' when 'n' then 'schema' when 'L' then 'large object' end,
            g.rolname, a.grantee = 0, e.rolname, a.privilege_type, a.is_grantable
        from pg_catalog.pg_default_acl o
        join pg_catalog.pg_roles r on r.oid = o.defaclrole
        left join pg_catalog.pg_namespace n on n.oid = o.defaclnamespace
        left join lateral pg_catalog.aclexplode(o.defaclacl) as a on true
        left join pg_catalog.pg_roles g on g.oid = a.grantor
        left join pg_catalog.pg_roles e on e.oid = a.grantee
        order by 1, 2 nulls first, o.defaclobjtype, g.rolname, e.rolname nulls first, a.privilege_type
        """
}

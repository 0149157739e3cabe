internal import Postgres

extension CatalogReading {
    /// Users' objects that are no relation: functions, types, operators …, unsorted.
    func objects() throws -> [Catalog.SchemaObject] {
        try connection.query(Self.objectQuery).rows { row in
            let id = Catalog.ObjectID(catalog: row.text(), oid: row.oid())
            let schema = row.optionalText()
            guard let kind = row.optionalText(), let identity = row.optionalText() else { return try vanished() }
            return Catalog.SchemaObject(id: id, kind: kind, identity: identity, schema: schema)
        }
    }

    /// System catalogs of objects that live in a schema, with their column of it and what else must hold.
    private static let inSchemas: [(catalog: String, schema: String, condition: String)] = [
        ("pg_proc", "pronamespace", "true"),
        ("pg_type", "typnamespace", userTypes),
        ("pg_operator", "oprnamespace", "true"),
        ("pg_opclass", "opcnamespace", "true"),
        ("pg_opfamily", "opfnamespace", "true"),
        ("pg_collation", "collnamespace", "true"),
        ("pg_conversion", "connamespace", "true"),
        ("pg_statistic_ext", "stxnamespace", "true"),
        ("pg_ts_config", "cfgnamespace", "true"),
        ("pg_ts_dict", "dictnamespace", "true"),
        ("pg_ts_parser", "prsnamespace", "true"),
        ("pg_ts_template", "tmplnamespace", "true"),
    ]

    /// System catalogs of objects outside schemas. Publications and subscriptions are not migrated.
    private static let outsideSchemas = [
        "pg_am", "pg_cast", "pg_event_trigger", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_language",
        "pg_transform",
    ]

    /// Of `pg_type o`: no row type of a relation, no array, no multirange; those come and go with what they belong to.
    private static let userTypes = """
        o.typtype <> 'm'
            and (o.typrelid = 0
                or exists (select from pg_catalog.pg_class c where c.oid = o.typrelid and c.relkind = 'c'))
            and not exists (select from pg_catalog.pg_type y where y.oid = o.typelem and y.typarray = o.oid)
        """

    /// Neither members of extensions (e) nor what the server itself made for another object (i), such as a range type's
    /// constructors. Objects that `initdb` made have OIDs below 16384 (PostgreSQL's `FirstNormalObjectId`).
    private static let objectQuery: String = {
        let inside = inSchemas.map { catalog, schema, condition in
            """
            select 'pg_catalog.\(catalog)'::pg_catalog.regclass, o.oid
            from pg_catalog.\(catalog) o
            join pg_catalog.pg_namespace n on n.oid = o.\(schema)
            where o.oid >= 16384 and \(CatalogScope.schema) and \(condition)
            """
        }
        let outside = outsideSchemas.map { catalog in
            "select 'pg_catalog.\(catalog)'::pg_catalog.regclass, o.oid from pg_catalog.\(catalog) o where o.oid >= 16384"
        }
        return """
            select c.relname, o.oid, i.schema, i.type, i.identity
            from (\((inside + outside).joined(separator: "\nunion all\n"))) o (classid, oid)
            join pg_catalog.pg_class c on c.oid = o.classid
            cross join lateral pg_catalog.pg_identify_object(o.classid, o.oid, 0) i
            where not exists (
                select from pg_catalog.pg_depend e
                where e.classid = o.classid and e.objid = o.oid and e.deptype in ('e', 'i'))
            """
    }()
}

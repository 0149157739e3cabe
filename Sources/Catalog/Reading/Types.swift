internal import Postgres

extension CatalogReading {
    /// Types that columns use, and those they are made of.
    func types() throws -> [OID: Catalog.DataType] {
        let types = try connection.query(typeQuery).rows { row -> Catalog.DataType? in
            let (oid, schema, name) = (row.oid(), row.text(), row.text())
            guard let kind = Catalog.DataType.Kind(rawValue: row.text()) else { return nil }
            return Catalog.DataType(
                oid: oid, schema: schema, name: name, kind: kind, element: row.optionalOID(), base: row.optionalOID(),
                attributes: row.ints().map { OID($0) }, hasBinaryIO: row.bool(), extensionName: row.optionalText())
        }
        return Dictionary(uniqueKeysWithValues: types.map { ($0.oid, $0) })
    }

    private var typeQuery: String {
        let rangeTypes = version >= 140000 ? "r.rngtypid, r.rngmultitypid" : "r.rngtypid"
        return """
            with recursive used (oid) as (
                select distinct a.atttypid
                from pg_catalog.pg_attribute a
                where a.attrelid in (\(scope.tables)) and a.attnum > 0 and not a.attisdropped
                union
                select part.oid
                from used u
                cross join lateral (
                    -- Only types of variable length are arrays: point, name and others have an element type too.
                    select t.typelem from pg_catalog.pg_type t
                    where t.oid = u.oid and t.typelem <> 0 and t.typlen = -1
                    union all
                    select t.typbasetype from pg_catalog.pg_type t where t.oid = u.oid and t.typbasetype <> 0
                    union all
                    select r.rngsubtype from pg_catalog.pg_range r where u.oid in (\(rangeTypes))
                    union all
                    select a.atttypid from pg_catalog.pg_type t
                    join pg_catalog.pg_attribute a on a.attrelid = t.typrelid
                    where t.oid = u.oid and t.typtype = 'c' and a.attnum > 0 and not a.attisdropped
                ) part (oid)
            )
            select t.oid, n.nspname, t.typname, t.typtype, case when t.typlen = -1 then t.typelem end,
                coalesce(
                    nullif(t.typbasetype, 0),
                    (select r.rngsubtype from pg_catalog.pg_range r where t.oid in (\(rangeTypes)))),
                array(
                    select a.atttypid from pg_catalog.pg_attribute a
                    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
                    order by a.attnum),
                t.typsend <> 0 and t.typreceive <> 0,
                (select x.extname from pg_catalog.pg_depend d
                    join pg_catalog.pg_extension x on x.oid = d.refobjid
                    where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.deptype = 'e'
                    and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                    and d.objid in (t.oid, case when t.typlen = -1 then t.typelem end)
                    limit 1)
            from used u
            join pg_catalog.pg_type t on t.oid = u.oid
            join pg_catalog.pg_namespace n on n.oid = t.typnamespace
            """
    }
}

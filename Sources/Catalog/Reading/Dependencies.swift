internal import Postgres

extension CatalogReading {
    /// What needs what, among the objects given, sorted. Members of extensions stand as their extension; indexes,
    /// triggers and policies of the relations given stand for themselves, beside what they need of their own relation.
    func dependencies(among known: Set<Catalog.ObjectID>) throws -> [Catalog.Dependency] {
        let result = try connection.query(dependencyQuery)
        var found: Set<Catalog.Dependency> = []
        for index in result.indices {
            var row = Row(result, index)
            let dependency = Catalog.Dependency(
                dependent: Catalog.ObjectID(catalog: row.text(), oid: row.oid()),
                on: Catalog.ObjectID(catalog: row.text(), oid: row.oid()))
            let isKnown =
                row.optionalOID().map { known.contains(.relation($0)) } ?? known.contains(dependency.dependent)
            if isKnown, known.contains(dependency.on) { found.insert(dependency) }
        }
        return found.sorted { ($0.dependent, $0.on) < ($1.dependent, $1.on) }
    }

    /// Parts of objects, and the object each stands as.
    private var parts: [(catalog: String, whole: String, query: String)] {
        let multiranges = ("pg_type", "pg_type", "select rngmultitypid, rngtypid from pg_catalog.pg_range")
        return [
            ("pg_rewrite", "pg_class", "select oid, ev_class from pg_catalog.pg_rewrite"),
            ("pg_attrdef", "pg_class", "select oid, adrelid from pg_catalog.pg_attrdef"),
            ("pg_constraint", "pg_class", "select oid, conrelid from pg_catalog.pg_constraint where conrelid <> 0"),
            ("pg_constraint", "pg_type", "select oid, contypid from pg_catalog.pg_constraint where contypid <> 0"),
            // Internal ones would make a table need those that refer to it.
            ("pg_trigger", "pg_class", "select oid, tgrelid from pg_catalog.pg_trigger where not tgisinternal"),
            ("pg_policy", "pg_class", "select oid, polrelid from pg_catalog.pg_policy"),
            ("pg_class", "pg_class", "select indexrelid, indrelid from pg_catalog.pg_index"),
            ("pg_class", "pg_type", "select oid, reltype from pg_catalog.pg_class where relkind = 'c'"),
            ("pg_type", "pg_class", "\(Self.typesOfRelations) where c.relkind <> 'c'"),
            ("pg_type", "pg_class", "\(Self.arraysOfRelations) where c.relkind <> 'c'"),
            ("pg_type", "pg_type", "\(Self.arrays) where c.oid is null or c.relkind = 'c'"),
            ("pg_amop", "pg_opfamily", "select oid, amopfamily from pg_catalog.pg_amop"),
            ("pg_amproc", "pg_opfamily", "select oid, amprocfamily from pg_catalog.pg_amproc"),
        ] + (version >= 140000 ? [multiranges] : [])
    }

    /// Parts of relations that can be left out alone, with their relation. Internal triggers are foreign keys' own.
    private static let separableParts = """
        select 'pg_catalog.pg_trigger'::pg_catalog.regclass::oid, oid, tgrelid
        from pg_catalog.pg_trigger where not tgisinternal
        union all
        select 'pg_catalog.pg_policy'::pg_catalog.regclass::oid, oid, polrelid from pg_catalog.pg_policy
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass::oid, indexrelid, indrelid from pg_catalog.pg_index
        """

    private static let typesOfRelations = """
        select t.oid, t.typrelid from pg_catalog.pg_type t join pg_catalog.pg_class c on c.oid = t.typrelid
        """
    private static let arraysOfRelations = """
        select t.typarray, t.typrelid from pg_catalog.pg_type t join pg_catalog.pg_class c on c.oid = t.typrelid
        """
    private static let arrays = """
        select t.typarray, t.oid from pg_catalog.pg_type t left join pg_catalog.pg_class c on c.oid = t.typrelid
        """

    /// Types of dependency as PostgreSQL's manual lists them under `pg_depend`: normal, automatic and internal ones.
    /// Objects below 16384 are the server's own.
    private var dependencyQuery: String {
        let parts = parts.map { catalog, whole, query in
            """
            select 'pg_catalog.\(catalog)'::pg_catalog.regclass::oid, p.part,
                'pg_catalog.\(whole)'::pg_catalog.regclass::oid, p.whole
            from (\(query)) p (part, whole) where p.part >= 16384
            """
        }
        return """
            with part (catalog, oid, whole_catalog, whole) as materialized (
                \(parts.joined(separator: "\nunion all\n"))
            ), member (catalog, oid, extension) as materialized (
                select d.classid, d.objid, d.refobjid from pg_catalog.pg_depend d
                where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            ), separable (catalog, oid, relation) as materialized (
                \(Self.separableParts)
            ), whole as materialized (
                select case when s.oid is null then coalesce(p.whole_catalog, d.classid) else d.classid end as catalog,
                    case when s.oid is null then coalesce(p.whole, d.objid) else d.objid end as oid, s.relation,
                    coalesce(q.whole_catalog, d.refclassid) as on_catalog, coalesce(q.whole, d.refobjid) as on_oid
                from pg_catalog.pg_depend d
                left join separable s on s.catalog = d.classid and s.oid = d.objid
                left join part p on p.catalog = d.classid and p.oid = d.objid
                left join part q on q.catalog = d.refclassid and q.oid = d.refobjid
                where d.deptype in ('n', 'a', 'i') and d.objid >= 16384 and d.refobjid >= 16384
                    and d.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
            )
            select distinct c.relname, w.oid, o.relname, coalesce(m.extension, w.on_oid), w.relation
            from whole w
            left join member m on m.catalog = w.on_catalog and m.oid = w.on_oid
            join pg_catalog.pg_class c on c.oid = w.catalog
            join pg_catalog.pg_class o
                on o.oid = case when m.extension is null then w.on_catalog
                    else 'pg_catalog.pg_extension'::pg_catalog.regclass::oid end
            where (w.catalog, w.oid) is distinct from (w.on_catalog, w.on_oid)
                and (w.relation is distinct from w.on_oid
                    or w.on_catalog <> 'pg_catalog.pg_class'::pg_catalog.regclass)
            """
            .forVersion(version)
    }
}

extension String {
    /// `with … as materialized` is what versions before 12 do anyway and cannot spell.
    fileprivate func forVersion(_ version: Int) -> String {
        version >= 120000 ? self : replacing("as materialized (", with: "as (")
    }
}

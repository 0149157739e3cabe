internal import Postgres

extension CatalogReading {
    func rights() throws -> Catalog.Rights {
        var rights = Catalog.Rights()
        var row = Row(try connection.query(Self.databaseRightsQuery), 0)
        rights.ownsDatabase = row.bool()
        rights.databaseOwner = row.text()
        rights.unreadableLargeObjects = row.int()
        rights.usableForeignDataWrappers = row.texts()
        rights.superuserObjects = try connection.query(Self.superuserObjectQuery).rows { row in
            Catalog.ObjectID(catalog: row.text(), oid: row.oid())
        }
        .sorted()
        let triggers = try connection.query(Self.eventTriggerStatementQuery).rows { ($0.text(), $0.text()) }
        rights.eventTriggerStatements = Dictionary(triggers) { first, _ in first }
        rights.foreignServers = try connection.query(Self.serverQuery).rows { row in
            Catalog.ForeignServer(oid: row.oid(), name: row.text(), wrapper: row.text(), mappedRoles: row.texts())
        }
        return rights
    }

    /// `has_largeobject_privilege` is there since 18 only.
    private static let databaseRightsQuery = """
        select pg_catalog.pg_has_role(d.datdba, 'usage'), pg_catalog.pg_get_userbyid(d.datdba),
            case when pg_catalog.current_setting('lo_compat_privileges') = 'on' then 0 else (
                select count(*) from pg_catalog.pg_largeobject_metadata m
                where not pg_catalog.pg_has_role(m.lomowner, 'usage') and not exists (
                    select from pg_catalog.aclexplode(m.lomacl) a
                    where a.privilege_type = 'SELECT'
                        and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage')))) end,
            array(select w.fdwname::text from pg_catalog.pg_foreign_data_wrapper w
                where pg_catalog.has_foreign_data_wrapper_privilege(w.oid, 'usage') order by 1)
        from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
        """

    /// Where the server's own `create …` asks for a superuser (functioncmds.c, typecmds.c, opclasscmds.c, tsearchcmds.c,
    /// foreigncmds.c, amcmds.c, proclang.c).
    private static let superuserObjectQuery = """
        select c.relname, o.oid
        from (
            select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid from pg_catalog.pg_proc p
                join pg_catalog.pg_language l on l.oid = p.prolang
                where p.oid >= 16384 and (p.proleakproof or not l.lanpltrusted)
                    and not exists (select from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid)
            union all
            select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid from pg_catalog.pg_type t
                where t.oid >= 16384 and t.typtype = 'b'
                    and not exists (select from pg_catalog.pg_type y where y.typarray = t.oid)
            union all
            select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid from pg_catalog.pg_opclass o where o.oid >= 16384
            union all
            select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, o.oid from pg_catalog.pg_opfamily o
                where o.oid >= 16384
            union all
            select 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, o.oid from pg_catalog.pg_ts_parser o
                where o.oid >= 16384
            union all
            select 'pg_catalog.pg_ts_template'::pg_catalog.regclass, o.oid from pg_catalog.pg_ts_template o
                where o.oid >= 16384
            union all
            select 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, o.oid
                from pg_catalog.pg_foreign_data_wrapper o where o.oid >= 16384
            union all
            select 'pg_catalog.pg_am'::pg_catalog.regclass, o.oid from pg_catalog.pg_am o where o.oid >= 16384
            union all
            select 'pg_catalog.pg_language'::pg_catalog.regclass, o.oid from pg_catalog.pg_language o
                where o.oid >= 16384
            union all
            select 'pg_catalog.pg_cast'::pg_catalog.regclass, o.oid from pg_catalog.pg_cast o
                where o.oid >= 16384 and o.castmethod = 'b') o (classid, oid)
        join pg_catalog.pg_class c on c.oid = o.classid
        where not exists (
            select from pg_catalog.pg_depend e
            where e.classid = o.classid and e.objid = o.oid and e.deptype in ('e', 'i'))
        """

    private static let eventTriggerStatementQuery = """
        select t.evtname, pg_catalog.format(
            'create event trigger %I on %s%s execute function %s;', t.evtname, t.evtevent,
            (select ' when tag in (' || pg_catalog.string_agg(pg_catalog.quote_literal(g), ', ') || ')'
                from unnest(t.evttags) g),
            (select pg_catalog.format('%I.%I()', n.nspname, p.proname) from pg_catalog.pg_proc p
                join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.oid = t.evtfoid))
            || case t.evtenabled when 'O' then '' else pg_catalog.format(' alter event trigger %I %s;', t.evtname,
                case t.evtenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end) end
        from pg_catalog.pg_event_trigger t
        """

    private static let serverQuery = """
        select s.oid, s.srvname, w.fdwname,
            array(select m.usename::text from pg_catalog.pg_user_mappings m
                where m.srvid = s.oid and m.umuser <> 0 order by 1)
        from pg_catalog.pg_foreign_server s
        join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
        where \(CatalogScope.isNoMember("pg_foreign_server", "s.oid"))
        order by s.srvname
        """
}

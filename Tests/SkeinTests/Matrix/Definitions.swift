import Foundation
import Postgres
import TestServers
import Testing

/// The definitions of all a database's objects, to compare what Skein made with what psql makes of pg_dump's script on a
/// server of the same version: the servers' own words change from version to version, so source and target cannot be
/// compared with one another.
struct Definitions: Sendable {
    struct Line: Hashable, Sendable {
        var text: String
        /// The table or view that it belongs to, as the server writes it under an empty search_path.
        var relation: String?
    }
    var lines: Set<Line>

    /// TimescaleDB's and Skein's own left out.
    static func read(_ database: ConnectionTarget) async throws -> Definitions {
        try await TestServers.withConnection(to: database) { connection in
            let rows = try connection.query(query)
            return Definitions(lines: Set(rows.indices.map { Line(text: rows.text($0, 0), relation: rows[$0, 1]) }))
        }
    }

    /// What the migration's target has and the reference has not, and the other way round; one line each, sorted.
    /// - Parameter relations: which to look at; lines of no relation always count.
    static func differences(
        _ migration: Migration, on server: ConnectionTarget, of relations: (String) -> Bool = { _ in true },
    ) async throws -> [String] {
        try await TestServers.withScratchDatabase(on: server, prefix: "matrix_reference") { reference in
            let log = "\(migration.folder)/reference.log"
            let script = """
                set -o pipefail
                pg_dump --schema-only --quote-all-identifiers --no-owner --no-privileges --no-publications \\
                    -d "$1" | psql -X -q -v ON_ERROR_STOP=1 -d "$2"
                """
            let (source, target) = (migration.source, reference)
            let status = try await TestServers.blocking {
                ChildProcess.run(
                    "/bin/bash",
                    ["-c", script, "-", source.conninfoWithoutPassword, target.conninfoWithoutPassword],
                    outputTo: log)
            }
            try #require(status == 0, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
            let (expected, made) = try await (read(reference).lines, read(migration.target).lines)
            try #require(!expected.isEmpty)
            func shown(_ lines: Set<Line>, _ word: String) -> [String] {
                lines.filter { $0.relation.map(relations) ?? true }.map { "\(word) \($0.text)" }
            }
            return (shown(expected.subtracting(made), "missing") + shown(made.subtracting(expected), "extra")).sorted()
        }
    }

    private static let query = """
        with member as (
            select d.classid, d.objid from pg_depend d
            where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass
        ), foreign_schema as (
            select oid from pg_namespace where nspname ~ '^(pg_|_?timescaledb|information_schema$|skein$)'
        ), own as (
            select c.*, coalesce((select indrelid from pg_index where indexrelid = c.oid), c.oid) as relation
            from pg_class c
            where c.oid >= 16384 and c.relnamespace not in (select oid from foreign_schema) and c.relkind <> 't'
                and (1259, c.oid) not in (select classid, objid from member)
        ), object (classid, objid, subid, relation, text) as (
            select 'pg_class'::regclass, c.oid, 0, relation,
                concat_ws(' ', relkind, relpersistence, reloptions, relrowsecurity, relforcerowsecurity, relreplident,
                    (select amname from pg_am where oid = relam), relispartition, pg_get_expr(relpartbound, c.oid),
                    case relkind when 'p' then pg_get_partkeydef(c.oid) end,
                    case when relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
                    case when relkind in ('i', 'I') then pg_get_indexdef(c.oid) end,
                    (select reloptions from pg_class t where t.oid = c.reltoastrelid))
            from own c
            union all
            select 'pg_class'::regclass, attrelid, attnum, relation,
                concat_ws(' ', attnum - (
                    select count(*) from pg_attribute d
                    where d.attrelid = a.attrelid and d.attisdropped and d.attnum < a.attnum),
                    format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attislocal, attinhcount,
                    attstorage, attcompression, coalesce(attstattarget, -1), attoptions, attfdwoptions,
                    attcollation::regcollation, pg_get_expr(adbin, adrelid))
            from pg_attribute a join own on own.oid = attrelid
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where not attisdropped and attnum > 0
            union all
            select 'pg_proc'::regclass, oid, 0, 0, case prokind
                when 'a' then (select (ag.aggkind, ag.aggtransfn, ag.agginitval, ag.aggtranstype::regtype)::text
                    from pg_aggregate ag where ag.aggfnoid = p.oid)
                else pg_get_functiondef(oid) end
            from pg_proc p
            where oid >= 16384 and (1255, oid) not in (select classid, objid from member)
                and pronamespace not in (select oid from foreign_schema)
            union all
            select 'pg_constraint'::regclass, oid, 0, conrelid, concat_ws(' ', pg_get_constraintdef(oid), convalidated,
                condeferrable, condeferred, conislocal, coninhcount, connoinherit)
            from pg_constraint
            where oid >= 16384 and connamespace not in (select oid from foreign_schema) and contype <> 'n'
            union all
            select 'pg_trigger'::regclass, oid, 0, tgrelid, concat(pg_get_triggerdef(oid), tgenabled)
            from pg_trigger where not tgisinternal and tgrelid in (select oid from own)
            union all
            select 'pg_rewrite'::regclass, oid, 0, ev_class, concat(pg_get_ruledef(oid), ev_enabled)
            from pg_rewrite where oid >= 16384 and ev_class in (select oid from own)
            union all
            select 'pg_policy'::regclass, oid, 0, polrelid, concat_ws(' ', polcmd, polpermissive, polroles,
                pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
            from pg_policy
            union all
            select 'pg_statistic_ext'::regclass, oid, 0, stxrelid,
                concat(pg_get_statisticsobjdef(oid), coalesce(stxstattarget, -1))
            from pg_statistic_ext
            union all
            select 'pg_type'::regclass, oid, 0,
                (select e.typrelid from pg_type e where e.oid = case t.typrelid when 0 then t.typelem else t.oid end),
                concat_ws(' ', typtype, typcategory, typnotnull, typdefault,
                (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
            from pg_type t
            where oid >= 16384 and (1247, oid) not in (select classid, objid from member)
                and typnamespace not in (select oid from foreign_schema)
            union all
            select 'pg_event_trigger'::regclass, oid, 0, 0, concat_ws(' ', evtevent, evtenabled, evttags)
            from pg_event_trigger where (3466, oid) not in (select classid, objid from member)
            union all
            select 'pg_ts_config'::regclass, mapcfg, 0, 0, concat_ws(' ', maptokentype, mapseqno, mapdict::regdictionary)
            from pg_ts_config_map where mapcfg >= 16384
            union all
            select 'pg_ts_dict'::regclass, oid, 0, 0, dictinitoption from pg_ts_dict where oid >= 16384
                and (3600, oid) not in (select classid, objid from member)
            union all
            select 'pg_cast'::regclass, oid, 0, 0, concat_ws(' ', castfunc::regproc, castcontext, castmethod)
            from pg_cast where oid >= 16384 and (2605, oid) not in (select classid, objid from member)
            union all
            select 'pg_collation'::regclass, oid, 0, 0, concat_ws(' ', collprovider, collisdeterministic, collcollate)
            from pg_collation where oid >= 16384
            union all
            select 'pg_operator'::regclass, oid, 0, 0, concat_ws(' ', oprcode::regproc, oprcom::regoperator, oprcanhash)
            from pg_operator where oid >= 16384 and (2617, oid) not in (select classid, objid from member)
            union all
            select 'pg_foreign_server'::regclass, oid, 0, 0, concat_ws(' ', srvtype, srvversion, srvoptions)
            from pg_foreign_server
            union all
            select 'pg_class'::regclass, ftrelid, 0, ftrelid, concat_ws(' ', 'of a server', ftoptions) from pg_foreign_table
            union all
            select 'pg_user_mapping'::regclass, oid, 0, 0, array_to_string(umoptions, ' ') from pg_user_mapping
            union all
            select 'pg_extension'::regclass, oid, 0, 0, extnamespace::regnamespace::text
            from pg_extension where extname <> 'timescaledb'
            union all
            select 'pg_class'::regclass, inhrelid, 0, inhrelid, concat_ws(' ', 'inherits', inhparent::regclass, inhseqno)
            from pg_inherits where inhrelid in (select oid from own)
            union all
            select 'pg_class'::regclass, indexrelid, 0, indrelid,
                concat_ws(' ', 'index', indisclustered, indisreplident, indisvalid, indnullsnotdistinct)
            from pg_index where indexrelid in (select oid from own)
            union all
            select 'pg_class'::regclass, objid, 0, 0,
                concat_ws(' ', 'owned by', pg_describe_object(refclassid, refobjid, refobjsubid), deptype)
            from pg_depend
            where deptype in ('a', 'i') and classid = 'pg_class'::regclass
                and objid in (select oid from own where relkind = 'S')
            union all
            select 'pg_class'::regclass, seqrelid, 0, 0,
                concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle)
            from pg_sequence where seqrelid in (select oid from own)
            union all
            select classoid, objoid, objsubid, coalesce(own.relation, conrelid, tgrelid, 0), 'comment ' || description
            from pg_description
            left join own on classoid = 'pg_class'::regclass and own.oid = objoid
            left join pg_constraint k on classoid = 'pg_constraint'::regclass and k.oid = objoid
            left join pg_trigger t on classoid = 'pg_trigger'::regclass and t.oid = objoid
            where objoid >= 16384 and (classoid, objoid) not in (select classid, objid from member)
                and not (classoid = 'pg_extension'::regclass
                    and objoid in (select oid from pg_extension where extname = 'timescaledb'))
                and not (classoid = 'pg_namespace'::regclass and objoid in (select oid from foreign_schema))
        )
        select pg_describe_object(classid, objid, subid) || ': ' || text, nullif(relation, 0)::regclass from object
        """
}

import Foundation
import Postgres
import TestServers

/// A source with roles of its own, and rights of every kind. Roles belong to whole servers, which other tests use, too:
/// each run has its own prefix, and its plan includes no others.
struct RolesFixture: Sendable {
    let prefix: String
    let migration: Migration

    /// Of the plan.
    var roles: String { "roles: {include: [\(prefix)*], exclude: [\(prefix)out]}" }
    static let grants = "grants: {owners: true, privileges: true}"

    /// Who connects to the target where it is no superuser.
    var admin: String { prefix + "admin" }
    var adminTarget: ConnectionTarget { migration.target.with("user", admin) }

    static func with(
        _ name: String, mode: String = "offline", targetServer: ConnectionTarget? = nil,
        _ body: (RolesFixture) async throws -> Void,
    ) async throws {
        let prefix = "roles_\(name)_\(ProcessInfo.processInfo.processIdentifier)_"
        let servers = [try TestServers.requireSource(), try targetServer ?? TestServers.requireTarget()]
        let outcome: Result<Void, any Error>
        do {
            try await TestServers.execute(
                "create role \(prefix)public_test_only nologin", on: servers[0].with(database: "postgres"))
            outcome = .success(
                try await Migration.with(
                    "roles_" + name, sql: [sql(prefix)], mode: mode, targetServer: targetServer
                ) { migration in
                    let fixture = RolesFixture(prefix: prefix, migration: migration)
                    try migration.writePlan(fixture.plan())
                    try await body(fixture)
                })
        } catch {
            outcome = .failure(error)
        }
        for server in servers { try await dropRoles(prefix, on: server.with(database: "postgres")) }
        try outcome.get()
    }

    private static func dropRoles(_ prefix: String, on server: ConnectionTarget) async throws {
        let names = try await TestServers.column(
            "select rolname from pg_roles where starts_with(rolname, '\(prefix)')", on: server)
        for name in names.compactMap(\.self) { try await TestServers.execute("drop owned by \(name)", on: server) }
        for name in names.compactMap(\.self) { try await TestServers.execute("drop role \(name)", on: server) }
    }

    func plan(_ more: String = "") -> String {
        """
        \(roles)
        \(Self.grants)
        \(more)
        """
    }

    /// Connects to the target as a role that is no superuser: it owns the database and may create roles.
    func useAdmin(_ more: String = "") async throws {
        let administration = migration.target
        let database = try await TestServers.column("select current_database()", on: administration)
        try await TestServers.execute(
            "create role \(admin) login createrole",
            "alter database \"\((database.first ?? nil) ?? "")\" owner to \(admin)",
            "grant set on parameter session_replication_role to \(admin)", on: administration)
        let roles = "roles: {include: [\(prefix)*], exclude: [\(prefix)out]}"
        try migration.writePlan(
            "\(roles)\n\(Self.grants)\n\(more)", target: adminTarget.conninfoWithoutPassword)
    }

    static func sql(_ p: String) -> String {
        """
        set password_encryption = 'scram-sha-256';
        create role \(p)owner login createdb password 'scrambled eggs';
        create role \(p)app login noinherit connection limit 5 valid until '2031-05-06 07:08:09+00';
        create role \(p)reader nologin;
        create role \(p)lead nologin;
        create role \(p)super superuser nologin;
        create role \(p)out nologin;
        comment on role \(p)reader is 'it''s for reading';
        alter role \(p)app set search_path = 'api', "$user", 'public';
        alter role \(p)app set work_mem = '9MB';
        grant \(p)reader to \(p)app;
        grant \(p)reader to \(p)lead with admin option;
        grant pg_monitor to \(p)lead;
        do $$ begin
            execute format('alter role \(p)owner in database %I set statement_timeout = ''77s''', current_database());
            execute format('alter database %I set timezone = ''Europe/Vienna''', current_database());
            execute format('comment on database %I is ''of the house''', current_database());
            execute format('grant create on database %I to \(p)lead', current_database());
        end $$;

        create schema api authorization \(p)owner;
        grant usage on schema api to \(p)reader, \(p)lead, \(p)app;
        grant create on schema api to \(p)app;
        create type api.mood as enum ('fine', 'bad');
        create domain api.percent as int check (value between 0 and 100);
        revoke usage on type api.mood from public;
        grant usage on type api.mood to \(p)reader;
        create table api.items (id int generated always as identity primary key, name text, mood api.mood, note text);
        create table api.parted (id int, at date not null) partition by range (at);
        create table api.parted_1 partition of api.parted for values from ('2026-01-01') to ('2026-07-01');
        create table api.parted_2 partition of api.parted for values from ('2026-07-01') to ('2027-01-01');
        insert into api.items (name, mood) select 'item ' || n, 'fine' from generate_series(1, 500) n;
        insert into api.parted select n, '2026-01-01'::date + n from generate_series(1, 300) n;
        create sequence api.numbers;
        create view api.names as select name from api.items;
        create materialized view api.totals as select mood, count(*) from api.items group by mood;
        create function api.add(a int, variadic b int[] default '{}') returns int language sql as 'select a';
        create procedure api.nothing(inout a int) language plpgsql as 'begin end';
        create aggregate api.largest(int) (sfunc = int4larger, stype = int);
        create function public.open() returns int language sql as 'select 1';
        create statistics api.stat on name, note from api.items;
        create collation api.sorted from "C";
        alter table api.items owner to \(p)owner;
        alter table api.parted owner to \(p)owner;
        alter table api.parted_1 owner to \(p)owner;
        alter table api.parted_2 owner to \(p)app;
        alter sequence api.numbers owner to \(p)owner;
        alter view api.names owner to \(p)owner;
        alter materialized view api.totals owner to \(p)owner;
        alter function api.add owner to \(p)owner;
        alter procedure api.nothing owner to \(p)lead;
        alter aggregate api.largest(int) owner to \(p)owner;
        alter type api.mood owner to \(p)owner;
        alter domain api.percent owner to \(p)owner;
        alter statistics api.stat owner to \(p)owner;
        alter collation api.sorted owner to \(p)owner;
        grant select on api.items to \(p)lead with grant option;
        grant insert, delete on api.items to \(p)app;
        grant update (note), references (id) on api.items to \(p)reader;
        grant select on api.parted to \(p)reader;
        grant truncate on api.parted_2 to \(p)lead;
        grant select on api.names, api.totals to public;
        grant usage on sequence api.numbers to \(p)reader;
        grant select on sequence api.items_id_seq to \(p)reader;
        revoke execute on function api.add from public;
        grant execute on function api.add to \(p)app with grant option;
        grant execute on procedure api.nothing to \(p)app;
        set role \(p)lead;
        grant select on api.items to \(p)reader;
        reset role;
        alter default privileges for role \(p)owner in schema api grant select on tables to \(p)reader;
        alter default privileges for role \(p)owner revoke execute on functions from public;
        select lo_create(91000 + n) from generate_series(1, 3) n;
        alter large object 91001 owner to \(p)owner;
        grant select on large object 91001 to \(p)reader;
        grant update on large object 91002 to \(p)app;
        """
    }

    // MARK: What both sides hold

    /// Owners and rights by another way than Skein's: one line each, without what the target's version alone knows.
    func rights(_ database: ConnectionTarget, excluding owner: String = "") async throws -> [String] {
        try await TestServers.column(Self.rightsQuery, on: database).compactMap(\.self).map { row in
            let named = owner.isEmpty ? row : row.replacingOccurrences(of: owner, with: "postgres")
            return named.split(separator: ",").sorted().joined(separator: ",")
        }
    }

    /// What one side says and the other does not.
    func unequal(excluding owner: String = "") async throws -> String {
        let source = Set(try await rights(migration.source))
        let target = Set(try await rights(migration.target, excluding: owner))
        let lines =
            source.subtracting(target).sorted().map { "source: " + $0 }
            + target.subtracting(source).sorted().map { "target: " + $0 }
        return lines.joined(separator: "\n")
    }

    private static func explode(_ acl: String) -> String {
        """
        coalesce((
            select string_agg(format('%s=%s%s/%s', coalesce(e.rolname, 'PUBLIC'), a.privilege_type,
                case when a.is_grantable then '*' else '' end, g.rolname), ',' order by
                coalesce(e.rolname, 'PUBLIC'), a.privilege_type, g.rolname)
            from aclexplode(\(acl)) a left join pg_roles e on e.oid = a.grantee join pg_roles g on g.oid = a.grantor
            where a.privilege_type <> 'MAINTAIN'), '')
        """
    }

    private static let rightsQuery = """
        select 'relation ' || c.oid::regclass || ' ' || pg_get_userbyid(c.relowner) || ' '
            || \(explode("coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner))"))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('api', 'public') and c.relkind <> 'i' and c.relkind <> 'I'
        union all
        select 'column ' || c.oid::regclass || '.' || a.attname || ' ' || \(explode("a.attacl"))
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'api' and a.attacl is not null
        union all
        select 'schema ' || n.nspname || ' ' || pg_get_userbyid(n.nspowner) || ' '
            || \(explode("coalesce(n.nspacl, acldefault('n', n.nspowner))"))
        from pg_namespace n where n.nspname = 'api'
        union all
        select 'routine ' || p.oid::regprocedure || ' ' || pg_get_userbyid(p.proowner) || ' '
            || \(explode("coalesce(p.proacl, acldefault('f', p.proowner))"))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('api', 'public')
        union all
        select 'type ' || t.oid::regtype || ' ' || pg_get_userbyid(t.typowner) || ' '
            || \(explode("coalesce(t.typacl, acldefault('T', t.typowner))"))
        from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = 'api' and t.typtype in ('e', 'd')
        union all
        select 'statistics ' || s.stxname || ' ' || pg_get_userbyid(s.stxowner) from pg_statistic_ext s
        union all
        select 'collation ' || l.collname || ' ' || pg_get_userbyid(l.collowner) from pg_collation l where l.oid > 16384
        union all
        select 'large object ' || m.oid || ' ' || pg_get_userbyid(m.lomowner) || ' '
            || \(explode("coalesce(m.lomacl, acldefault('L', m.lomowner))"))
        from pg_largeobject_metadata m
        union all
        select 'default ' || d.defaclrole::regrole || ' ' || d.defaclnamespace::regnamespace || ' ' || d.defaclobjtype::text || ' '
            || \(explode("d.defaclacl")) from pg_default_acl d
        union all
        select 'database ' || coalesce(shobj_description(d.oid, 'pg_database'), '') || ' ' || coalesce(
            (select array_to_string(s.setconfig, ' ') from pg_db_role_setting s
            where s.setrole = 0 and s.setdatabase = d.oid), '')
        from pg_database d where d.datname = current_database()
        order by 1
        """

    /// Attributes, settings and memberships of this run's roles but `left`.
    func describedRoles(_ database: ConnectionTarget, without left: [String] = []) async throws -> [String] {
        let names = (left + ["out", "admin", "public_test_only"]).map { "'\(prefix)\($0)'" }.joined(separator: ", ")
        return try await TestServers.column(
            """
            select r.rolname || ' ' || concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
                rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil at time zone 'UTC',
                shobj_description(r.oid, 'pg_authid'),
                (select string_agg(case when s.setdatabase = 0 then '' else 'here:' end || array_to_string(s.setconfig, ';'),
                    ' ' order by s.setdatabase = 0) from pg_db_role_setting s where s.setrole = r.oid),
                (select string_agg(g.rolname || case when m.admin_option then '*' else '' end, ',' order by g.rolname)
                    from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid))
            from pg_roles r
            where starts_with(r.rolname, '\(prefix)') and r.rolname not in (\(names)) order by 1
            """, on: database
        ).compactMap(\.self)
    }
}

/// What is known to be hard, small, for a migration that follows the source; a batch is one implicit transaction.
enum HardCaseDatabase {
    static let batches = [levels, wide, names, keys, rules, views, objects]

    /// What the plan says of tables without an identity.
    static let plan = """
        replication:
          identity: {hard.log: full, hard.noted: inserts-only, hard.deferred: full}
          spool: {directory: ./spool}
        cutover: {fence: read-only, verify: checksums}
        """

    /// Changes to all of it.
    static let changes = """
        insert into hard.p select i, i % 3, i % 2, '2025-01-01'::date + i % 300, i % 5, 'late' from generate_series(2000, 2100) i;
        update hard.p set v = v || '!' where id % 7 = 0;
        update hard.p set b = (b + 1) % 2 where id % 50 = 3;
        delete from hard.p where id % 11 = 0;
        update hard.wide set c1600 = c1600 + 1, c2 = -c2 where c1 = 3;
        insert into hard.wide (c1, c777) values (900, 7);
        update "ქართული_ენა_სქემა_სახ"."ცხრილი_გრძელი_სახელით" set "სვეტი_ძალიან_გრძელი_ს" = 'შეცვლილი'
            where "გასაღები" = 2;
        begin; set constraints all deferred;
        insert into hard.circle_a values (50, 50); insert into hard.circle_b values (50, 50); commit;
        begin; update hard.deferred set id = case id when 1 then 2 else 1 end where id in (1, 2); commit;
        insert into hard.gaps (v) values ('after the gap');
        insert into hard.guarded values (77, 'x'); update hard.guarded set owner = 'nobody' where id = 2;
        insert into hard.fleeting (v) values ('c');
        insert into hard.ruled values (5), (6); delete from hard.ruled where id = 1;
        update hard.log set n = n + 1 where n = 3;
        insert into hard.noted values (4);
        """

    private static let levels = """
        create schema hard;
        create table hard.p (id int not null, a int not null, b int not null, c date not null, d int not null, v text)
            partition by hash (id);
        create table hard.p_1 partition of hard.p for values with (modulus 2, remainder 0) partition by list (a);
        create table hard.p_2 partition of hard.p for values with (modulus 2, remainder 1);
        create table hard.p_1_1 partition of hard.p_1 for values in (0, 1) partition by list (b);
        create table hard.p_1_2 partition of hard.p_1 default;
        create table hard.p_1_1_1 partition of hard.p_1_1 for values in (0) partition by range (c);
        create table hard.p_1_1_2 partition of hard.p_1_1 default;
        create table hard.p_1_1_1_1 partition of hard.p_1_1_1 for values from (minvalue) to ('2025-06-01')
            partition by list (d);
        create table hard.p_1_1_1_2 partition of hard.p_1_1_1 default;
        create table hard.p_1_1_1_1_1 partition of hard.p_1_1_1_1 for values in (0, 1, 2);
        create table hard.p_1_1_1_1_2 partition of hard.p_1_1_1_1 default;
        insert into hard.p select i, i % 3, i % 2, '2025-01-01'::date + i % 300, i % 5, 'v' || i
            from generate_series(1, 1500) i;
        alter table hard.p add primary key (id, a, b, c, d);
        create index p_v on hard.p (v);
        """

    private static let wide = """
        do $$ begin
            execute 'create table hard.wide (' ||
                (select string_agg('c' || i || ' int' || case i when 1 then ' primary key' else '' end, ', ')
                from generate_series(1, 1600) i) || ')';
            execute 'insert into hard.wide select ' || (select string_agg('n * ' || i, ', ')
                from generate_series(1, 1600) i) || ' from generate_series(1, 20) n';
        end $$;
        """

    /// 63 bytes are 21 letters of another alphabet.
    private static let names = """
        create schema "ქართული_ენა_სქემა_სახ";
        create table "ქართული_ენა_სქემა_სახ"."ცხრილი_გრძელი_სახელით" (
            "გასაღები" bigint generated always as identity constraint "შეზღუდვა_ძირითადი_გას" primary key,
            "სვეტი_ძალიან_გრძელი_ს" text default 'ა');
        insert into "ქართული_ენა_სქემა_სახ"."ცხრილი_გრძელი_სახელით" ("სვეტი_ძალიან_გრძელი_ს")
            select 'მნიშვნელობა' || i from generate_series(1, 20) i;
        create index "ინდექსი_გრძელი_სახელი" on "ქართული_ენა_სქემა_სახ"."ცხრილი_გრძელი_სახელით"
            ("სვეტი_ძალიან_გრძელი_ს");
        """

    private static let keys = """
        create table hard.circle_a (id int primary key, b int);
        create table hard.circle_b (id int primary key, a int references hard.circle_a deferrable initially deferred);
        alter table hard.circle_a add constraint to_b foreign key (b) references hard.circle_b
            deferrable initially deferred;
        begin; set constraints all deferred;
        insert into hard.circle_a select i, i from generate_series(1, 10) i;
        insert into hard.circle_b select i, i from generate_series(1, 10) i; commit;
        create table hard.deferred (id int primary key deferrable initially deferred, u int unique deferrable, v text);
        insert into hard.deferred select i, i, 'v' from generate_series(1, 10) i;
        create table hard.gaps (id int generated always as identity (start 100 increment 7), v text, s serial unique);
        alter table hard.gaps add primary key (id);
        insert into hard.gaps (v) select 'v' from generate_series(1, 9);
        select nextval('hard.gaps_s_seq') from generate_series(1, 5);
        create sequence hard.free start 42 increment -3 minvalue -1000 maxvalue 100;
        create sequence hard.owned owned by hard.gaps.v;
        select nextval('hard.owned'), nextval('hard.owned');
        create table hard.log (n int);
        insert into hard.log select i % 4 from generate_series(1, 20) i;
        create table hard.noted (n int);
        insert into hard.noted values (1), (2);
        create unlogged table hard.fleeting (id serial primary key, v text);
        insert into hard.fleeting (v) values ('a'), ('b');
        """

    private static let rules = """
        create table hard.ruled (id int primary key);
        insert into hard.ruled select i from generate_series(1, 4) i;
        create rule note as on insert to hard.ruled do also insert into hard.noted values (new.id);
        create rule keep as on delete to hard.ruled where old.id = 1 do instead nothing;
        create table hard.guarded (id int primary key, owner text);
        insert into hard.guarded select i, 'somebody' from generate_series(1, 9) i;
        alter table hard.guarded enable row level security, force row level security;
        create policy mine on hard.guarded using (owner = current_user);
        """

    private static let views = """
        create materialized view hard.m1 as select a, count(*) as n from hard.p group by a;
        create view hard.between as select a, n + 1 as n from hard.m1;
        create materialized view hard.m2 as select sum(n) as n from hard.between;
        create unique index m1_a on hard.m1 (a);
        create function hard.helper(text) returns text language sql immutable as 'select upper($1)';
        create function hard.needs_path(text) returns text language sql immutable set search_path = hard
            as 'select helper($1)';
        create index p_2_path on hard.p_2 (hard.needs_path(v));
        alter table hard.p alter v set statistics 321;
        create statistics hard.p_stats on a, b from hard.p_2;
        """

    private static let objects = """
        create function hard.on_ddl() returns event_trigger language plpgsql as 'begin end';
        create event trigger hard_watch on ddl_command_end when tag in ('CREATE TABLE') execute function hard.on_ddl();
        create extension file_fdw;
        create server hard_files foreign data wrapper file_fdw;
        create user mapping for public server hard_files;
        create foreign table hard.host (l text) server hard_files options (filename '/etc/hostname');
        """
}

/// A database with every kind of object that pg_dump knows, for superusers; a batch is one implicit transaction.
enum EverySchemaObject {
    static let batches = [types, functions, tables, partitions, late, searching, foreign, comments, hostile]

    private static let types = #"""
        create schema app;
        create schema "Odd; Type: SCHEMA; Schema: x; Owner: -
        --";
        create extension hstore schema app;
        create extension file_fdw;
        create type app.mood as enum ('sad', 'o''k', 'new
        line');
        create type app.pair as (left_side int, right_side text collate "C");
        create type app.shell;
        create domain app.positive as int default 1 constraint above_zero check (value > 0);
        create domain app.late_positive as int;
        alter domain app.late_positive add constraint later check (value > 0) not valid;
        create type app.floatrange as range (subtype = float8, subtype_diff = float8mi);
        create collation app.german (provider = icu, locale = 'de-u-kn', deterministic = false);
        create type app.base;
        create function app.base_in(cstring) returns app.base language internal immutable strict as 'textin';
        create function app.base_out(app.base) returns cstring language internal immutable strict as 'textout';
        create type app.base (input = app.base_in, output = app.base_out, like = text);
        create cast (app.base as text) without function as assignment;
        create access method heap2 type table handler heap_tableam_handler;
        create table app.rowtype (a app.mood, b app.pair[], c app.positive);
        """#

    private static let functions = #"""
        create function app.lookalike() returns text language sql as $body$ select $$
        --
        -- TOC entry 1 (class 1259 OID 16389)
        -- Name: trap; Type: TABLE; Schema: public; Owner: -
        --

        CREATE TABLE trap ();
        $$::text || ';' /* a ' quote in a comment */ -- another '
        $body$;
        create function app.nested() returns text language plpgsql as $_$
        begin
            execute $x$ select $a$ \restrict $a$ $x$;
        /*
        \unrestrict x
        */
            return E'it\'s ; \\';
        end $_$;
        create function app.standard(a int, out b int) begin atomic
            select case when a > 0 then 1 else (select case a when 1 then 2 end) end;
            select 2;
        end;
        create procedure app.doing(inout a int) language plpgsql set work_mem = '4MB' as 'begin a := a + 1; end';
        create function app.many(variadic a int[] default '{}') returns setof app.rowtype
            language sql stable parallel safe rows 7 cost 9 as 'select * from app.rowtype';
        create function app.half(int) returns int language sql immutable as 'select $1 / 2';
        create aggregate app.total(int) (sfunc = int4pl, stype = int, initcond = '0');
        create aggregate app.ordered(float8 order by float8)
            (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final,
            finalfunc_extra = true);
        create operator app.=== (leftarg = int, rightarg = int, function = int4eq, commutator = operator(app.===));
        create operator family app.family using btree;
        create operator class app.reverse for type int using btree family app.family as
            operator 1 > , operator 2 >= , operator 3 = , operator 4 <= , operator 5 <, function 1 btint4cmp(int, int);
        create conversion app.latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
        create function app.odd_handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
        create language odd_language handler app.odd_handler;
        create transform for int language sql
            (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
        create function app.on_row() returns trigger language plpgsql as 'begin return new; end';
        create function app.on_ddl() returns event_trigger language plpgsql as 'begin end';
        """#

    private static let tables = #"""
        create table app.item (
            id bigint generated always as identity (start 7 increment 3) primary key,
            code text not null default 'x;
        --', twice int generated always as (2 * 3) stored, feeling app.mood default 'o''k', amount app.positive,
            other app.base, wide text, price numeric(10, 2) check (price > 0), tags app.hstore,
            constraint code_once unique (code) deferrable initially deferred,
            exclude using gist (circle(point(twice, twice), 1) with &&)
        ) with (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
        alter table app.item alter code set statistics 77, alter code set (n_distinct = -0.5),
            alter wide set compression pglz, alter wide set storage external;
        create table app.child (extra int default 5) inherits (app.item);
        alter table app.child alter code set default 'mine';
        create unlogged table app.fleeting (a serial, b smallserial);
        create table app.other_storage (a int) using heap2;
        create table app.ref (
            item bigint constraint to_item references app.item deferrable, feeling app.mood not null,
            parent int, id int primary key, constraint to_self foreign key (parent) references app.ref on delete cascade);
        alter table app.ref add constraint later check (id > 5) not valid, add constraint late_reference
            foreign key (parent) references app.ref not valid;
        create table app.nothing ();
        create sequence app.loose as smallint increment -2 minvalue -100 maxvalue 100 start 50 cache 4 cycle;
        alter table app.ref add looped int default nextval('app.loose');
        create index item_price on app.item using brin (price) with (pages_per_range = 4);
        create index item_half on app.item (app.half(twice) app.reverse desc nulls last, (price * 2))
            include (code) where price > 1;
        alter index app.item_half alter column 1 set statistics 300;
        create unique index ref_feeling on app.ref (feeling);
        alter table app.ref replica identity using index ref_feeling;
        alter table app.ref cluster on ref_feeling;
        alter table app.item cluster on item_pkey;
        alter table app.child replica identity full;
        create statistics app.linked (ndistinct, mcv) on code, price from app.item;
        create statistics app.expressed on (price * 2), twice from app.item;
        alter statistics app.linked set statistics 55;
        """#

    private static let partitions = #"""
        create table app.parted (region text, at date not null, number int) partition by list (region);
        create table app.parted_a partition of app.parted for values in ('a') partition by range (at);
        create table app.parted_a_1 partition of app.parted_a for values from ('2024-01-01') to ('2025-01-01');
        create table app.parted_rest (number int, region text, at date not null);
        alter table app.parted attach partition app.parted_rest default;
        alter table app.parted add primary key (region, at);
        create index parted_number on app.parted (number);
        create unique index parted_unique on app.parted (at, region, number);
        comment on index app.parted_number is 'on the parent';
        alter table app.parted_a_1 alter number set default 3;
        alter table app.parted add constraint to_ref foreign key (number) references app.ref (id);
        create table app.hashed (a int, b int) partition by hash (a, (b + 1));
        create table app.hashed_0 partition of app.hashed for values with (modulus 1, remainder 0);
        """#

    private static let late = #"""
        create view app.grouped as select id, code, count(*) from app.item group by id;
        create view app.second as select * from app.grouped where id > 1 with check option;
        create view app.barrier with (security_barrier) as select 1 as one, 'sad'::app.mood::text as two where false;
        alter view app.barrier alter one set default 3;
        create view app.counting as with recursive counting (n) as (
            values (1) union all select n + 1 from counting where n < 9)
            select n from counting;
        create materialized view app.stored as select id, code, price from app.item group by id;
        create unique index stored_id on app.stored (id);
        alter materialized view app.stored cluster on stored_id;
        create materialized view app.stored_again with (fillfactor = 50) as select * from app.stored;
        create table app.circle (a int);
        create view app.circular as select a from app.circle;
        create function app.of_view() returns setof app.circular language sql as 'select * from app.circular';
        create or replace view app.circular as select a from app.of_view();
        create rule note as on insert to app.ref where new.id = 1 do also
            (insert into app.circle values (1); delete from app.circle where a = 1);
        alter table app.ref disable rule note;
        create trigger before_row before insert or update of code on app.item for each row
            when (new.code <> 'it''s; x') execute function app.on_row('a', 'b;
        --');
        create constraint trigger deferred after update on app.ref deferrable initially deferred
            for each row execute function app.on_row();
        create trigger gone after delete on app.ref referencing old table as o execute function app.on_row();
        alter table app.ref disable trigger gone;
        create trigger of_view instead of insert on app.second for each row execute function app.on_row();
        alter table app.item enable row level security, force row level security;
        create policy own on app.item as restrictive for update to public using (code = current_user)
            with check (price > 0);
        create event trigger on_ddl on ddl_command_end when tag in ('CREATE TABLE') execute function app.on_ddl();
        alter event trigger on_ddl disable;
        create publication pub for all tables;
        """#

    private static let searching = #"""
        create text search parser app.parser
            (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
        create text search template app.template (lexize = dsimple_lexize);
        create text search dictionary app.dictionary (template = app.template);
        create text search configuration app.configuration (parser = app.parser);
        alter text search configuration app.configuration add mapping for word with app.dictionary, simple;
        """#

    private static let foreign = #"""
        create foreign data wrapper wrapper options (debug 'true');
        create server far type 'a' version '1' foreign data wrapper wrapper options (host 'x''y');
        create user mapping for public server far options (name 'x');
        create foreign table app.remote (a int options (x 'y') not null, b text default 'q') server far options (t 'u');
        select lo_create(4711);
        comment on large object 4711 is 'left to others';
        """#

    private static let comments = #"""
        comment on schema app is '
        --
        -- TOC entry 7 (class 2615 OID 1)
        -- Name: trap; Type: SCHEMA; Schema: -; Owner: -
        --
        ';
        comment on extension hstore is 'ours';
        comment on type app.mood is 'm';
        comment on domain app.positive is 'd';
        comment on constraint above_zero on domain app.positive is 'dc';
        comment on collation app.german is 'c';
        comment on cast (app.base as text) is 'c';
        comment on access method heap2 is 'a';
        comment on function app.half(int) is E'back\\slash';
        comment on procedure app.doing(int) is 'p';
        comment on aggregate app.total(int) is 'a';
        comment on operator app.=== (int, int) is 'o';
        comment on operator family app.family using btree is 'f';
        comment on operator class app.reverse using btree is 'k';
        comment on conversion app.latin is 'l';
        comment on language odd_language is 'l';
        comment on transform for int language sql is 't';
        comment on table app.item is 't';
        comment on column app.item.code is 'c';
        comment on constraint code_once on app.item is 'k';
        comment on constraint to_item on app.ref is 'f';
        comment on constraint later on app.ref is 'ch';
        comment on index app.item_half is 'i';
        comment on sequence app.loose is 's';
        comment on statistics app.linked is 's';
        comment on view app.grouped is 'v';
        comment on column app.grouped.id is 'vc';
        comment on materialized view app.stored is 'm';
        comment on column app.stored.id is 'mc';
        comment on index app.stored_id is 'mi';
        comment on rule note on app.ref is 'r';
        comment on trigger before_row on app.item is 't';
        comment on policy own on app.item is 'p';
        comment on event trigger on_ddl is 'e';
        comment on publication pub is 'p';
        comment on text search parser app.parser is 'p';
        comment on text search template app.template is 't';
        comment on text search dictionary app.dictionary is 'd';
        comment on text search configuration app.configuration is 'c';
        comment on foreign data wrapper wrapper is 'w';
        comment on server far is 's';
        comment on foreign table app.remote is 'f';
        """#

    private static let hostile = #"""
        create table "Odd; Type: SCHEMA; Schema: x; Owner: -
        --"."sel""ect; Type: TABLE; Schema: app" (
            "a""b.c" int primary key, "$$ ' ; -- /*" text default '$$', "ünï — 字" text,
            "0123456789012345678901234567890123456789012345678901234567890ab" int);
        create index "in'dex; --" on "Odd; Type: SCHEMA; Schema: x; Owner: -
        --"."sel""ect; Type: TABLE; Schema: app" ("$$ ' ; -- /*");
        create table "TABLE" ("order" int, "END" int, "Case" int);
        create function "begin"("end" int) returns int begin atomic select "end" from "TABLE"; end;
        """#
}

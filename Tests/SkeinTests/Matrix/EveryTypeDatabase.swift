/// Every built-in type that a column may have, in schema `kinds`, with the ends of its range: plain, in arrays, domains,
/// composites, and these in one another; a batch is one implicit transaction.
enum EveryTypeDatabase {
    static let batches = [samples, enums, tables, everything, nested, wide]

    private static let samples = #"""
        create schema kinds;
        create table kinds.sample (type text, value text);
        insert into kinds.sample values ('bool','t'), ('bool','f'), ('bytea',''), ('bytea',(select '\x' ||
            string_agg(lpad(to_hex(i),2,'0'),'' order by i) from generate_series(0,255) i)), ('"char"',''),
            ('"char"','a'), ('"char"',E'\\377'), ('name',''), ('name',repeat('x',63)),('name','Ünïcode "q" \ %'),
            ('int8','-9223372036854775808'), ('int8','9223372036854775807'), ('int2','-32768'), ('int2','32767'),
            ('int2vector',''), ('int2vector','1 -2 3'), ('int4','-2147483648'), ('int4','2147483647'),
            ('regproc','0'), ('regproc','pg_catalog.now'), ('regproc','4294967294'), ('text',''), ('text',E'\\N'),
            ('text',E'a\tb\nc\rd\\e''"\u0001\u007f'), ('text','日本語 😀 e' || U&'\0301'), ('text',repeat('z',3000)),
            ('oid','0'), ('oid','4294967295'), ('tid','(0,1)'), ('tid','(4294967295,65535)'), ('xid','0'),
            ('xid','4294967295'), ('cid','4294967295'), ('oidvector',''), ('oidvector','1 4294967295'),
            ('json','{}'), ('json',' {"a" : 1, "a": [1.10, 1e400, null], "\u00e9":"\ud83d\ude00 \u0000"} '),
            ('json','null'), ('json','"é\n"'), ('xml',''), ('xml','<?xml version="1.0"?><a b="c">é &amp; &lt;</a>'),
            ('xml','text <b/> fragment'), ('point','(NaN,Infinity)'), ('point','(-0,1e-300)'),
            ('point','(1.7976931348623157e308,-5e-324)'), ('lseg','[(0,0),(1,1)]'), ('path','[(0,0),(1,1),(2,0)]'),
            ('path','((0,0),(1,1))'), ('path',(select '(' || string_agg('(' || i || ',0.1)',',') || ')' from
            generate_series(1,500) i)), ('box','(1,1),(-0,-1)'), ('polygon','((0,0),(1,1),(1,0))'),
            ('line','{1,-1,0.30000000000000004}'), ('cidr','0.0.0.0/0'), ('cidr','2001:db8::/32'), ('float4','NaN'),
            ('float4','-Infinity'), ('float4','-0'), ('float4','1.1754942e-38'), ('float4','3.4028235e38'),
            ('float4','1e-45'), ('float4','0.1'), ('float8','NaN'), ('float8','Infinity'), ('float8','-0'),
            ('float8','5e-324'), ('float8','1.7976931348623157e308'), ('float8','0.1'), ('float8','2.12902e+06'),
            ('circle','<(NaN,1),Infinity>'), ('circle','<(0.1,0.2),0>'), ('macaddr8','ff:ff:ff:ff:ff:ff:ff:ff'),
            ('macaddr8','00:00:00:00:00:00:00:00'), ('money','-92233720368547758.08'),
            ('money','92233720368547758.07'), ('money','0.01'), ('macaddr','08:00:2b:01:02:03'), ('inet','::1'),
            ('inet','192.168.1.5/24'), ('inet','255.255.255.255'), ('inet','::ffff:1.2.3.4/128'),
            ('aclitem','postgres=arwdDxt/postgres'), ('aclitem','=r/postgres'), ('bpchar',''), ('bpchar','ab   '),
            ('varchar',''), ('varchar','ü  '), ('date','infinity'), ('date','-infinity'), ('date','4713-01-01 BC'),
            ('date','5874897-12-31'), ('date','0001-01-01'), ('date','0001-12-31 BC'), ('time','00:00:00'),
            ('time','24:00:00'), ('time','23:59:59.999999'), ('timestamp','infinity'), ('timestamp','-infinity'),
            ('timestamp','4713-11-24 00:00:00 BC'), ('timestamp','294276-12-31 23:59:59.999999'),
            ('timestamp','1969-12-31 23:59:59.999999'), ('timestamptz','infinity'), ('timestamptz','-infinity'),
            ('timestamptz','4713-11-24 00:00:00+00 BC'), ('timestamptz','294276-12-31 23:59:59.999999+00'),
            ('timestamptz','1900-01-01 00:00:00.000001+00'),
            ('interval','-178000000 years -11 mons -31 days -2562047788:00:54.775807'),
            ('interval','178000000 years 2147483647 days 2562047788:00:54.775807'),
            ('interval','1 mon -1 day 00:00:00.000001'), ('interval','0'), ('timetz','00:00:00+15:59:59'),
            ('timetz','24:00:00-15:59:59'), ('timetz','23:59:59.999999+00'), ('bit','1'), ('varbit',''),
            ('varbit',repeat('10',1000)),('varbit','101'), ('numeric','NaN'), ('numeric','Infinity'),
            ('numeric','-Infinity'), ('numeric','0'), ('numeric','-0.000'), ('numeric','1.10'),
            ('numeric','1e-100'), ('numeric',repeat('9',1000) || '.' || repeat('1',1000)),('numeric','-' ||
            repeat('1234567890',5000)),('numeric','0.' || repeat('0',16382) || '1'),
            ('numeric','12345678901234567890.12345678901234567890'), ('refcursor','a cursor'), ('regprocedure','0'),
            ('regoper','pg_catalog.||/'), ('regoperator','pg_catalog.+(integer,integer)'), ('regoperator','0'),
            ('regclass','pg_catalog.pg_class'), ('regcollation','"C"'), ('regcollation','0'),
            ('regtype','integer[]'), ('regrole','postgres'), ('regnamespace','public'),
            ('uuid','00000000-0000-0000-0000-000000000000'), ('uuid','ffffffff-ffff-ffff-ffff-ffffffffffff'),
            ('pg_lsn','0/0'), ('pg_lsn','FFFFFFFF/FFFFFFFF'), ('tsvector',''),
            ('tsvector','''a b'':1A,2B,3 ''it''''s'':16383D "q"'), ('tsquery',''),
            ('tsquery','!(a & b:*AB) | c <3> d'), ('regconfig','simple'), ('regdictionary','simple'),
            ('jsonb','{"b":1,"a":[1.10,null,true,{"x":"\u00e9😀"}],"":""}'),
            ('jsonb','123456789012345678901234567890.123456789012345678901234567890'), ('jsonb','"a\tb"'),
            ('jsonb','[]'), ('jsonpath','$."a"[*] ? (@ > 1)'), ('jsonpath','strict $.a like_regex "^x" flag "i"'),
            ('txid_snapshot','10:20:10,14,15'), ('txid_snapshot','1:1:'), ('pg_snapshot','10:20:10,14,15'),
            ('xid8','18446744073709551615'), ('xid8','0'), ('int4range','empty'), ('int4range','(,)'),
            ('int4range','[-2147483648,2147483647)'), ('int8range','[1,5)'), ('numrange','[NaN,NaN]'),
            ('numrange','(-Infinity,1.10]'), ('numrange','empty'), ('tsrange','[-infinity,infinity]'),
            ('tsrange','(,"2024-01-01 00:00:00")'), ('tstzrange','["4713-11-24 00:00:00+00 BC",)'),
            ('daterange','[2024-01-01,infinity)'), ('daterange','empty'), ('int4multirange','{}'),
            ('int4multirange','{(,1),[5,7),[9,)}'), ('int8multirange','{[1,5)}'),
            ('nummultirange','{[1.1,2.20],(3,4)}'), ('tsmultirange','{["2024-01-01 00:00:00",infinity)}'),
            ('tstzmultirange','{(,)}'), ('datemultirange','{[2024-01-01,2024-01-03)}');
        """#

    private static let enums = #"""
        create type kinds.feeling as enum ('', 'sad', 'o''k', E'new\nline', 'ünï');
        alter type kinds.feeling add value 'first' before '';
        create function kinds.plus_one(int) returns int language sql as 'select $1 + 1';
        create table kinds."A table" (a int);
        create collation kinds."My collation" (locale = 'C');
        create text search configuration kinds."My config" (copy = english);
        """#

    private static let tables = #"""
        do $$
        declare t record;
        begin
          for t in select type, min(value) as low, max(value) as high from kinds.sample group by type order by 1
              loop
            execute format('create table kinds.%1$I (id int generated always as identity, v %2$s, a %2$s[])', 't_'
                || t.type, t.type);
            execute format('insert into kinds.%1$I (v, a) select x.value::%2$s, array[null, x.value::%2$s, null]
                from kinds.sample x where x.type = %3$L',
                't_' || t.type, t.type, t.type);
            execute format('insert into kinds.%1$I (v, a) values (null, null), (null, ''{}'')', 't_' || t.type);
            if t.type not in ('int2vector', 'oidvector') then
              execute format('insert into kinds.%1$I (a) select array_fill(%3$L::%2$s, array[2,3], array[-5,7])',
                  't_' || t.type, t.type, t.high);
              execute format('create domain kinds.%I as %s', 'd_' || t.type, t.type);
              execute format('create domain kinds.%I as %s[]', 'da_' || t.type, t.type);
              execute format('create type kinds.%1$I as (plain %2$s, many %2$s[], "of domain" kinds.%3$I)', 'c_' ||
                  t.type, t.type, 'd_' || t.type);
              execute format('create table kinds.%1$I (id int generated always as identity, d kinds.%2$I,
                ds kinds.%2$I[], da kinds.%3$I, c kinds.%4$I, cs kinds.%4$I[])',
                  'n_' || t.type, 'd_' || t.type, 'da_' || t.type, 'c_' || t.type);
              execute format('insert into kinds.%1$I (d, ds, da, c, cs) select x.value::%2$s,
                array[x.value::%2$s::kinds.%4$I, null], array[x.value::%2$s],
                row(x.value::%2$s, array[x.value::%2$s], x.value::%2$s)::kinds.%5$I,
                array[row(null, ''{}'', x.value::%2$s)::kinds.%5$I, null]
                from kinds.sample x where x.type = %3$L',
                  'n_' || t.type, t.type, t.type, 'd_' || t.type, 'c_' || t.type);
            end if;
          end loop;
        end $$;
        """#

    private static let everything = #"""
        do $$ begin
          execute 'create table kinds.everything (id int primary key, ' || (select string_agg(format('%I %s', 'v_'
              || type, type), ', ' order by type) from (select distinct type from kinds.sample) x) || ')';
          execute 'insert into kinds.everything values (1, ' || (select string_agg(format('%L::%s', value, type),
              ', ' order by type) from (select distinct on (type) type, value from kinds.sample order by type, value
              desc) x) || '), (2' || repeat(', null', (select count(distinct type)::int from kinds.sample)) || ')';
        end $$;
        """#

    private static let nested = #"""
        create domain kinds.positive as int default 1 not null constraint above check (value > 0);
        create domain kinds.small as kinds.positive check (value < 100);
        create domain kinds.list as kinds.small[] check (array_length(value, 1) < 10);
        create type kinds.inner as (f kinds.feeling, n numeric, "Q ""x" text);
        create type kinds.outer as (i kinds.inner, many kinds.inner[], l kinds.list);
        create type kinds.deep as (o kinds.outer[], r int4range, t timestamptz);
        create type kinds.floatrange as range (subtype = float8, subtype_diff = float8mi);
        create domain kinds.inner_domain as kinds.inner check ((value).n is null or (value).n > 0 or (value).n =
            'NaN');
        create table kinds.mixed (id bigint primary key, f kinds.feeling, fs kinds.feeling[], s kinds.small, l
            kinds.list, i kinds.inner, o kinds.outer, os kinds.outer[], d kinds.deep, ds kinds.deep[][], fr
            kinds.floatrange, fm kinds.floatmultirange, frs kinds.floatrange[], di kinds.inner_domain, dis
            kinds.inner_domain[], c10 char(10), c10s char(10)[], v10 varchar(10), b10 bit(10), b10s bit(10)[], n102
            numeric(10,2), n102s numeric(10,2)[], n_2 numeric(5,-2), t0 timestamp(0), iv interval day to second(3),
            tt time(2) with time zone);
        insert into kinds.mixed values (1, 'first', '{"",NULL,"new
        line",sad}', 5, '{1,99}', row('sad', 'NaN', 'a,"b)('), row(row('', 1.10, ''), array[row('o''k', null, null),
            null]::kinds.inner[], '[5:6]={7,8}'), null, row(array[row(null,null,null)]::kinds.outer[], 'empty',
            'infinity'), '{}', '[-0,Infinity]', '{[1,2),[5,)}', '{empty,NULL,"(,)"}', row('sad', 'NaN', null),
            array[row('sad', 1, ''), null]::kinds.inner_domain[], 'ab', '{"a","",NULL}', 'ü', '1010101010',
            '{0000000000}', 1.1, '{NaN,1.10}', 12345, '2024-01-01 12:34:56', '1 day 00:00:01.123',
            '12:34:56.78+03'), (2, null, '{}', 1, '{}', row(null, null, null), null, array[[null, row(null, '{}',
            '{}')], [null, null]]::kinds.outer[], null, null, null, '{}', null, null, null, '', '{}', '', null,
            null, 'NaN', null, null, 'infinity', null, null), (3, null, null, 1, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
        """#

    private static let wide = #"""
        create table kinds.wide (id int primary key, compressible text, random bytea, external text, plain text, j
            jsonb, x xml);
        alter table kinds.wide alter external set storage external, alter compressible set compression pglz;
        insert into kinds.wide select i, repeat(chr(65 + i), 1 << 20), (select string_agg(sha512((i::text ||
            k)::bytea), ''::bytea) from generate_series(1, (1 << 20) / 64) k), repeat(md5(i::text), 40000),
            repeat('p', 100), jsonb_build_object('k', repeat('é"\', 100000)), ('<a>' || repeat('b', 500000) ||
            '</a>')::xml from generate_series(1, 3) i;
        insert into kinds.wide (id) values (99);
        create table kinds.named (id int, c regclass, p regproc, pp regprocedure, o regcollation, t regtype, n
            regnamespace, f regconfig, cs regclass[]);
        insert into kinds.named values (1, 'kinds."A table"', 'kinds.plus_one', 'kinds.plus_one(integer)',
            'kinds."My collation"', 'kinds.feeling', 'kinds', 'kinds."My config"',
            '{kinds.sample,NULL,4294967294,-}');
        """#
}

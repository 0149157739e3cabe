/// What the servers are made to decode: every kind of change, value and identity.
enum Workload {
    /// Break whoever forgets to quote, or looks for the words around them.
    static let hostileNames = [
        #"with "quotes""#, "dotted.name", "Upper Case", "select", "line\nbreak", "tab\tand back\\slash", "grüße 東京 🦆",
        String(repeating: "n", count: 63), "trailing space ", "'single'", "{braces,and}", "x[integer]:1", ": INSERT:",
        " new-tuple:", "old-key:", "a, b", #"","value":""#, "unchanged-toast-datum", "null", #"\u0041"#, "]", "[",
    ]

    /// Tables without a usable identity: in the publication of inserts and truncates only.
    static let insertsOnly = ["public.no_key", "public.by_nothing", "public.no_columns"]

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    static let schema: [String] =
        [
            """
            create type mood as enum ('sad', 'it''s', 'o"k');
            create domain octets as bytea;
            create domain yes as boolean;
            create domain positive as integer check (value > 0);
            create type pair as (a integer, b text);
            create table types (
                id bigint primary key, small smallint, whole integer, exact numeric, scaled numeric(20, 5), single real,
                double double precision, truth boolean, words text, short varchar(10), padded char(5), octet "char",
                naming name, bytes bytea, day date, at timestamp, at_zone timestamptz(3), clock time, clock_zone timetz,
                span interval, uid uuid, plain json, tree jsonb, numbers integer[], texts text[], moods mood[],
                feeling mood, two pair, twos pair[], raw octets, agreed yes, above positive, bits bit(5),
                more_bits varbit, address inet, network cidr, mac macaddr, place point, area box, path path, cash money,
                search tsvector, query tsquery, within int4range, spans tstzrange[], several int4multirange,
                object oid, class regclass, wal pg_lsn, snapshot pg_snapshot, tid tid);
            create table toasted (id integer primary key, note text, body text, other bytea);
            alter table toasted alter body set storage external, alter other set storage external;
            create table by_index (a integer not null, b text not null, c text, constraint by_index_key unique (b, a));
            alter table by_index replica identity using index by_index_key;
            create table by_full (a integer, b text, c text);
            alter table by_full alter c set storage external, replica identity full;
            create table by_nothing (id integer primary key, a text);
            alter table by_nothing replica identity nothing;
            create table no_key (a integer, b text);
            create table no_columns ();
            create table parted (id integer, region text, a text, primary key (id, region)) partition by list (region);
            create table parted_a partition of parted for values in ('a');
            create table parted_b partition of parted for values in ('b');
            create table generated (id integer primary key, a integer, gone integer,
                twice integer generated always as (a * 2) stored, b text);
            alter table generated drop column gone;
            create table parent (id integer generated always as identity primary key, a text);
            create table child (id integer primary key, parent integer references parent);
            create table changing (id integer primary key, a integer, b text);
            create schema "Odd.Types";
            """
        ]
        + hostileNames.map { name in
            """
            create schema \(quoted(name));
            create type "Odd.Types".\(quoted(name)) as enum (\(literal(name)), 'other');
            create table \(quoted(name)).\(quoted(name)) (
                \(quoted(name)) integer primary key, other "Odd.Types".\(quoted(name)),
                others "Odd.Types".\(quoted(name))[], words text)
            """
        }
        + [
            "create publication \(quoted(publications[0])) for table types, toasted, by_index, by_full, parted, "
                + "generated, parent, child, changing, "
                + hostileNames.map { "\(quoted($0)).\(quoted($0))" }.joined(separator: ", "),
            "create publication \(quoted(publications[1])) for table no_key, by_nothing, no_columns "
                + "with (publish = 'insert, truncate')",
        ]

    static let publications = ["plain", #"odd, "name""#]

    static func literal(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    static let types = #"""
        insert into types (id) values (0);
        insert into types values (
            -9223372036854775808, -32768, -2147483648, '-12345678901234567890123456789012345.678901234567890',
            123456789012345.12345, '-3.4028235e38', '-1.7976931348623157e308', true, 'it''s a "\" {x} \#u{1} \#u{7F} \#n new line 🦆', '', 'ab', 'x', 'n', '\x00ff5c27', '4713-01-01 BC', '294276-12-31 23:59:59.999999',
            '4713-01-01 00:00:00+00 BC', '24:00:00', '12:34:56.789+05:30', '-178000000 years -1 mon 3 days -00:00:01',
            '00000000-0000-0000-0000-000000000000', '{"a" :  1, "b": "\u00e9"}', '{"a": [1, null, "x"]}',
            '{{1,NULL},{-2,3}}', '{"a,b","c\"d",NULL,"NULL","",it''s}', '{sad,"it''s","o\"k",NULL}', 'it''s',
            '(1,"a ""b""")', '{"(1,x)","(,)"}', '\xdead', true, 1, '10101', '1', '::1', '10.0.0.0/8',
            '08:00:2b:01:02:03', '(1.5,-Infinity)', '(1,1),(0,0)', '((0,0),(1,1))', '-92233720368547758.08', '''a'':1 b:2',
            '''a'' & b', '(,5)', '{"[2020-01-01 00:00:00+00,)",empty}', '{[1,2),[5,)}', 4294967295, 'pg_class',
            'FFFFFFFF/FFFFFFFF', '10:20:10,14', '(4294967295,65535)');
        insert into types (id, exact, single, double, day, at, at_zone, scaled, bytes, more_bits, truth, raw) values
            (9223372036854775807, 'NaN', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity', 'NaN', '', '', false, ''),
            (1, '-0.000', '-0', '-0', '5874897-12-31', null, null, 0, null, null, null, null),
            (2, 1e131071, 1e-45, 4.9e-324, '2000-01-01', now(), now(), -0.00001, '\x5c78', '0', true, '\x5c78'),
            (3, 1e-16383, 'Infinity', '-Infinity', '1999-12-31', '1999-12-31 23:59:59.9', now(), 1.5, '\x00', '01',
                false, '\x00')
        """#

    /// Each a transaction of its own.
    static let steps: [String] =
        [
            types,
            "insert into types (id, exact) select 100, 'Infinity' where current_setting('server_version_num')::int >= 140000",
            "update types set words = 'changed', id = id + 10 where id in (1, 2)",
            "delete from types where id > 5",
            // TOAST: not sent, sent, sent with a new key, moved with everything unchanged.
            """
            insert into toasted select n, 'n', repeat(n::text || 'x', 5000), decode(repeat('00ff5c', 3000), 'hex')
            from generate_series(1, 3) n
            """,
            "update toasted set note = 'body unchanged' where id = 1",
            "update toasted set body = repeat('y''', 5000) where id = 2; update toasted set id = 13 where id = 3",
            "update toasted set id = 14, body = null where id = 13; delete from toasted where id = 1",
            // Identities.
            "insert into by_index values (1, 'it''s', 'c'), (2, '', null)",
            "update by_index set c = 'same key'; update by_index set a = a + 10 where a = 1",
            "delete from by_index",
            """
            insert into by_full values (1, 'twice', null), (1, 'twice', null), (null, null, null),
                (2, 'toast', repeat('z', 9000))
            """,
            "update by_full set b = 'other' where b = 'twice'; update by_full set a = 3 where a = 2",
            "update by_full set b = '' where b is null; delete from by_full",
            "insert into by_nothing values (1, 'a'); update by_nothing set a = 'b'; delete from by_nothing",
            "insert into no_key values (1, null), (1, ''); update no_key set b = 'b'; delete from no_key",
            "insert into no_columns default values; delete from no_columns",
            // Partitions: moving a row is a delete and an insert.
            "insert into parted values (1, 'a', 'x'), (2, 'b', 'y'); update parted set region = 'b' where id = 1",
            "insert into generated (id, a, b) values (1, 21, 'x'); update generated set a = 4, id = 2",
            // Savepoints, rolled back in part; a rolled back transaction; an empty one; DDL alone.
            """
            insert into parent (a) values ('kept'); savepoint s; insert into parent (a) values ('lost');
            rollback to s; savepoint t; insert into parent (a) values ('kept too'); release t
            """,
            "insert into parent (a) values ('lost'); rollback",
            "create table passing (a integer); drop table passing",
            "insert into child values (1, 1), (2, 3); update parent set a = 'x'; update child set parent = 1",
            "truncate by_full",
            "truncate parent restart identity cascade",
            "truncate child, toasted, no_key restart identity",
            // DDL between and inside transactions.
            "insert into changing values (1, 1, 'x')",
            "alter table changing add column c text default 'filled'; insert into changing values (2, 2, 'y', 'z')",
            "update changing set c = 'c' where id = 1",
            "insert into changing values (3, 3, 'q', 'r'); alter table changing drop column b; insert into changing values (4, 4)",
            "alter table changing alter a type bigint; insert into changing values (5, 9223372036854775807)",
            "alter table changing rename a to renamed; insert into changing values (6, 6); delete from changing where id < 4",
            "alter table changing rename to changed; alter table changed set schema \(quoted(hostileNames[0]))",
            "insert into \(quoted(hostileNames[0])).changed values (7)",
            // Messages, between and inside.
            "select pg_logical_emit_message(true, 'skein', 'one'), pg_logical_emit_message(true, 'skein', '')",
            "select pg_logical_emit_message(false, 'skein', E'two\\nlines, sz: 3 content:abc')",
            """
            insert into parent (a) values ('before'); select pg_logical_emit_message(true, 'a, sz: 1 content:b', '🦆''"\\');
            insert into parent (a) values ('after')
            """,
            // Two relations in turn.
            """
            insert into parent (a) values ('1'); insert into no_key values (1); insert into parent (a) values ('2');
            insert into no_key values (2)
            """,
        ]
        + hostileNames.map { name in
            let table = "\(quoted(name)).\(quoted(name))"
            return """
                insert into \(table) values
                    (1, \(literal(name)), array[\(literal(name)), 'other', null]::"Odd.Types".\(quoted(name))[], \(literal(name)));
                update \(table) set \(quoted(name)) = 2, words = \(literal(name + name));
                delete from \(table)
                """
        }
}

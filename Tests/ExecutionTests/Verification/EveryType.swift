/// A table with a column of every built-in type that a user can have in one, and types made of them, with the values
/// that are likely to go wrong.
enum EveryType {
    /// `name type: value, value, …`; every value is an SQL literal that is cast to the type.
    static let columns: [(name: String, type: String, values: [String])] = [
        ("small", "smallint", ["-32768", "32767", "0"]), ("medium", "integer", ["-2147483648", "2147483647"]),
        ("large", "bigint", ["-9223372036854775808", "9223372036854775807"]),
        ("exact", "numeric", ["NaN", "Infinity", "-Infinity", "1.0", "1.00", "1e-100", "-9e300", "0.000"]),
        ("scaled", "numeric(12,4)", ["12345678.9012", "-0.0001"]),
        ("single", "real", ["NaN", "Infinity", "-0", "0", "1e-45", "3.4028235e38", "0.1"]),
        ("double", "double precision", ["NaN", "-Infinity", "-0", "0", "5e-324", "1.7976931348623157e308", "0.1"]),
        ("cash", "money", ["-92233720368547758.08", "1234.56"]), ("truth", "boolean", ["t", "f"]),
        ("padded", "character(7)", ["", "a", "ü  b"]), ("unpadded", "bpchar", ["a", "a  "]),
        ("limited", "varchar(9)", ["", "üß字"]), ("words", "text", ["", "a\\nb", "E''\\\\''", "🪿", "\t\u{1}"]),
        ("label", "name", ["x", "63"]), ("internal", "\"char\"", ["", "a", "\\\\377"]),
        ("binary", "bytea", ["", "\\\\x00ff", "\\\\xdeadbeef"]),
        ("day", "date", ["-infinity", "infinity", "4713-01-01 BC", "5874897-12-31", "2000-02-29"]),
        ("clock", "time", ["00:00", "24:00", "23:59:59.999999"]),
        ("zoned", "timetz", ["00:00+14", "24:00-14:59", "12:00:00.5+05:30"]),
        ("moment", "timestamp", ["-infinity", "infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999"]),
        ("instant", "timestamptz", ["-infinity", "infinity", "4713-01-02 BC", "294276-12-31 23:59:59.999999+00"]),
        (
            "span", "interval",
            ["1 day", "24:00", "-178000000 years", "1 mon -1 day 00:00:00.000001", "30 days", "1 mon"]
        ),
        ("host", "inet", ["10.0.0.1", "10.0.0.1/8", "::ffff:1.2.3.4/96"]), ("net", "cidr", ["10.0.0.0/8", "::/0"]),
        ("mac", "macaddr", ["08:00:2b:01:02:03"]), ("mac8", "macaddr8", ["08:00:2b:01:02:03:04:05"]),
        ("uid", "uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
        ("bits", "bit(5)", ["00000", "10101"]), ("varbits", "bit varying", ["", "1", "01"]),
        ("loose", "json", ["{\"a\": 1,  \"a\":2}", "1.0", "null"]),
        ("strict", "jsonb", ["{\"a\":1.00}", "null", "[]"]),
        ("path", "jsonpath", ["$.a[*] ? (@ > 1)"]), ("markup", "xml", ["<a>b</a>", "x"]),
        ("vector", "tsvector", ["", "''a'':1A,2 ''b'':3"]), ("query", "tsquery", ["a & !b:*C"]),
        ("point", "point", ["(0,-0)", "(NaN,Infinity)", "(0.1,1e-300)"]), ("line", "line", ["{1,2,3}"]),
        ("segment", "lseg", ["[(0,0),(1,1)]"]), ("box", "box", ["(1,1),(0,0)"]),
        ("open_path", "path", ["[(0,0),(1,1)]", "((0,0),(1,1))"]), ("shape", "polygon", ["((0,0),(1,1),(0,1))"]),
        ("round", "circle", ["<(0,0),1>"]), ("lsn", "pg_lsn", ["FFFFFFFF/FFFFFFFF"]),
        ("sees", "pg_snapshot", ["10:20:10,14"]), ("sees_too", "txid_snapshot", ["10:20:10,14"]),
        ("transaction", "xid", ["4294967295"]), ("transaction8", "xid8", ["18446744073709551615"]),
        ("command", "cid", ["7"]), ("place", "tid", ["(4294967295,65535)"]), ("object", "oid", ["0", "4294967295"]),
        ("relation", "regclass", ["pg_catalog.pg_class"]), ("function", "regproc", ["pg_catalog.now"]),
        ("procedure", "regprocedure", ["pg_catalog.abs(integer)"]), ("kind", "regtype", ["integer", "text[]"]),
        ("operator", "regoperator", ["pg_catalog.+(integer,integer)"]), ("role", "regrole", ["postgres"]),
        ("space", "regnamespace", ["pg_catalog"]), ("config", "regconfig", ["pg_catalog.english"]),
        ("dictionary", "regdictionary", ["pg_catalog.simple"]), ("collated", "regcollation", ["\"C\""]),
        ("access", "aclitem", ["postgres=r/postgres"]), ("range4", "int4range", ["empty", "[1,5)", "(,)"]),
        ("range8", "int8range", ["[1,)"]), ("rangen", "numrange", ["[1.0,1.00]"]),
        ("ranged", "daterange", ["[2000-01-01,infinity)"]),
        ("range_t", "tsrange", ["[2000-01-01,2001-01-01]"]), ("range_tz", "tstzrange", ["(-infinity,infinity)"]),
        ("many4", "int4multirange", ["{}", "{[1,2),[5,9)}"]), ("many_tz", "tstzmultirange", ["{(,)}"]),
        ("numbers", "integer[]", ["{}", "{1,NULL,3}", "[0:1]={1,2}", "{{1,2},{3,4}}"]),
        ("strings", "text[]", ["{NULL,\"NULL\",\"a,b\",\"\"}"]), ("floats", "float8[]", ["{NaN,-0,0.1}"]),
        ("old_vector", "int2vector", ["1 2 3"]), ("oids", "oidvector", ["1 2"]),
        ("binaries", "bytea[]", ["{\"\\\\\\\\x00\"}"]),
        ("mood", "v.mood", ["sad", "o''k"]), ("moods", "v.mood[]", ["{sad,NULL}"]),
        ("pair", "v.pair", ["(1,\"a,b\")", "(,)"]), ("pairs", "v.pair[]", ["{\"(1,x)\"}"]),
        ("positive", "v.positive", ["7"]), ("address", "v.address", ["a@b"]), ("stamps", "v.stamps", ["{infinity}"]),
        ("ignorant", "text collate v.ignorant", ["a", "A"]), ("floatrange", "v.floatrange", ["[-0,0.1]"]),
    ]

    static let types = """
        create schema v;
        set search_path = v, public;
        create type mood as enum ('sad', 'o''k');
        create type pair as (a int, b text);
        create domain positive as int check (value > 0);
        create domain base_address as varchar(99);
        create domain address as base_address;
        create domain stamps as timestamptz[];
        create type floatrange as range (subtype = float8);
        create collation ignorant (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        """

    static var table: String {
        "create table v.every (" + columns.map { "\"\($0.name)\" \($0.type)" }.joined(separator: ", ") + ")"
    }

    /// Row after row, each column goes round its values; the last row is NULL throughout.
    static var rows: String {
        let most = columns.map(\.values.count).max() ?? 0
        let tuples = (0..<most).map { row in
            "("
                + columns.map { column in
                    let type = column.type.split(separator: " collate")[0]
                    return "E'\(column.values[row % column.values.count])'::\(type)"
                }.joined(separator: ", ") + ")"
        }
        let nulls = "(" + columns.map { _ in "null" }.joined(separator: ", ") + ")"
        return "insert into v.every values " + (tuples + [nulls]).joined(separator: ", ")
    }
}

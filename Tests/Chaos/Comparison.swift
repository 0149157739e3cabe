import Postgres

/// Source and target side by side, by a method that shares nothing with Skein's own.
struct Comparison {
    /// What differs, one line each; rows of a table as far as some lines go.
    private(set) var differences: [String] = []

    init(source: ConnectionTarget, target: ConnectionTarget) throws {
        let settings = ["search_path": "public"]
        let source = try Connection(source, applicationName: "chaos", settings: settings)
        let target = try Connection(target, applicationName: "chaos", settings: settings)
        try compareTables(source, target)
        try compareSequences(source, target)
        let (wanted, found) = (try Self.lines(Self.definitions, source), try Self.lines(Self.definitions, target))
        for missing in Set(wanted).subtracting(found).sorted() { differences.append("not on the target: \(missing)") }
        // A hypertable adds what the source has not: its default index, say.
        for line in Set(found).subtracting(wanted).sorted() where line.contains("NOT VALID") || line.contains("INVALID")
        {
            differences.append("on the target: \(line)")
        }
    }

    private mutating func compareTables(_ source: Connection, _ target: Connection) throws {
        for table in try Self.lines(Self.tables, source) {
            let rows = "select (t.*)::text from \(table) t"
            let hash =
                "select count(*) || ' ' || coalesce(md5(string_agg(md5(r), '' order by md5(r))), '') from (\(rows)) t (r)"
            let (wanted, found) = (try source.scalar(hash), try target.scalar(hash))
            guard wanted != found else { continue }
            differences.append("\(table): \(wanted ?? "") on the source, \(found ?? "") on the target")
            let (left, right) = (try Self.counted(rows, source), try Self.counted(rows, target))
            let unequal = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
            for row in unequal.prefix(12) {
                differences.append(
                    "  \(left[row, default: 0]) times on the source, \(right[row, default: 0]) on the target: \(row.prefix(160))"
                )
            }
            if unequal.count > 12 { differences.append("  ... and \(unequal.count - 12) more rows") }
        }
    }

    /// A sequence may stand further on the target, never behind.
    private mutating func compareSequences(_ source: Connection, _ target: Connection) throws {
        for sequence in try Self.lines(Self.sequences, source) {
            let value = "select last_value + is_called::int from \(sequence)"
            let (wanted, found) = (
                try source.scalar(value).flatMap { Int($0) }, try target.scalar(value).flatMap { Int($0) }
            )
            if let wanted, (found ?? .min) < wanted {
                differences.append("sequence \(sequence): next is \(wanted) on the source, \(found ?? 0) on the target")
            }
        }
    }

    private static func lines(_ query: String, _ connection: Connection) throws -> [String] {
        let rows = try connection.query(query)
        return rows.indices.map { rows.text($0, 0) }
    }

    private static func counted(_ query: String, _ connection: Connection) throws -> [String: Int] {
        try lines(query, connection).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    private static let tables = """
        select quote_ident(relname) from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1
        """

    private static let sequences = """
        select quote_ident(relname) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S' order by 1
        """

    /// Constraints, indexes and triggers of all tables. NOT NULL constraints are in pg_constraint from 18 on.
    private static let definitions = """
        select conrelid::regclass || ': ' || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')
        union all
        select pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' INVALID' end from pg_index i
        join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
        union all
        select pg_get_triggerdef(t.oid) || ' enabled ' || tgenabled::text from pg_trigger t
        join pg_class c on c.oid = tgrelid where c.relnamespace = 'public'::regnamespace and not tgisinternal
            and tgname <> 'ts_insert_blocker'
        union all
        select 'identity of ' || attrelid::regclass || ' ' || attidentity::text from pg_attribute
        join pg_class c on c.oid = attrelid where c.relnamespace = 'public'::regnamespace and attidentity <> ''
        """
}

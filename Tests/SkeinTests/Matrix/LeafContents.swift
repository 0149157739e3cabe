import Postgres
import TestServers

/// What each table holds itself, partitions and inheritance children apart from their parents: a row that arrived in
/// another table of the family is a difference. Rows go by their text, under pinned settings.
struct LeafContents: Sendable {
    /// Counts and hashes by what they are of.
    var entries: [String: String]

    static func read(_ database: ConnectionTarget) async throws -> LeafContents {
        try await TestServers.withConnection(to: database) { connection in
            var entries: [String: String] = [:]
            let relations = try connection.query(relations)
            for row in relations.indices {
                let (name, isSequence) = (relations.text(row, 0), relations.text(row, 1) == "S")
                let values = isSequence ? "last_value, is_called" : relations.text(row, 3)
                let from = relations.text(row, 1) != "r" || relations.bool(row, 2) ? name : "only \(name)"
                entries[key(name)] = try connection.scalar(
                    """
                    select count(*) || ' rows ' || coalesce(md5(string_agg(md5(t), '' order by md5(t))), '')
                    from (select row(\(values))::text as t from \(from)) rows
                    """)
            }
            let objects = try connection.query(largeObjects)
            for row in objects.indices { entries["large object \(objects.text(row, 0))"] = objects[row, 1] }
            return LeafContents(entries: entries)
        }
    }

    /// A name as `entries` holds it. Swift takes é and e with a combining accent for the same; the server does not.
    static func key(_ name: String) -> String {
        name.unicodeScalars.map { $0.isASCII ? String($0) : "\\u{\(String($0.value, radix: 16))}" }.joined()
    }

    /// Tables, sequences and materialized views that are populated. A hypertable's rows are in its chunks.
    private static let relations = """
        select format('%I.%I', n.nspname, c.relname), c.relkind,
            exists (
                select from pg_inherits i join pg_class h on h.oid = i.inhrelid
                where i.inhparent = c.oid and h.relnamespace::regnamespace::text = '_timescaledb_internal'),
            (select string_agg(quote_ident(attname), ', ' order by attname collate "C") from pg_attribute a
            where a.attrelid = c.oid and attnum > 0 and not attisdropped)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where (c.relkind in ('r', 'S') or c.relkind = 'm' and c.relispopulated)
            and n.nspname !~ '^(pg_|_?timescaledb|information_schema$|skein$)'
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        """

    private static let largeObjects = """
        select oid, md5(lo_get(oid)) || ' ' || coalesce(obj_description(oid, 'pg_largeobject'), '')
        from pg_largeobject_metadata
        """

    /// What source and target of a migration hold differently, one line each, sorted.
    static func differences(_ migration: Migration) async throws -> [String] {
        let (source, target) = try await (read(migration.source).entries, read(migration.target).entries)
        return Set(source.keys).union(target.keys).sorted().compactMap { key in
            let (before, after) = (source[key], target[key])
            return before == after ? nil : "\(key): \(before ?? "missing") became \(after ?? "missing")"
        }
    }
}

import Postgres
import TestServers

/// What a database holds, by a method that shares nothing with Skein's own comparison: for each table its rows as text,
/// sorted by bytes, hashed; for each sequence where it stands; for each large object its bytes.
struct Contents: Sendable, Equatable, CustomStringConvertible {
    /// Hashes and counts by what they are of.
    var entries: [String: String]

    /// - Parameter excluding: names as `schema.table` that are left out.
    static func read(_ database: ConnectionTarget, excluding: Set<String> = []) async throws -> Contents {
        try await TestServers.withConnection(to: database) { connection in
            try connection.execute("begin isolation level repeatable read read only")
            var entries: [String: String] = [:]
            let relations = try connection.query(relations)
            for row in relations.indices where !excluding.contains(relations.text(row, 0)) {
                let name = relations.text(row, 1)
                let from =
                    relations.text(row, 2) == "sequence"
                    ? "(select last_value, is_called from \(name)) t" : "\(name) t"
                let hash = try connection.scalar(
                    "select count(*) || ' rows ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '')"
                        + " from \(from)")
                entries["\(relations.text(row, 2)) \(relations.text(row, 0))"] = hash
            }
            let objects = try connection.query(
                "select oid, md5(lo_get(oid)) from pg_catalog.pg_largeobject_metadata order by oid")
            for row in objects.indices { entries["large object \(objects.text(row, 0))"] = objects.text(row, 1) }
            try connection.execute("rollback")
            return Contents(entries: entries)
        }
    }

    /// Tables (partitions and inheritance children within their roots), filled materialized views, sequences; neither
    /// TimescaleDB's own nor Skein's.
    private static let relations = """
        select n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname),
            case c.relkind when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where (c.relkind in ('r', 'p', 'S') or c.relkind = 'm' and c.relispopulated)
            and not exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)
            and n.nspname !~ '^(pg_|_?timescaledb|information_schema$|skein$)'
            and not exists (
                select from pg_catalog.pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by 1
        """

    /// What differs between both, one line each; empty where they are equal.
    func differences(from other: Contents) -> [String] {
        Set(entries.keys).union(other.entries.keys).sorted().compactMap { key in
            let (mine, others) = (entries[key], other.entries[key])
            return mine == others ? nil : "\(key): \(mine ?? "missing") and \(others ?? "missing")"
        }
    }

    var description: String { entries.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "\n") }
}

extension Migration {
    /// What differs between source and target; empty where they hold the same.
    func differences(excluding: Set<String> = []) async throws -> [String] {
        let source = try await Contents.read(self.source, excluding: excluding)
        let target = try await Contents.read(self.target, excluding: excluding)
        return source.differences(from: target)
    }
}

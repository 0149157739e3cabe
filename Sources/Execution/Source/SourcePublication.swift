package import PlanFile
package import Postgres

/// A publication of ours on the source, as it is there.
package struct SourcePublication: Sendable, Codable, Equatable {
    package struct Member: Sendable, Codable, Equatable {
        package var oid: UInt32
        package var table: QualifiedName
        package init(oid: UInt32, table: QualifiedName) {
            self.oid = oid
            self.table = table
        }
    }

    package var name: String
    package var oid: UInt32
    /// `insert`, `update`, `delete`, `truncate`, in this order.
    package var operations: [String]
    package var isViaRoot: Bool
    /// All tables, tables of whole schemas, row filters or column lists: none of them is ours.
    package var hasMore: Bool
    /// By oid.
    package var members: [Member]

    package init(
        name: String, oid: UInt32, operations: [String], isViaRoot: Bool, hasMore: Bool, members: [Member],
    ) {
        self.name = name
        self.oid = oid
        self.operations = operations
        self.isViaRoot = isViaRoot
        self.hasMore = hasMore
        self.members = members
    }

    /// Those of `names` that exist.
    package static func read(_ source: Connection, _ names: [String]) throws -> [SourcePublication] {
        let version = source.serverVersion
        let more = version >= 150_000 ? selectMoreOf15 : "false"
        let rows = try source.query(
            """
            select p.oid, p.pubname, p.pubinsert, p.pubupdate, p.pubdelete,
                \(version >= 110_000 ? "p.pubtruncate" : "false"), \(version >= 130_000 ? "p.pubviaroot" : "false"),
                p.puballtables or \(more)
            from pg_catalog.pg_publication p where p.pubname = any ($1::text[]) order by p.pubname
            """, [PostgresArray.literal(names)])
        let members = try members(source, names)
        return rows.indices.map { row in
            let oid = rows.oid(row, 0) ?? 0
            let operations = ["insert", "update", "delete", "truncate"].enumerated()
                .filter { rows.bool(row, 2 + $0.offset) }.map(\.element)
            return SourcePublication(
                name: rows.text(row, 1), oid: oid, operations: operations, isViaRoot: rows.bool(row, 6),
                hasMore: rows.bool(row, 7), members: members[oid] ?? [])
        }
    }

    private static let selectMoreOf15 = """
        exists (select from pg_catalog.pg_publication_namespace s where s.pnpubid = p.oid)
        or exists (
            select from pg_catalog.pg_publication_rel r
            where r.prpubid = p.oid and (r.prqual is not null or r.prattrs is not null))
        """

    private static func members(_ source: Connection, _ names: [String]) throws -> [UInt32: [Member]] {
        let rows = try source.query(selectMembers, [PostgresArray.literal(names)])
        var found: [UInt32: [Member]] = [:]
        for row in rows.indices {
            found[rows.oid(row, 0) ?? 0, default: []].append(
                Member(
                    oid: rows.oid(row, 1) ?? 0,
                    table: QualifiedName(schema: rows.text(row, 2), name: rows.text(row, 3))))
        }
        return found
    }

    private static let selectMembers = """
        select r.prpubid, c.oid, n.nspname, c.relname
        from pg_catalog.pg_publication p
        join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
        join pg_catalog.pg_class c on c.oid = r.prrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where p.pubname = any ($1::text[]) order by c.oid
        """
}

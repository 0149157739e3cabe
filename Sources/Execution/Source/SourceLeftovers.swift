private import PlanFile
package import Planning
package import Postgres

/// Something of a migration on the source.
package struct SourceLeftover: Sendable, Codable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Codable {
        case slot = "replication slot"
        case publication
        case schema
    }

    package var kind: Kind
    package var name: String
    /// Of a slot: whether somebody receives from it.
    package var isActive: Bool
    /// Of a slot: WAL that the source keeps for it, bytes.
    package var retainedBytes: Int64?

    package init(kind: Kind, name: String, isActive: Bool = false, retainedBytes: Int64? = nil) {
        self.kind = kind
        self.name = name
        self.isActive = isActive
        self.retainedBytes = retainedBytes
    }

    package var description: String { "\(kind.rawValue) \(name)" }

    /// What removes it.
    package var statement: String {
        switch kind {
        case .slot: "select pg_drop_replication_slot('\(QualifiedName.doubling("'", in: name))');"
        case .publication: "drop publication \(QualifiedName.quoted(name));"
        case .schema: "drop schema \(QualifiedName.quoted(name)) cascade;"
        }
    }
}

/// Finds what migrations made on the source.
package enum SourceLeftovers {
    /// Of one migration, by its names.
    package static func find(_ source: Connection, _ names: SourceNames) throws -> [SourceLeftover] {
        let ours: Set = [
            SourceLeftover.Kind.slot.rawValue + names.slot,
            SourceLeftover.Kind.publication.rawValue + names.publication,
            SourceLeftover.Kind.publication.rawValue + names.insertsPublication,
            SourceLeftover.Kind.schema.rawValue + names.schema,
        ]
        return try all(source).filter { ours.contains($0.kind.rawValue + $0.name) }
    }

    /// Of migrations that nobody knows any more.
    /// - Parameter known: of every migration whose state there is, and of the plan at hand.
    package static func abandoned(_ source: Connection, known: [SourceNames]) throws -> [SourceLeftover] {
        let slots = Set(known.map(\.slot)).union(known.map(\.schema))
        let publications = Set(known.flatMap { [$0.publication, $0.insertsPublication] })
        return try all(source).filter { leftover in
            switch leftover.kind {
            case .slot, .schema: !slots.contains(leftover.name)
            case .publication: !publications.contains(leftover.name)
            }
        }
    }

    private static func all(_ source: Connection) throws -> [SourceLeftover] {
        let rows = try source.query(selectAll)
        return rows.indices.compactMap { row in
            SourceLeftover.Kind(rawValue: rows.text(row, 0)).map {
                SourceLeftover(
                    kind: $0, name: rows.text(row, 1), isActive: rows.bool(row, 2),
                    retainedBytes: rows[row, 3].flatMap { Int64($0) })
            }
        }
    }

    /// A schema is ours by the table in it. On a standby there is no present WAL position.
    private static let selectAll = """
        select 'replication slot', slot_name::text, active,
            case when not pg_catalog.pg_is_in_recovery()
                then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::bigint end
        from pg_catalog.pg_replication_slots
        where database = current_database() and slot_name like 'skein\\_%'
        union all
        select 'publication', pubname, false, null from pg_catalog.pg_publication where pubname like 'skein\\_%'
        union all
        select 'schema', n.nspname, false, null
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'marker' and c.relkind = 'r'
        where n.nspname like 'skein\\_%'
        order by 1, 2
        """
}

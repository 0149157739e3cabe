package import PlanFile
internal import Planning
internal import Postgres

/// Tables of the source that were made, or attached, as parts of one whose partitions become a hypertable, since the
/// migration was planned. Their changes are applied from the stream, which holds every row of one that was made after the
/// slot. Nothing of theirs is copied, so where rows must be copied, all parts must be those of the plan.
enum LaterParts {
    /// - Throws: `PartNotPlanned`.
    static func refuse(_ source: Connection, _ context: RunContext, of targets: Set<QualifiedName>? = nil) throws {
        let pieces = context.tasks.compactMap(\.action.copiedPiece)
        let roots = Set(pieces.compactMap(\.target)).filter { targets?.contains($0) ?? true }
        guard !roots.isEmpty else { return }
        let left = context.decisions.exclusions.objects.filter { $0.catalog == "pg_class" }.map(\.oid)
        let planned = Set(pieces.map(\.tableOID) + left)
        for root in roots.sorted() {
            let rows = try source.query(selectParts, [root.sql, PostgresArray.literal(planned.map { String($0) })])
            guard rows.count > 0 else { continue }
            throw PartNotPlanned(part: QualifiedName(schema: rows.text(0, 0), name: rows.text(0, 1)), root: root)
        }
    }

    private static let selectParts = """
        with recursive family (oid) as (
            select pg_catalog.to_regclass($1)::pg_catalog.oid
            union
            select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
        )
        select n.nspname, c.relname
        from family f join pg_catalog.pg_class c on c.oid = f.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'f') and c.oid <> all ($2::oid[])
        order by 1, 2
        """
}

/// A partition is not among those that the migration was planned with.
package struct PartNotPlanned: ToldError, Equatable {
    package var part: QualifiedName
    package var root: QualifiedName
    package var object: String? { part.description }
    package var summary: String {
        "\(part) was made on the source as a part of \(root) since the migration was planned, and no task copies its rows"
    }
    package var cure: String? { "start over with --drop-if-exists" }
    package var mayPass: Bool { false }
}

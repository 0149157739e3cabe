package import PlanFile
private import Planning
private import Postgres

/// What makes a copied table ready for queries, and materialized views filled.
package enum MaintenanceTask {
    package static func analyze(_ table: QualifiedName, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute("analyze \(table.sql)")
            return TaskOutcome()
        }
    }

    /// Sets the visibility map, so that index-only scans work from the first query on.
    package static func vacuum(
        _ table: QualifiedName, part: Int, of parts: Int, _ scope: TaskScope,
    ) throws -> TaskOutcome {
        try scope.outsideTransaction { target in
            var tables = [table.sql]
            if scope.context.decisions.parents.contains(table), parts > 1 {
                let rows = try target.query(selectChunks, [table.schema, table.name, String(part - 1), String(parts)])
                tables = rows.indices.map { rows.text($0, 0) }
            }
            // Cutting empty pages off waits up to 5 s while somebody else waits for the table.
            for name in tables { try target.execute("vacuum (truncate false) \(name)") }
            return TaskOutcome()
        }
    }

    private static let selectChunks = """
        select format('%I.%I', chunk_schema, chunk_name)
        from (
            select chunk_schema, chunk_name, row_number() over (order by range_start, chunk_name) as number
            from timescaledb_information.chunks
            where hypertable_schema = $1 and hypertable_name = $2) c
        where number % $4::int = $3::int
        order by number
        """

    /// Refreshes under the database's own search_path and time zone.
    package static func refresh(_ view: QualifiedName, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute(ExpressionPath.ownWithTimeZone)
            try ExpressionPath.explaining(target, "refresh materialized view \(view.sql)")
            return TaskOutcome()
        }
    }
}

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

    /// Refreshes under the database's own search_path and time zone, which a view's functions may count on.
    ///
    /// A view that cannot be filled here, because its query fails, is left unfilled with a warning: all rows have arrived,
    /// and what they are made into can be made at any time.
    package static func refresh(_ view: QualifiedName, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute("set local search_path to default; set local timezone to default")
            do {
                try target.savepoint { try target.execute("refresh materialized view \(view.sql)") }
                return TaskOutcome()
            } catch let error as PostgresError where !error.isTransient && error.isOfQuery {
                let reason = TaskFailure(scope.task, error)
                return TaskOutcome(
                    warning: "materialized view \(view) is not filled: \(reason.text); mend the cause, then run "
                        + "refresh materialized view \(view.sql)")
            }
        }
    }
}

extension PostgresError {
    /// The server's refusal of a statement because of what it says or of the values it met, not because it was cancelled
    /// (57) or the server is unwell (53, 58, XX).
    fileprivate var isOfQuery: Bool {
        guard case .server(let error) = self else { return false }
        return !["53", "57", "58", "XX"].contains { error.sqlState.hasPrefix($0) }
    }
}

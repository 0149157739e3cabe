package import PlanFile
private import Planning
private import Postgres

/// What makes a copied table ready for queries, and materialized views filled.
package enum MaintenanceTask {
    /// ANALYZE; with `vacuum`, the visibility map is set too, so that index-only scans work from the first query on.
    package static func analyze(_ table: QualifiedName, vacuum: Bool, _ scope: TaskScope) throws -> TaskOutcome {
        guard vacuum else {
            return try scope.inTransaction { target in
                try target.execute("analyze \(table.sql)")
                return TaskOutcome()
            }
        }
        return try scope.outsideTransaction { target in
            // Cutting empty pages off waits up to 5 s while somebody else waits for the table, as foreign keys do.
            try target.execute("vacuum (analyze, truncate false) \(table.sql)")
            return TaskOutcome()
        }
    }

    /// Refreshes under the database's own search_path and time zone, which a view's functions may count on.
    package static func refresh(_ view: QualifiedName, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try target.execute("set local search_path to default; set local timezone to default")
            try target.execute("refresh materialized view \(view.sql)")
            return TaskOutcome()
        }
    }
}

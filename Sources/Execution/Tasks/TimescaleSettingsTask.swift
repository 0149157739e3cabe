private import PlanFile
internal import Planning
private import Postgres

/// Columnstores and jobs of a TimescaleDB source, made again at the end. What the target refuses is told with its
/// statement: rows and views are there, and a policy can be made at any time.
enum TimescaleSettingsTask {
    static func run(_ settings: TimescaleSettings, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            let schema = try target.scalar(SchemaTask.extensionSchema) ?? "public"
            let present = try existing(target)
            var refused: [String] = []
            for columnstore in settings.columnstores {
                try attempt(columnstore.statement, target, &refused)
            }
            // Made before, by hand or by somebody else who did the same: then it is as they wanted it.
            for job in settings.jobs where !present.contains(job.key) {
                try attempt(job.statement(extensionSchema: schema), target, &refused)
            }
            guard !refused.isEmpty else { return TaskOutcome() }
            return TaskOutcome(
                warning: "the target refused what TimescaleDB keeps beside rows; run when the cause is mended: "
                    + refused.joined(separator: "; "))
        }
    }

    private static func attempt(_ statement: String, _ target: Connection, _ refused: inout [String]) throws {
        do {
            try target.savepoint { try target.execute(statement) }
        } catch let error as PostgresError where !error.isTransient && !error.endsSession {
            refused.append("\(statement) (\(TaskFailure(task: "", error).text))")
        }
    }

    /// Policies by kind and subject.
    private static func existing(_ target: Connection) throws -> Set<String> {
        let rows = try target.query(selectJobs)
        return Set(rows.indices.map { rows.text($0, 0) })
    }

    /// A continuous aggregate's jobs are listed under its materialization up to 2.2x, under its name then.
    private static let selectJobs = """
        select j.proc_name || ' ' || coalesce(v.view_schema, j.hypertable_schema) || '.'
            || coalesce(v.view_name, j.hypertable_name)
        from timescaledb_information.jobs j
        left join timescaledb_information.continuous_aggregates v
            on v.materialization_hypertable_schema = j.hypertable_schema
            and v.materialization_hypertable_name = j.hypertable_name
        where j.hypertable_name is not null
        """
}

extension JobDefinition {
    fileprivate var key: String { subject.map { "\(procedure) \($0.schema).\($0.name)" } ?? "" }
}

private import Planning
package import Postgres

/// Reads what a report is made of, in one snapshot of the target.
package enum ReportReader {
    /// - Returns: nil where the target holds no state of a migration of that name.
    package static func read(_ target: Connection, name: String) throws -> MigrationReport? {
        try target.transaction("begin isolation level repeatable read read only") {
            guard let record = try StateStore(target).migration(named: name) else { return nil }
            let history = HistoryStore(target, migration: record.id)
            let isKept = try history.exists()
            let rows = try target.query(selectNow, [String(record.id)])
            return MigrationReport(
                ReportFacts(
                    record: record, tasks: try TaskStore(target, migration: record.id).all(),
                    status: try StatusReport.read(target, name: name), times: try history.taskTimes(),
                    runs: isKept ? try history.runs() : [], attempts: isKept ? try history.attempts() : [],
                    samples: isKept ? try history.samples() : [], origin: isKept ? try history.origin() : nil,
                    target: MigrationReport.Server(
                        database: rows.text(0, 3), version: rows.text(0, 4), timescaleDB: rows[0, 5]),
                    now: rows.double(0, 0) ?? 0, began: rows.double(0, 1) ?? 0, finished: rows.double(0, 2)))
        }
    }

    private static let selectNow = """
        select extract(epoch from clock_timestamp()), extract(epoch from m.started), extract(epoch from m.finished),
            current_database(), current_setting('server_version'),
            (select e.extversion from pg_catalog.pg_extension e where e.extname = 'timescaledb')
        from skein.migration m where m.id = $1
        """
}

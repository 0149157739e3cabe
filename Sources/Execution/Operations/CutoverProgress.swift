internal import Planning
package import Postgres

/// How a cutover stands that any process runs, as the state tells.
package struct CutoverProgress: Sendable, Equatable {
    package enum Gate: String, Sendable {
        case closed, open
        /// Withdrawn; what was done of it is being undone.
        case abandoned
        case completed
    }

    /// A task of it that is done.
    package struct Step: Sendable, Equatable {
        package var id: String
        package var rows: Int64?
        package var bytes: Int64?
        package var seconds: Double
        package var warning: String?
    }

    package struct Running: Sendable, Equatable {
        package var id: String
        package var seconds: Double
    }

    package var gate: Gate
    /// The whole migration is finished.
    package var isFinished: Bool
    /// Whether any process works on the migration.
    package var isRunning: Bool
    /// Since it was asked for, in the order in which they ended.
    package var done: [Step]
    /// Tasks of it that are under way: id, and seconds since they began.
    package var running: [Running]
    /// Its tasks that are not done.
    package var open: Int
    /// Why the source refused it, so that it was withdrawn.
    package var refusal: String?
    /// What comparisons found.
    package var differences: [String]
    /// What else failed last of what is not done: task and reason.
    package var errors: [String]

    /// - Returns: nil where there is no migration of that name.
    package static func look(_ target: Connection, name: String) throws -> CutoverProgress? {
        guard let record = try StateStore(target).migration(named: name) else { return nil }
        let id = String(record.id)
        let gate = try target.scalar(selectGate, [id]) ?? Gate.closed.rawValue
        let rows = try target.query(selectDone, [id])
        let troubles = try target.query(selectTroubles, [id])
        let open = try target.query(selectOpen, [id])
        let isDifference = { (row: Int) in troubles[row, 2] == VerifyTask.differsState }
        return CutoverProgress(
            gate: Gate(rawValue: gate) ?? .closed, isFinished: record.finished != nil,
            isRunning: try TaskStore(target, migration: record.id).othersAlive(than: 0),
            done: rows.indices.map { row in
                Step(
                    id: rows.text(row, 0), rows: rows[row, 1].flatMap { Int64($0) },
                    bytes: rows[row, 2].flatMap { Int64($0) }, seconds: rows.double(row, 3) ?? 0,
                    warning: rows[row, 4])
            },
            running: open.indices.filter { open.bool($0, 1) }.map { row in
                Running(id: open.text(row, 0), seconds: open.double(row, 2) ?? 0)
            },
            open: open.count,
            refusal: try CutoverStore(target, migration: record.id).refusal(),
            differences: troubles.indices.filter(isDifference).map { troubles.text($0, 1) },
            errors: troubles.indices.filter { !isDifference($0) }.map { row in
                "\(troubles.text(row, 0)): \(troubles.text(row, 1))"
            })
    }

    private static let selectGate = """
        select case when completed is not null then 'completed' when abandoned then 'abandoned' else 'open' end
        from skein.cutover where migration = $1
        """

    private static let selectDone = """
        select t.id, t.rows, t.bytes, extract(epoch from t.finished - t.started), t.warning
        from skein.task t join skein.cutover c using (migration)
        where t.migration = $1 and t.state = 'done' and t.finished >= c.requested
        order by t.finished, t.number
        """

    private static let selectOpen = """
        select id, state = 'running', extract(epoch from clock_timestamp() - started) from skein.task
        where migration = $1 and state <> 'done' order by number
        """

    private static let selectTroubles = """
        select id, error, sqlstate from skein.task
        where migration = $1 and state <> 'done' and error is not null order by number
        """
}

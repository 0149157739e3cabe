private import PlanFile
private import Planning
internal import Postgres

/// Where following the source stands, as the target's state has it: what the last process that followed has written.
package struct LiveReport: Sendable, Codable, Equatable {
    /// A cutover that was asked for. Timestamps as text, UTC.
    package struct Cutover: Sendable, Codable, Equatable {
        package var requested: String
        /// Withdrawn; what was done of it is being undone.
        package var isAbandoned: Bool
        package var fence: String
        package var fenced: String?
        package var marked: String?
        package var drained: String?
        package var completed: String?
        package var lateChanges: Int64?
        /// What it took and what it leaves to do, once it is complete.
        package var report: CutoverReport?
    }

    package struct InsertsOnly: Sendable, Codable, Equatable {
        package var table: String
        /// How long copying it took; nil before it is done.
        package var copySeconds: Double?
    }

    /// Whether a process receives and applies changes right now.
    package var isFollowed: Bool
    /// Nil before the stream has begun.
    package var stream: FollowStatus?
    /// How old `stream` is, seconds, and when it was written.
    package var streamAge: Double?
    package var streamTime: String?
    /// Why the stream is broken, until `--repair` has mended it.
    package var broken: String?
    /// The gate is closed, everything before it is done.
    package var isReady: Bool
    package var cutover: Cutover?
    /// Tables that wait for being copied again.
    package var resyncs: [String]
    /// Tables followed for inserts only.
    package var insertsOnly: [InsertsOnly]

    static func read(_ target: Connection, _ record: MigrationRecord, _ tasks: [TaskRecord]) throws -> LiveReport? {
        guard let following = record.decisions.following else { return nil }
        let id = String(record.id)
        let rows = try target.query(selectStream, [id, String(StateSchema.followerLockClass(record.id))])
        let wishes = try target.query(selectResyncs, [id])
        let insertsOnly = Set(following.tables.filter { $0.identity == .insertsOnly }.map(\.name))
        let seconds = copySeconds(tasks, of: insertsOnly)
        return LiveReport(
            isFollowed: rows.bool(0, 0), stream: try rows[0, 1].map { try StateStore.decode($0) },
            streamAge: rows.double(0, 2), streamTime: rows[0, 3], broken: rows[0, 4],
            isReady: GateState(tasks) == .ready, cutover: try cutover(target, id),
            resyncs: wishes.indices.map { row in
                QualifiedName(schema: wishes.text(row, 0), name: wishes.text(row, 1)).description
            },
            insertsOnly: insertsOnly.sorted().map { table in
                InsertsOnly(table: table.description, copySeconds: seconds[table])
            })
    }

    private static func copySeconds(_ tasks: [TaskRecord], of tables: Set<QualifiedName>) -> [QualifiedName: Double] {
        var seconds: [QualifiedName: Double] = [:]
        for task in tasks where task.state == .done {
            guard case .copy(let piece) = task.task.action, tables.contains(piece.table) else { continue }
            seconds[piece.table, default: 0] += task.seconds ?? 0
        }
        return seconds
    }

    private static let selectStream = """
        select exists (
                select from pg_catalog.pg_locks l
                where l.locktype = 'advisory' and l.classid = $2::bigint::oid and l.objsubid = 2 and l.granted
                    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())),
            s.status, extract(epoch from clock_timestamp() - s.status_time), s.status_time, s.broken
        from (select $1::bigint as migration) m left join skein.stream s using (migration)
        """

    private static let selectResyncs = """
        select table_schema, table_name from skein.resync where migration = $1 order by 1, 2
        """

    private static func cutover(_ target: Connection, _ id: String) throws -> Cutover? {
        let rows = try target.query(selectCutover, [id])
        guard rows.count > 0 else { return nil }
        return Cutover(
            requested: rows.text(0, 0), isAbandoned: rows.bool(0, 1), fence: rows.text(0, 2), fenced: rows[0, 3],
            marked: rows[0, 4], drained: rows[0, 5], completed: rows[0, 6],
            lateChanges: rows[0, 7].flatMap { Int64($0) }, report: try rows[0, 8].map { try StateStore.decode($0) })
    }

    private static let selectCutover = """
        select requested, abandoned, fence, fenced, marked, drained, completed, late_changes, report
        from skein.cutover where migration = $1
        """
}

/// How far a live migration is from its gate, told from its tasks alone.
enum GateState: Sendable, Equatable {
    /// Something before the gate is to be done.
    case closed
    case ready
    case open

    init?(_ tasks: [TaskRecord]) {
        guard let gate = tasks.first(where: { $0.task.action == .gate }) else { return nil }
        if gate.state == .done {
            self = .open
        } else {
            let undone = tasks.filter { $0.state != .done }.map(\.number)
            self = Set(undone).isDisjoint(with: gate.task.needs) ? .ready : .closed
        }
    }
}

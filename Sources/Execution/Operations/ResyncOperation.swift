package import PlanFile
private import Planning
private import Postgres

/// `skein migrate --resync` beside a process that runs the migration: a wish is a row in the state, and whoever follows
/// the source carries it out.
package struct ResyncOperation: Sendable {
    private let plan: Plan
    private let tables: [QualifiedName]

    /// - Parameter tables: whose rows the migration copies.
    package init(_ plan: Plan, tables: [QualifiedName]) {
        self.plan = plan
        self.tables = tables
    }

    /// How far one table is.
    package enum Step: Sendable, Equatable {
        /// Nobody has begun.
        case wished
        /// Its changes wait while its rows are copied.
        case copying
        /// Its changes since the copy are applied apart from the others.
        case catchingUp
        case inStep
    }

    /// How far all of it is.
    package struct Standing: Sendable, Equatable {
        /// Some process works on the migration.
        package var isRunning: Bool
        package var isFinished: Bool
        /// Why the stream is broken.
        package var broken: String?
        package var steps: [QualifiedName: Step]
        /// A snapshot that a table was copied under; another one than before: it was copied again.
        package var copied: [QualifiedName: String]
    }

    /// Notes the wishes. One that is noted already stays as it is.
    package func wish() async throws {
        let (name, tables) = (name, tables)
        try await access.run { target in
            try target.durably {
                guard let record = try StateStore(target).migration(named: name) else { return }
                for table in tables { try LaneStore(target, migration: record.id).wish(table) }
            }
        }
    }

    /// - Returns: nil where there is no such migration any more.
    package func look() async throws -> Standing? {
        let (name, tables) = (name, tables)
        return try await access.run { target in
            // Of one moment: a lane has its position with it.
            try target.transaction("begin isolation level repeatable read read only") {
                try Self.look(target, name, tables)
            }
        }
    }

    private static func look(_ target: Connection, _ name: String, _ tables: [QualifiedName]) throws -> Standing? {
        guard let record = try StateStore(target).migration(named: name) else { return nil }
        let store = LaneStore(target, migration: record.id)
        let (wishes, lanes) = (try store.wishes(), try store.all())
        var standing = Standing(
            isRunning: try TaskStore(target, migration: record.id).othersAlive(than: 0)
                || CutoverState(target, record.id).isFollowed(),
            isFinished: record.finished != nil,
            broken: try StreamStore(target, migration: record.id).record()?.broken, steps: [:], copied: [:])
        for table in tables {
            standing.steps[table] = step(table, wishes, lanes)
            standing.copied[table] = try target.scalar(selectCopied, [String(record.id), "copy:\(table):"])
        }
        return standing
    }

    static func step(_ table: QualifiedName, _ wishes: [ResyncWish], _ lanes: [Lane]) -> Step {
        if let wish = wishes.first(where: { $0.table == table }) { return wish.lane == nil ? .wished : .copying }
        return lanes.contains { $0.tables.contains(table) } ? .catchingUp : .inStep
    }

    /// A copy's id begins with its table's name.
    private static let selectCopied = """
        select max(watermark) from skein.task where migration = $1 and pg_catalog.starts_with(id, $2)
        """

    private var name: String { plan.name.value.text }
    private var access: ServerAccess { ServerAccess(plan, .target, purpose: "resync") }
}

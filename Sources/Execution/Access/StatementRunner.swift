internal import PlanFile
internal import Planning
internal import Postgres

/// Runs statements about roles and rights: what the server refuses is kept, with its reason, and the rest goes on.
struct StatementRunner {
    private let target: Connection
    private let task: String
    private(set) var refused: [Todo] = []
    private(set) var applied = 0
    /// Grants that another role made on the source than here.
    private(set) var regranted: [String] = []

    init(_ target: Connection, task: String) {
        self.target = target
        self.task = task
    }

    mutating func refuse(_ sql: String, _ why: String) { refused.append(Todo(task: task, sql: sql, why: why)) }

    /// In the caller's transaction: all in one round trip, and one by one only where one of them is refused.
    mutating func run(_ statements: [AccessStatement]) throws {
        guard !statements.isEmpty else { return }
        do {
            try target.savepoint { try target.execute(statements.map(Self.text).joined(separator: ";\n")) }
            applied += statements.count
        } catch let error as PostgresError {
            try Self.rethrowPassing(error)
            for statement in statements { try runOne(statement) }
        }
    }

    /// - Returns: whether it was applied.
    @discardableResult
    mutating func runOne(_ statement: AccessStatement) throws -> Bool {
        do {
            try target.savepoint { try target.execute(Self.text(statement)) }
            applied += 1
            return true
        } catch let error as PostgresError {
            try Self.rethrowPassing(error)
            if let fallback = statement.fallback {
                let plain = AccessStatement(fallback, object: statement.object)
                if (try? target.savepoint({ try target.execute(Self.text(plain)) })) != nil {
                    applied += 1
                    regranted.append(statement.object)
                    return true
                }
                guard target.isUp else { throw error }
            }
            refuse(Self.shown(statement), Self.words(error))
            return false
        }
    }

    /// A refusal is the server's last word; what may pass is tried again with the task.
    static func rethrowPassing(_ error: PostgresError) throws {
        guard case .server(let refusal) = error, !error.isTransient, !error.endsSession else { throw error }
        // Two sessions changed one row of a system catalog.
        if refusal.message.contains("concurrently updated") { throw NotYet() }
    }

    static func words(_ error: PostgresError) -> String {
        guard case .server(let refusal) = error else { return "it failed" }
        let detail = refusal.detail.map { " (\($0))" } ?? ""
        return refusal.message + detail
    }

    private static func text(_ statement: AccessStatement) -> String {
        guard let grantor = statement.grantor else { return statement.sql }
        return "set local role \(QualifiedName.quoted(grantor));\n\(statement.sql);\nset local role none"
    }

    /// As a person runs it.
    private static func shown(_ statement: AccessStatement) -> String {
        guard let grantor = statement.grantor else { return statement.sql }
        return "set role \(QualifiedName.quoted(grantor)); \(statement.sql); reset role"
    }
}

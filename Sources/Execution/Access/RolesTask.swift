private import Catalog
private import Faults
private import PlanFile
private import Planning
private import Postgres

/// Makes the source's roles on the target, or brings those that are there in line: all in one transaction.
enum RolesTask {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        guard let decision = scope.context.decisions.access?.roles else {
            return try scope.inTransaction { _ in TaskOutcome() }
        }
        let present = try TargetRoles.read(try scope.ends.target())
        let hashes = decision.takesPasswords ? try hashes(decision, try scope.ends.source()) : [:]
        let outcome = try scope.inTransaction { target in
            let store = AccessStore(target, migration: scope.context.migration)
            try store.prepare()
            var maker = Maker(target, task: scope.task.id, decision: decision, present: present)
            try maker.makeRoles()
            try maker.grantMemberships()
            try maker.setPasswords(hashes)
            try store.setTodo(scope.task.id, maker.runner.refused)
            FaultPoint.rolesMade.pass()
            return TaskOutcome(
                rows: Int64(maker.runner.applied), warning: TodoList.warning(maker.runner, scope.context.plan))
        }
        TodoList.write(scope)
        return outcome
    }

    /// Password hashes by role: they live in this process's memory, for the moment of one transaction, and go into nothing
    /// but the statements that set them.
    private static func hashes(_ decision: RolesDecision, _ source: Connection) throws -> [String: String] {
        let rows = try source.query(
            """
            select rolname, rolpassword from pg_catalog.pg_authid
            where rolpassword is not null and rolname = any ($1::text[])
            """, [PostgresArray.literal(decision.roles.map(\.role.name))])
        return Dictionary(rows.indices.map { (rows.text($0, 0), rows.text($0, 1)) }) { first, _ in first }
    }
}

private struct Maker {
    private let target: Connection
    private let decision: RolesDecision
    private let present: TargetRoles
    /// Made here, so that they have no password yet.
    private var made: Set<String> = []
    var runner: StatementRunner

    init(_ target: Connection, task: String, decision: RolesDecision, present: TargetRoles) {
        self.target = target
        self.decision = decision
        self.present = present
        runner = StatementRunner(target, task: task)
    }

    mutating func makeRoles() throws {
        for wanted in decision.roles {
            let there = present.access.roles.first { $0.name == wanted.role.name }
            var statements = RoleStatements.statements(
                wanted, there, present.access.settings, database: present.database)
            if there == nil, !statements.isEmpty {
                let creation = statements.removeFirst()
                guard try create(creation) else { continue }
                made.insert(wanted.role.name)
            }
            try runner.run(statements)
        }
    }

    /// Roles belong to the whole server: another migration may make the same one at this moment.
    /// - Throws: `NotYet` then: by the next time it is there.
    private mutating func create(_ statement: AccessStatement) throws -> Bool {
        do {
            try target.savepoint { try target.execute(statement.sql) }
        } catch let error as PostgresError where ["42710", "23505"].contains(error.sqlState ?? "") {
            throw NotYet()
        } catch let error as PostgresError {
            try StatementRunner.rethrowPassing(error)
            runner.refuse(statement.sql, StatementRunner.words(error))
            return false
        }
        return true
    }

    mutating func grantMemberships() throws {
        let inheriting = Set(decision.roles.filter { $0.role.attributes.contains(.inherit) }.map(\.role.name))
        let statements = RoleStatements.memberships(
            decision.memberships, present.access.memberships, inheriting: inheriting, version: target.serverVersion)
        // Each may rest on the one before.
        for statement in statements { try runner.runOne(statement) }
    }

    // MARK: Passwords

    /// A role that is there keeps the password that it has.
    mutating func setPasswords(_ hashes: [String: String]) throws {
        let empty = try withoutPassword()
        if !hashes.isEmpty, present.maker.isSuperuser { try target.execute(Self.silence) }
        for wanted in decision.roles where wanted.role.password != Catalog.Role.Password.none {
            let name = wanted.role.name
            guard made.contains(name) || empty.contains(name) else { continue }
            guard let hash = hashes[name] else {
                if wanted.role.attributes.contains(.login) { ask(name, "its password is not migrated") }
                continue
            }
            do {
                try target.savepoint {
                    try target.execute(
                        "alter role \(QualifiedName.quoted(name)) password \(SettingValue.literal(hash))")
                }
            } catch let error as PostgresError {
                try StatementRunner.rethrowPassing(error)
                ask(name, "the target refused its password's hash (SQLSTATE \(error.sqlState ?? ""))")
            }
        }
    }

    private mutating func ask(_ role: String, _ why: String) {
        runner.refuse("\\password \(QualifiedName.quotedIfNeeded(role))", why)
    }

    /// Of the roles that were there, those that cannot log in with a password; none where that may not be seen.
    private func withoutPassword() throws -> Set<String> {
        guard present.access.canReadPasswords else { return [] }
        return Set(present.access.roles.filter { $0.password == Catalog.Role.Password.none }.map(\.name))
    }

    /// The server's own log is not to hold the hashes either. Where
    /// pg_stat_statements is not loaded, its setting is a name like any other.
    private static let silence = """
        set local log_statement = none; set local log_min_duration_statement = -1; set local log_duration = off;
        set local log_min_error_statement = panic; set local pg_stat_statements.track_utility = off
        """
}

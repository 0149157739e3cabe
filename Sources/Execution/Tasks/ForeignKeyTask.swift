private import PlanFile
package import Planning
private import Postgres

/// Foreign keys are added NOT VALID, a moment's work under a strong lock, and validated afterwards in parallel. One
/// that the source's own rows violate stays NOT VALID: it came so, and it is told.
package enum ForeignKeyTask {
    package static func add(_ key: ForeignKeyBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            if key.canBeNotValid || !key.isValidOnSource {
                try target.execute(statement(key, isValid: false))
                return TaskOutcome()
            }
            do {
                try target.savepoint { try target.execute(statement(key, isValid: true)) }
                return TaskOutcome()
            } catch let error as PostgresError where error.sqlState == foreignKeyViolation {
                try refuseIncomplete(scope, target)
                let isAdded = try addNotValid(key, target)
                return TaskOutcome(warning: warning(key, error, isAdded: isAdded))
            }
        }
    }

    package static func validate(_ key: ForeignKeyBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            do {
                try target.savepoint {
                    try target.execute(
                        "alter table \(key.table.sql) validate constraint \(QualifiedName.quoted(key.name))")
                }
                return TaskOutcome()
            } catch let error as PostgresError where error.sqlState == foreignKeyViolation {
                try refuseIncomplete(scope, target)
                return TaskOutcome(warning: warning(key, error, isAdded: true))
            }
        }
    }

    private static let foreignKeyViolation = "23503"

    /// Rows may be missing only because they are copied again since this task began: then it says nothing, and is done
    /// again after them.
    /// - Throws: `ClaimLost`, as for everything that another process has changed meanwhile.
    private static func refuseIncomplete(_ scope: TaskScope, _ target: Connection) throws {
        let isMoved = try StateStore(target).generation(migration: scope.context.migration) != scope.generation
        if try isMoved || TaskStore(target, migration: scope.context.migration).isRedoing() { throw ClaimLost() }
    }

    /// False where the server has no NOT VALID foreign keys on such a table (a partitioned one before PostgreSQL 18).
    private static func addNotValid(_ key: ForeignKeyBuild, _ target: Connection) throws -> Bool {
        do {
            try target.savepoint { try target.execute(statement(key, isValid: false)) }
            return true
        } catch let error as PostgresError where error.sqlState == "42809" || error.sqlState == "0A000" {
            return false
        }
    }

    private static func statement(_ key: ForeignKeyBuild, isValid: Bool) -> String {
        "alter table \(key.table.sql) add constraint \(QualifiedName.quoted(key.name)) \(key.definition)"
            + (isValid ? "" : " not valid")
    }

    private static func warning(_ key: ForeignKeyBuild, _ error: PostgresError, isAdded: Bool) -> String {
        // The detail names the key's values; a message holds no row data, so only the constraint is told.
        let name = "foreign key \(QualifiedName.quotedIfNeeded(key.name)) of \(key.table)"
        return isAdded
            ? "\(name) stays NOT VALID: the source's own rows violate it; mend them, then run "
                + "alter table \(key.table.sql) validate constraint \(QualifiedName.quoted(key.name))"
            : "\(name) is left out: the source's own rows violate it, and this server cannot hold it NOT VALID; "
                + "mend them, then run \(statement(key, isValid: true))"
    }
}

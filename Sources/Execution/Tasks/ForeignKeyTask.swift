internal import PlanFile
package import Planning
internal import Postgres

/// Foreign keys are added NOT VALID, a moment's work under a strong lock, and validated afterwards in parallel. One
/// that the source's own rows violate stays NOT VALID: it came so, and it is told.
///
/// Live, both come before the gate, while changes are applied: silently, so that the key hinders nobody. Workers that
/// apply in parallel may show half a source transaction then; a key that fails for that is left, and tried again behind
/// the drain by the cutover's completion.
package enum ForeignKeyTask {
    package static func add(_ key: ForeignKeyBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try lockPatiently(scope, target)
            // Done before, in a cutover that was given up.
            if try scope.context.isLive && isPresent(key, target) { return TaskOutcome() }
            return try add(key, scope, target)
        }
    }

    package static func validate(_ key: ForeignKeyBuild, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            try lockPatiently(scope, target)
            do {
                try target.savepoint {
                    try target.execute(
                        "alter table \(key.table.sql) validate constraint \(QualifiedName.quoted(key.name))")
                }
                return TaskOutcome()
            } catch let error as PostgresError where error.sqlState == foreignKeyViolation {
                if mayBeHalf(scope) { return TaskOutcome() }
                try refuseIncomplete(scope, target)
                return TaskOutcome(warning: warning(key, error, isAdded: true))
            }
        }
    }

    private static func add(_ key: ForeignKeyBuild, _ scope: TaskScope, _ target: Connection) throws -> TaskOutcome {
        if key.canBeNotValid || !key.isValidOnSource {
            try target.execute(statement(key, isValid: false))
            return TaskOutcome()
        }
        do {
            try target.savepoint { try target.execute(statement(key, isValid: true)) }
            return TaskOutcome()
        } catch let error as PostgresError where error.sqlState == foreignKeyViolation {
            if mayBeHalf(scope) { return TaskOutcome() }
            try refuseIncomplete(scope, target)
            let isAdded = try addNotValid(key, target)
            return TaskOutcome(warning: warning(key, error, isAdded: isAdded))
        }
    }

    private static let foreignKeyViolation = "23503"

    /// Before the gate of a live migration a violation says nothing.
    private static func mayBeHalf(_ scope: TaskScope) -> Bool {
        scope.context.isLive && !scope.context.isBehindDrain(scope.number)
    }

    /// Whoever applies changes queues behind a lock that waits, so it gives way and is tried again.
    private static func lockPatiently(_ scope: TaskScope, _ target: Connection) throws {
        if scope.context.isLive { try target.execute("set local lock_timeout = '5s'") }
    }

    private static func isPresent(_ key: ForeignKeyBuild, _ target: Connection) throws -> Bool {
        try target.scalar(
            """
            select true from pg_catalog.pg_constraint
            where conrelid = $1::pg_catalog.regclass and conname = $2 and contype = 'f'
            """, [key.table.sql, key.name]) != nil
    }

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

    /// The statements that complete what the source has valid and the target has not.
    static func open(_ tasks: [MigrationTask], _ target: Connection) throws -> [String] {
        var seen: Set<UInt32> = []
        return try tasks.compactMap { task in
            // NOT ENFORCED ones are never validated.
            guard case .addForeignKey(let key) = task.action, key.isValidOnSource, seen.insert(key.sourceOID).inserted,
                !key.definition.hasSuffix("NOT ENFORCED")
            else { return nil }
            let isValid = try target.scalar(
                """
                select convalidated from pg_catalog.pg_constraint
                where conrelid = pg_catalog.to_regclass($1) and conname = $2 and contype = 'f'
                """, [key.table.sql, key.name])
            switch isValid {
            case "t": return nil
            case nil: return statement(key, isValid: true) + ";"
            default:
                return "alter table \(key.table.sql) validate constraint \(QualifiedName.quoted(key.name));"
            }
        }
    }

    /// Behind the drain: completes the keys that failed while changes were applied, each in a transaction of its own.
    /// Those that the source's own rows violate fail again, and are in the report then.
    static func complete(_ tasks: [MigrationTask], _ target: Connection) throws {
        for statement in try open(tasks, target) {
            do {
                try target.transaction { try target.execute(statement) }
            } catch let error as PostgresError where error.sqlState == foreignKeyViolation {
                continue
            }
        }
    }
}

extension RunContext {
    /// Whether a task comes when everything up to the marker is applied.
    func isBehindDrain(_ number: Int) -> Bool {
        LiveRun.behind(tasks.firstIndex { $0.action == .drain }, tasks).contains(number)
    }
}

private import Catalog
private import Faults
internal import Planning
internal import PlanFile
internal import Postgres

/// Gives the target's objects the source's owners and privileges, in steps: each step does a part of what differs, so
/// that nothing is lost or done twice wherever it is interrupted.
enum RightsTask {
    static func setOwners(_ stage: RightsPlanner.Stage, _ scope: TaskScope) throws -> TaskOutcome {
        // The applier writes meanwhile: a step that locks one table cannot meet it in a circle.
        try run(scope, batch: scope.context.isLive ? 1 : 100, FaultPoint.ownersSet) { planner, objects in
            var outcome = planner.owners(stage)
            if stage.hasLargeObjects { objects.addOwners(to: &outcome) }
            return outcome
        }
    }

    static func grantPrivileges(_ stage: RightsPlanner.Stage, _ scope: TaskScope) throws -> TaskOutcome {
        try run(scope, batch: 200, FaultPoint.privilegesGranted) { planner, objects in
            var outcome = planner.privileges(stage)
            if stage.hasLargeObjects { objects.addPrivileges(to: &outcome) }
            return outcome
        }
    }

    private static func run(
        _ scope: TaskScope, batch size: Int, _ point: FaultPoint,
        _ plan: (RightsPlanner, LargeObjectRights) -> RightsPlanner.Outcome,
    ) throws -> TaskOutcome {
        let context = scope.context
        let (source, target) = (try scope.ends.source(), try scope.ends.target())
        let wanted = try CatalogReader.readAccess(source)
        let present = try TargetRoles.read(target)
        let planner = RightsPlanner(
            source: wanted, sourceVersion: context.sourceVersion, target: present.access, roles: present.names,
            maker: present.maker, exclusions: context.decisions.exclusions,
            providerRoles: Set(context.decisions.access?.providerRoles ?? []))
        let objects = try LargeObjectRights.read(
            source, target, wanted: wanted, present: present, sourceVersion: context.sourceVersion)
        let outcome = plan(planner, objects)
        let schema = Catalog.SecuredKind.schema.rawValue
        var runner = StatementRunner(target, task: scope.task.id)
        for refused in outcome.refused { runner.refuse(refused.sql, refused.why) }
        var waiting = outcome.statements[...]
        let done = try scope.inSteps { target in
            let store = AccessStore(target, migration: context.migration)
            try store.prepare()
            guard !waiting.isEmpty else {
                try store.setTodo(scope.task.id, runner.refused)
                return TaskOutcome(rows: Int64(runner.applied), warning: TodoList.warning(runner, context.plan))
            }
            // What is granted for a step is revoked at its end: by then the schema's owner must still be who granted it.
            let isSchema = waiting.first?.kind == schema
            let step = Array(waiting.prefix(size).prefix { ($0.kind == schema) == isSchema })
            var borrower = RoleBorrower(
                target, user: present.maker.name, isSuperuser: present.maker.isSuperuser)
            try apply(step, &runner, &borrower, isSuperuser: present.maker.isSuperuser, target)
            for role in borrower.borrowed { try store.addBorrowed(role) }
            waiting = waiting.dropFirst(step.count)
            point.pass()
            return nil
        }
        TodoList.write(scope)
        return done
    }

    /// Gives one table its owner in the caller's transaction, as far as that may be; what may not is told by the task that
    /// compares all owners.
    static func handOver(
        _ table: QualifiedName, to owner: String, _ scope: TaskScope, _ target: Connection,
    ) throws {
        let store = AccessStore(target, migration: scope.context.migration)
        try store.prepare()
        let rows = try target.query("select rolname, rolsuper from pg_catalog.pg_roles where rolname = current_user")
        let isSuperuser = rows.bool(0, 1)
        var borrower = RoleBorrower(target, user: rows.text(0, 0), isSuperuser: isSuperuser)
        var runner = StatementRunner(target, task: scope.task.id)
        let statement = AccessStatement(
            "alter table \(table.sql) owner to \(QualifiedName.quoted(owner))", object: "table \(table)")
        let step = RightsPlanner.Statement(
            statement: statement, needs: [owner], schema: table.schema, newOwner: owner,
            kind: Catalog.SecuredKind.table.rawValue)
        try apply([step], &runner, &borrower, isSuperuser: isSuperuser, target)
        for role in borrower.borrowed { try store.addBorrowed(role) }
    }

    /// The connected role acts for the others as long as the migration lasts: what comes behind, from the applier's writes
    /// to the comparison, works on objects that are theirs by then.
    private static func apply(
        _ step: [RightsPlanner.Statement], _ runner: inout StatementRunner, _ borrower: inout RoleBorrower,
        isSuperuser: Bool, _ target: Connection,
    ) throws {
        var ready: [RightsPlanner.Statement] = []
        for statement in step {
            var reason: String?
            for role in statement.needs.sorted() where reason == nil { reason = try borrower.borrow(role) }
            if let reason {
                runner.refuse(statement.statement.sql, reason)
            } else {
                ready.append(statement)
            }
        }
        let creators = isSuperuser ? [] : try lacking(ready, target)
        for creator in creators { try? target.savepoint { try target.execute("grant \(creator.words("to"))") } }
        try runner.run(ready.map(\.statement))
        for creator in creators { try? target.savepoint { try target.execute("revoke \(creator.words("from"))") } }
    }

    /// New owners that may not create in their object's schema, which ALTER … OWNER wants of anybody but a superuser.
    private struct Creator: Hashable {
        var schema: String
        var role: String
        func words(_ preposition: String) -> String {
            "create on schema \(QualifiedName.quoted(schema)) \(preposition) \(QualifiedName.quoted(role))"
        }
    }

    private static func lacking(_ statements: [RightsPlanner.Statement], _ target: Connection) throws -> Set<Creator> {
        let all = Set(
            statements.compactMap { statement -> Creator? in
                guard let schema = statement.schema, let role = statement.newOwner else { return nil }
                return Creator(schema: schema, role: role)
            })
        return try all.filter { creator in
            try target.scalar(
                "select pg_catalog.has_schema_privilege($1, $2, 'create')", [creator.role, creator.schema]) == "f"
        }
    }
}

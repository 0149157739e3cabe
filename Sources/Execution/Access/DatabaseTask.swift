private import Catalog
private import Planning
private import PlanFile
private import Postgres

/// Gives the target database the source database's own settings and comment.
enum DatabaseTask {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        let decision = scope.context.decisions.access?.database ?? DatabaseDecision()
        let outcome = try scope.inTransaction { target in
            let store = AccessStore(target, migration: scope.context.migration)
            try store.prepare()
            let database = try target.scalar("select pg_catalog.current_database()") ?? ""
            let name = QualifiedName.quoted(database)
            var statements = decision.settings.map { setting in
                AccessStatement(
                    "alter database \(name) set \(SettingValue.assignment(setting.name, setting.value))",
                    object: "database")
            }
            if let comment = decision.comment {
                statements.append(
                    AccessStatement(
                        "comment on database \(name) is \(SettingValue.literal(comment))", object: "database"))
            }
            var runner = StatementRunner(target, task: scope.task.id)
            try runner.run(statements)
            try store.setTodo(scope.task.id, runner.refused)
            return TaskOutcome(rows: Int64(runner.applied), warning: TodoList.warning(runner, scope.context.plan))
        }
        TodoList.write(scope)
        return outcome
    }
}

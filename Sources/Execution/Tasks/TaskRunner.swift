private import Planning

/// Which code does which action.
enum TaskRunner {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        switch scope.task.action {
        case .copy(let piece): try CopyTask.run(piece, scope)
        case .copyLargeObjects(let first, let end): try LargeObjectTask.run(first: first, end: end, scope)
        case .addForeignKey(let key): try ForeignKeyTask.add(key, scope)
        case .validateForeignKey(let key): try ForeignKeyTask.validate(key, scope)
        case .setSequences(let names): try SequenceTask.run(names, scope)
        case .refreshMaterializedView(let view): try MaintenanceTask.refresh(view, scope)
        case .analyze(let table, let vacuum): try MaintenanceTask.analyze(table, vacuum: vacuum, scope)
        default: fatalError("to come")
        }
    }
}

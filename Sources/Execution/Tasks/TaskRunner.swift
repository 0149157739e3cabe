private import Planning

/// Which code does which action.
enum TaskRunner {
    static func run(_ scope: TaskScope) throws -> TaskOutcome {
        switch scope.task.action {
        case .dumpSchema: try SchemaTask.dump(scope)
        case .createRoles: try RolesTask.run(scope)
        case .setDatabase: try DatabaseTask.run(scope)
        case .setOwners(let stage): try RightsTask.setOwners(stage, scope)
        case .grantPrivileges(let stage): try RightsTask.grantPrivileges(stage, scope)
        case .createExtension(let name, let schema, let version):
            try SchemaTask.createExtension(name: name, schema: schema, version: version, scope)
        case .copyExtensionRows(let rows): try ExtensionRowsTask.run(rows, scope)
        case .restorePreData: try SchemaTask.restore(.preData, scope)
        case .createHypertable(let definition): try SchemaTask.createHypertable(definition, scope)
        case .createPartitions(let partitions): try PartitionsTask.create(partitions, scope)
        case .buildIndex(let index): try SchemaTask.buildIndex(index, scope)
        case .addConstraint(let constraint): try SchemaTask.addConstraint(constraint, scope)
        case .attachIndexes: try SchemaTask.restore(.attach, scope)
        case .restorePostData: try SchemaTask.restore(.postData, scope)
        case .restoreEventTriggers: try SchemaTask.restore(.eventTrigger, scope)
        case .copy(let piece): try scope.context.isLive ? LiveCopyTask.run(piece, scope) : CopyTask.run(piece, scope)
        case .follow: try FollowTask.run(scope)
        case .applyPolicies(let policies): try PolicyTask.run(policies, scope)
        case .copyLargeObjects(let first, let end): try LargeObjectTask.run(first: first, end: end, scope)
        case .addForeignKey(let key): try ForeignKeyTask.add(key, scope)
        case .validateForeignKey(let key): try ForeignKeyTask.validate(key, scope)
        case .setSequences(let names): try SequenceTask.run(names, scope)
        case .refreshMaterializedView(let view): try MaintenanceTask.refresh(view, scope)
        case .analyze(let table): try MaintenanceTask.analyze(table, scope)
        case .vacuum(let table, let part, let parts):
            try MaintenanceTask.vacuum(table, part: part, of: parts, scope)
        case .checkSourceUnchanged: try SourceWrites.check(scope)
        case .prepareSource: try SourceTask.prepare(scope)
        case .createSlot: try SourceTask.createSlot(scope)
        case .fence: try SourceTask.fence(scope)
        case .writeMarker: try SourceTask.writeMarker(scope)
        case .catchUp: try MilestoneTask.catchUp(scope)
        case .gate: try MilestoneTask.openGate(scope)
        case .drain: try MilestoneTask.drain(scope)
        case .recopyUnfollowed: try RecopyTask.run(scope)
        case .levelChunks(let tables): try ChunkLevelling.run(tables, scope)
        case .createAggregate(let aggregate): try AggregateTask.create(aggregate, scope)
        case .fillAggregate(let aggregate): try AggregateTask.fill(aggregate, scope)
        case .restoreAggregateViews: try SchemaTask.restore(.aggregate, scope)
        case .applyTimescaleSettings(let settings): try TimescaleSettingsTask.run(settings, scope)
        case .dropIndex(let index): try MilestoneTask.dropIndex(index, scope)
        case .restoreTriggers: try SchemaTask.restoreTriggers(scope)
        case .openFallback: try FallbackTask.open(scope)
        case .completeCutover: try CompletionTask.run(scope)
        case .verify:
            try scope.inTransaction { _ in TaskOutcome(rows: scope.comparedRows, warning: scope.comparedWarning) }
        }
    }
}

internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Each is added once both tables have their rows and keys. Partitions have theirs from their parents.
    mutating func addForeignKeyTasks() {
        for constraint in selection.constraints where constraint.kind == .foreignKey && constraint.parent == nil {
            guard let table = lookup.relationsByOID[constraint.table], let referenced = constraint.referencedTable
            else {
                continue
            }
            // Before 18 the server refuses NOT VALID on a partitioned table, and where one is referenced, VALIDATE
            // leaves the constraints' parts unvalidated.
            let isPartitioned =
                target.server.versionNumber < 180_000
                && [table.kind, lookup.relationsByOID[referenced]?.kind].contains(.partitionedTable)
            let isHypertable = hypertables[table.oid] != nil || hypertables[referenced] != nil
            let suffix = " NOT VALID"
            let definition = constraint.definition
            let build = ForeignKeyBuild(
                sourceOID: constraint.oid, name: constraint.name, table: table.name,
                definition: definition.hasSuffix(suffix) ? String(definition.dropLast(suffix.count)) : definition,
                canBeNotValid: !isPartitioned && !isHypertable, isValidOnSource: constraint.isValidated)
            let needs = Set(tails(of: table.oid) + tails(of: referenced)).sorted()
            let vertex = add(
                name(of: build), .addForeignKey(build), after: needs, resource: build.canBeNotValid ? .none : .indexJob,
                weight: build.canBeNotValid ? 0 : table.tableBytes)
            foreignKeys.append((vertex, constraint, build))
        }
    }

    /// In parallel, but one after the other on the same table: the server lets no two of a table run at once. A join
    /// without statistics may be planned badly, so that both tables are analysed before.
    mutating func addValidateTasks() {
        var last: [OID: Int] = [:]
        for (vertex, constraint, build) in foreignKeys
        where build.canBeNotValid && build.isValidOnSource
            && constraint.isEnforced
        {
            let both = [constraint.table, constraint.referencedTable].compactMap(\.self)
            var needs = [vertex] + both.compactMap { tables[$0]?.analyze }
            if let before = last[constraint.table] { needs.append(before) }
            last[constraint.table] = add(
                name(of: build), .validateForeignKey(build), after: needs, resource: .indexJob,
                weight: lookup.relationsByOID[constraint.table]?.tableBytes ?? 0)
        }
    }

    private func name(of build: ForeignKeyBuild) -> String {
        "\(build.table).\(QualifiedName.quotedIfNeeded(build.name))"
    }
}

internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Each is added once both tables have their rows and keys. Partitions have theirs from their parents.
    /// - Parameters:
    ///   - isLate: those that must wait for the end of the apply, or the others; nil: all.
    ///   - needs: what they wait for besides.
    mutating func addForeignKeyTasks(isLate: Bool? = nil, after base: [Int] = []) {
        for constraint in selection.constraints where constraint.kind == .foreignKey && constraint.parent == nil {
            guard let table = lookup.relationsByOID[constraint.table], let referenced = constraint.referencedTable,
                isLate.map({ $0 == isAddedLate(constraint) }) ?? true, !isThere(constraint)
            else {
                continue
            }
            let suffix = " NOT VALID"
            let definition = constraint.definition
            let build = ForeignKeyBuild(
                sourceOID: constraint.oid, name: constraint.name, table: table.name,
                definition: definition.hasSuffix(suffix) ? String(definition.dropLast(suffix.count)) : definition,
                canBeNotValid: canBeNotValid(constraint), isValidOnSource: constraint.isValidated)
            let needs = Set(tails(of: table.oid) + tails(of: referenced) + base).sorted()
            let vertex = add(
                name(of: build), .addForeignKey(build), after: needs, resource: build.canBeNotValid ? .none : .indexJob,
                weight: build.canBeNotValid ? 0 : table.tableBytes)
            foreignKeys.append((vertex, constraint, build))
        }
    }

    /// On a table that was on the target before, under the same name.
    private func isThere(_ key: Catalog.Constraint) -> Bool {
        guard let there = existing[key.table] else { return false }
        return target.constraints.contains {
            $0.table == there.target.oid && $0.kind == .foreignKey && $0.name == key.name
        }
    }

    func canBeNotValid(_ key: Catalog.Constraint) -> Bool {
        let both = [key.table, key.referencedTable].compactMap(\.self)
        if both.contains(where: { existing[$0]?.hasParts == true }) { return false }
        // Before 18 the server refuses NOT VALID on a partitioned table, and where one is referenced, VALIDATE
        // leaves the constraints' parts unvalidated.
        let isPartitioned =
            target.server.versionNumber < 180_000
            && both.contains { lookup.relationsByOID[$0]?.kind == .partitionedTable }
        return !isPartitioned && !both.contains { hypertables[$0] != nil || partitions[$0] != nil }
    }

    /// In parallel, but one after the other on the same table: the server lets no two of a table run at once. A join
    /// without statistics may be planned badly, so that both tables are analysed before.
    /// - Parameters: as of `addForeignKeyTasks`.
    mutating func addValidateTasks(isLate: Bool? = nil, after base: [Int] = []) {
        for (vertex, constraint, build) in foreignKeys
        where build.canBeNotValid && build.isValidOnSource && constraint.isEnforced
            && isLate.map({ $0 == isValidatedLate(constraint) }) ?? true
        {
            let both = [constraint.table, constraint.referencedTable].compactMap(\.self)
            var needs = [vertex] + both.compactMap { tables[$0]?.analyze } + base
            if let before = validations[constraint.table] { needs.append(before) }
            validations[constraint.table] = add(
                name(of: build), .validateForeignKey(build), after: needs, resource: .indexJob,
                weight: lookup.relationsByOID[constraint.table]?.tableBytes ?? 0)
        }
    }

    private func name(of build: ForeignKeyBuild) -> String {
        "\(build.table).\(QualifiedName.quotedIfNeeded(build.name))"
    }
}

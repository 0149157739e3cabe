internal import LogicalDecoding
internal import PlanFile

/// TRUNCATE: judged by the watermarks of all pieces, as a delete of the rows that the copy still has of them.
extension Translator {
    func truncate(_ truncation: Truncation) throws {
        var found: [Int] = []
        for index in 0..<truncation.count {
            guard let placement = try placement(decoder.relation(index, of: truncation)) else { continue }
            guard try counts(placement) else { continue }
            if placement.isChunk {
                // The hypertable's own truncation names the hypertable. One of a chunk alone is seen by the comparison.
                let table = tables[placement.table]
                if !isTruncated(table, truncation) { report(.truncatedChunk(of: table.followed.name)) }
                continue
            }
            found.append(placement.table)
        }
        var whole: [String] = []
        var statements: [Segment.Statement] = []
        var shared: [QualifiedName: [Int]] = [:]
        for number in found {
            let table = tables[number]
            if let target = table.followed.target {
                shared[target, default: []].append(number)
                continue
            }
            let only = table.takesOnly ? "only " : ""
            switch try hidden(number) {
            case (.none, _): skipped += 1
            case (.all, let spared) where spared.isEmpty: whole.append(only + table.name.sql)
            case (.all, let spared): statements.append(ApplySQL.rangeDelete(table, conditions: [], spared: spared))
            case (.some(let conditions), let spared):
                statements.append(ApplySQL.rangeDelete(table, conditions: conditions, spared: spared))
            }
        }
        for (target, numbers) in shared.sorted(by: { $0.key < $1.key }) {
            try truncate(numbers, of: target, &whole, &statements)
        }
        if !whole.isEmpty { statements.append(Segment.Statement(sql: "truncate " + whole.joined(separator: ", "))) }
        let oids = Set(found.map { tables[$0].followed.sourceOID }.filter { $0 != 0 }).sorted()
        let note = xid.flatMap { oids.isEmpty ? nil : ApplySQL.truncationNote(migration: migration, oids, xid: $0) }
        guard !skipsAll, !statements.isEmpty || note != nil else { return }
        batch.seal()
        batch.current.statements += statements + [note].compactMap(\.self)
        batch.changes += statements.count
    }

    private func isTruncated(_ table: AppliedTable, _ truncation: Truncation) -> Bool {
        (0..<truncation.count).contains { index in
            decoder.relations[decoder.relation(index, of: truncation)].map {
                QualifiedName(schema: $0.namespace, name: $0.name) == table.followed.name
            } ?? false
        }
    }

    /// What of a table is still to be deleted.
    private func hidden(_ number: Int) throws -> (PieceFinder.NotShown, spared: [[String]]) {
        guard states[number].isTested(floor) else { return (.all, []) }
        guard let xid else { throw ApplyFailure.noTransactionID }
        return try states[number].truncation(xid)
    }

    /// Tables whose rows lie in one table with those of others: that one is emptied where all of them are, else each
    /// one's rows are deleted by what tells them from the others'.
    private func truncate(
        _ numbers: [Int], of target: QualifiedName, _ whole: inout [String],
        _ statements: inout [Segment.Statement],
    ) throws {
        let hidden = try numbers.map { try self.hidden($0) }
        let all = Set(tables.indices.filter { tables[$0].followed.target == target })
        let areAll = hidden.allSatisfy { $0.0 == .all && $0.spared.isEmpty }
        guard !areAll || !all.isSubset(of: numbers) else { return whole.append(target.sql) }
        for (number, (rows, spared)) in zip(numbers, hidden) where rows != .none {
            let table = tables[number]
            guard let territory = table.followed.territory else {
                throw ShapeDifference(table: table.followed.name, column: nil, what: .partTruncated(of: target))
            }
            let conditions: [String] =
                if case .some(let own) = rows { own.map { "(\(territory)) and (\($0))" } } else { [territory] }
            statements.append(ApplySQL.rangeDelete(table, conditions: conditions, spared: spared))
        }
        skipped += hidden.count { $0.0 == .none }
    }
}

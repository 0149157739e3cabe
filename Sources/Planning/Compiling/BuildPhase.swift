internal import Catalog
internal import PlanFile

/// When an index or key is built. Offline, all are early.
enum BuildPhase: Int, Comparable {
    /// Right after the table's last piece.
    case early
    /// The stream has passed the newest watermark: before, pieces may disagree on what such an index compares.
    case caughtUp
    /// Nothing is applied any more (EXACTNESS.md, 22, 27).
    case drained

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension GraphCompiler {
    /// Rows that are equal in an identity's columns lie in the same piece, so that one watermark judges them all: its
    /// index is never violated. Others are, while pieces disagree.
    func phase(of index: Catalog.Index, on relation: Catalog.Relation) -> BuildPhase {
        guard let following, index.isUnique || index.isExclusion else { return .early }
        // An apply under `session_replication_role = replica` would break a deferrable key unnoticed.
        guard index.isImmediate else { return .drained }
        if relation.kind == .partitionedTable { return .caughtUp }
        if let family = selection.families[relation.oid] {
            if index.isPrimary, let newKey = hypertables[relation.oid]?.primaryKey?.value {
                return phase(ofKey: newKey, of: family)
            }
            let names = index.isPartial ? [] : relation.names(index.keys.compactMap(\.column))
            return phase(ofKey: names.count == index.keys.count ? names : [], of: family)
        }
        // Nobody writes to tables whose data is skipped.
        guard let row = following.identities[relation.oid] else { return .early }
        // Rows that the source has deleted may still be there.
        if row.identity == .insertsOnly { return .drained }
        if index.isPrimary, let newKey = hypertables[relation.oid]?.primaryKey?.value {
            return phase(ofNewKey: newKey, on: relation)
        }
        if row.index?.oid == index.oid { return .early }
        let isLookup = row.identity == .full && index.isPrimary
        return isLookup && isJudgedAsOne(relation, index) ? .early : .caughtUp
    }

    /// Of a primary key that the plan gives to a hypertable. One that holds the identity's columns is as unique as they.
    func phase(ofNewKey columns: [String], on relation: Catalog.Relation) -> BuildPhase {
        if let family = selection.families[relation.oid] { return phase(ofKey: columns, of: family) }
        guard let following, let row = following.identities[relation.oid] else { return .early }
        switch row.identity {
        case .insertsOnly: return .drained
        case .full: return .caughtUp
        case .columns(let identity): return Set(identity).isSubset(of: columns) ? .early : .caughtUp
        }
    }

    /// Of a unique key on a hypertable whose rows come from several tables. Rows that are equal in it must come from one
    /// piece: where it holds the identity of the row's own table, and tells which table that is. Where the identity is the
    /// key itself, the key is there first: should two tables ever hold the same one, it says so before any row is taken
    /// for another.
    func phase(ofKey columns: [String], of family: PartitionFamily) -> BuildPhase {
        guard let following else { return .early }
        let identities = family.parts.compactMap { following.identities[$0.oid]?.identity }
        if identities.contains(.insertsOnly) { return .drained }
        let key = Set(columns)
        let isOne = identities.allSatisfy { identity in
            guard case .columns(let names) = identity else { return false }
            return Set(names) == key || Set(names).isSubset(of: key) && family.isDisjoint(by: names)
        }
        return isOne ? .early : .caughtUp
    }

    /// Of the tables of the source whose rows a table gets.
    func identities(of table: OID) -> [RowIdentity] {
        let sources = selection.families[table]?.parts.map(\.oid) ?? [table]
        return sources.compactMap { following?.identities[$0] }
    }

    /// Whether rows that are equal in the index's columns have one watermark.
    private func isJudgedAsOne(_ relation: Catalog.Relation, _ index: Catalog.Index) -> Bool {
        switch pieces[relation.oid]?.first?.rows {
        case .all, .blocks, nil: true
        case .range(let column, _, _, _), .null(let column):
            index.keys.contains { $0.column.map { relation.column($0)?.name == column } ?? false }
        }
    }

    /// What a phase's builds wait for; nil in the first, whose wait for their table's rows.
    func base(of phase: BuildPhase, for relation: Catalog.Relation) -> [Int]? {
        switch phase {
        case .early: nil
        case .caughtUp: live.catchUp.map { [$0] }
        case .drained: (isUnfollowed(relation.oid) ? live.recopied : live.drain).map { [$0] }
        }
    }

    /// Whether a table, or one below it, is followed for inserts only.
    func isUnfollowed(_ table: OID) -> Bool {
        ([table] + lookup.descendants(of: table)).contains { oid in
            identities(of: oid).contains { $0.identity == .insertsOnly }
        }
    }

    /// Partitioned indexes are put together once, when their last parts are there.
    func lastPhaseOfPartitionedIndexes() -> BuildPhase {
        let phases = selection.indexes.compactMap { index -> BuildPhase? in
            guard let relation = lookup.relationsByOID[index.table],
                relation.kind == .partitionedTable || index.parent != nil
            else { return nil }
            return phase(of: index, on: relation)
        }
        return phases.max() ?? .early
    }

    // MARK: Foreign keys

    /// A foreign key needs the key it refers to; one that is validated at once needs right rows.
    func isAddedLate(_ key: Catalog.Constraint) -> Bool {
        guard following != nil, let referenced = key.referencedTable.flatMap({ lookup.relationsByOID[$0] }) else {
            return false
        }
        if let index = key.index.flatMap({ lookup.indexesByOID[$0] }), phase(of: index, on: referenced) == .drained {
            return true
        }
        if referenced.kind == .partitionedTable, live.attachPhase == .drained { return true }
        return !canBeNotValid(key) && isValidatedLate(key, unlessAdded: true)
    }

    func isValidatedLate(_ key: Catalog.Constraint) -> Bool {
        isAddedLate(key) || isValidatedLate(key, unlessAdded: true)
    }

    private func isValidatedLate(_ key: Catalog.Constraint, unlessAdded: Bool) -> Bool {
        isUnfollowed(key.table) || key.referencedTable.map(isUnfollowed) ?? false
    }

    /// Whether keys are made after the apply: what rests on keys waits for them.
    var hasLateKeys: Bool {
        guard following != nil else { return false }
        return selection.indexes.contains { index in
            guard let relation = lookup.relationsByOID[index.table], relation.kind != .materializedView else {
                return false
            }
            return phase(of: index, on: relation) == .drained
        } || selection.constraints.contains { $0.kind == .foreignKey && $0.parent == nil && isAddedLate($0) }
    }
}

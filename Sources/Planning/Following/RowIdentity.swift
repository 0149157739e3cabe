internal import Catalog
internal import PlanFile

/// What will name a table's rows in the change stream, and what must be done for it on the source.
struct RowIdentity {
    var identity: FollowingDecision.Identity
    var change: FollowingDecision.IdentityChange?
    /// The plan says `inserts-only`.
    var isAcknowledged = false
    /// One or two clauses for people.
    var why: String
    /// The source's index behind the columns.
    var index: Catalog.Index?

    /// - Parameters:
    ///   - indexes: the table's on the source, migrated or not.
    ///   - choice: what the plan says of the table.
    init(_ relation: Catalog.Relation, indexes: [Catalog.Index], choice: Plan.Identity.Choice?) {
        guard !relation.isUnlogged else {
            (identity, why) = (.insertsOnly, "unlogged, so that its changes are not in the WAL")
            isAcknowledged = choice == .insertsOnly
            return
        }
        let now = indexes.first(where: \.isReplicaIdentity)
        switch choice {
        case .insertsOnly:
            (identity, isAcknowledged, why) = (.insertsOnly, true, "inserts only, as the plan says")
            return
        case .full:
            (identity, why) = (.full, "all columns, as the plan says")
            if relation.replicaIdentity != .full { change = Self.change(to: "full", of: relation, now) }
            return
        case .index, nil: break
        }
        let index = IdentityColumns.index(of: relation, indexes: indexes, choice: choice)
        self.index = index
        guard let index else {
            let isFull = choice == nil && relation.replicaIdentity == .full
            identity = isFull ? .full : .insertsOnly
            why =
                isFull
                ? "all columns, its replica identity"
                : relation.replicaIdentity == .nothing
                    ? "inserts only: replica identity nothing" : "inserts only: no usable key"
            return
        }
        identity = .columns(index.keys.compactMap { $0.column.flatMap { relation.column($0)?.name } })
        let name = QualifiedName.quotedIfNeeded(index.name.name)
        why = index.isPrimary ? "primary key" : "unique index \(name)"
        guard choice != nil else { return }
        why += ", as the plan says"
        let isSo = relation.replicaIdentity == .default ? index.isPrimary : now?.oid == index.oid
        if !isSo {
            change = Self.change(to: Self.clause(index), of: relation, now)
        }
    }

    private static func change(
        to clause: String, of relation: Catalog.Relation, _ now: Catalog.Index?,
    ) -> FollowingDecision.IdentityChange {
        let before =
            switch relation.replicaIdentity {
            case .default: "default"
            case .nothing: "nothing"
            case .full: "full"
            // Without its index, which was dropped, it is none.
            case .index: now.map(Self.clause) ?? "nothing"
            }
        return FollowingDecision.IdentityChange(clause: clause, before: before)
    }

    private static func clause(_ index: Catalog.Index) -> String {
        "using index \(QualifiedName.quoted(index.name.name))"
    }
}

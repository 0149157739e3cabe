internal import Catalog
internal import PlanFile

/// The columns that name a row in the change stream. In live mode a piece must be a range over them, so that a change
/// tells which piece its row belongs to.
enum IdentityColumns {
    /// Numbers of the columns; nil where every column will do: the whole row is sent, or inserts only.
    ///
    /// - Parameter choice: what the plan says of the table.
    static func of(
        _ relation: Catalog.Relation, indexes: [Catalog.Index], choice: Plan.Identity.Choice?,
    ) -> Set<Int>? {
        index(of: relation, indexes: indexes, choice: choice).map { Set($0.keys.compactMap(\.column)) }
    }

    /// The index behind them, nil where there is none.
    static func index(
        of relation: Catalog.Relation, indexes: [Catalog.Index], choice: Plan.Identity.Choice?,
    ) -> Catalog.Index? {
        switch choice {
        case .full, .insertsOnly: return nil
        case .index(let name): return usable(indexes.first { $0.name.name == name }, of: relation)
        case nil: break
        }
        switch relation.replicaIdentity {
        case .full, .nothing: return nil
        case .default: return usable(indexes.first(where: \.isPrimary), of: relation)
        case .index: return usable(indexes.first(where: \.isReplicaIdentity), of: relation)
        }
    }

    /// An index that the server does not take as an identity leaves the table with inserts only: it must be unique at
    /// once, valid, whole, and of columns that are never NULL (EXACTNESS.md, 9).
    private static func usable(_ index: Catalog.Index?, of relation: Catalog.Relation) -> Catalog.Index? {
        guard let index, index.isUnique, index.isImmediate, index.isValid, !index.isPartial else { return nil }
        let numbers = index.keys.compactMap(\.column)
        let areUsable = numbers.allSatisfy { relation.column($0)?.isNotNull ?? false }
        return areUsable && numbers.count == index.keys.count ? index : nil
    }
}

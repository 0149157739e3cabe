internal import LogicalDecoding
internal import PlanFile
internal import Planning

/// How the changes of one table are applied: what follows from the plan and the target's catalogs alone.
struct AppliedTable: Sendable {
    enum Manner: Sendable, Equatable {
        /// Inserts and truncates alone.
        case append
        /// The changes of one key become one; keys are disjoint, so that all deletes may come first.
        case fold
        /// One change after the other as the source made them: identity full, or constraints besides the identity's.
        case inOrder
    }

    private(set) var followed: FollowedTable
    /// Without generated columns. Rows are kept in this order.
    let columns: [TargetTable.Column]
    /// Generated on the target.
    let generated: Set<String>
    /// Positions in `columns`; empty where the identity is full or there is none.
    let key: [Int]
    /// Positions of the columns that an update's `set` may name.
    let settable: [Int]
    let manner: Manner
    /// All changes go to one worker.
    let isPinned: Bool
    /// An update cannot be one on the target: it might move the row to another chunk, or set a GENERATED ALWAYS column.
    let replacesOnUpdate: Bool
    let isHypertable: Bool
    /// Nil where a change's chunk is not to be told from its key.
    let chunks: ChunkKey?
    /// The position in `columns` of a hypertable's time.
    let time: Int?
    /// The target's table has no parts that `only` would leave out, or may not be combined with it.
    let takesOnly: Bool

    /// On the target.
    var name: QualifiedName { followed.target ?? followed.name }
    var width: Int { columns.count }
    var isFull: Bool { followed.identity == .full }
    /// What workers' keys are spread by besides their values: tables whose rows go to one table are spread as one.
    var routeID: UInt32 {
        guard let target = followed.target else { return followed.sourceOID }
        // FNV-1a: the same in every process.
        return target.description.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }

    /// The same for a table that was made later: all its rows are in the stream, none was copied.
    func laterPart(_ name: QualifiedName, oid: UInt32) -> AppliedTable {
        var part = self
        part.followed.name = name
        part.followed.sourceOID = oid
        part.followed.territory = nil
        part.followed.pieces = [
            CopiedPiece(
                rows: .all, watermark: Watermark(xmin: 0, xmax: 0, running: []), insertLSN: LSN(rawValue: 0))
        ]
        return part
    }

    init(_ followed: FollowedTable, _ target: TargetTable) throws(ShapeDifference) {
        self.followed = followed
        let columns = target.columns.filter { !$0.isGenerated }
        self.columns = columns
        generated = Set(target.columns.filter(\.isGenerated).map(\.name))
        isHypertable = target.dimensions != nil
        time = target.dimensions?.first.flatMap { name in columns.firstIndex { $0.name == name } }
        takesOnly = target.dimensions == nil && !target.isPartitioned
        var keyColumns: [String] = []
        if case .columns(let names) = followed.identity { keyColumns = names }
        var key: [Int] = []
        for name in keyColumns {
            guard let position = columns.firstIndex(where: { $0.name == name }) else {
                throw ShapeDifference(table: followed.target ?? followed.name, column: name, what: .added(type: "…"))
            }
            key.append(position)
        }
        self.key = key
        chunks = ChunkKey(target, key: key.map { columns[$0] })
        let inKey = Set(keyColumns)
        settable = columns.indices.filter { !inKey.contains(columns[$0].name) && !columns[$0].isAlwaysIdentity }
        let movesChunks = !Set(target.dimensions ?? []).isSubset(of: inKey)
        let setsIdentity = columns.contains { $0.isAlwaysIdentity && !inKey.contains($0.name) }
        replacesOnUpdate = movesChunks || setsIdentity
        // What is unique because the key is cannot be violated on the way either.
        let hasOtherKeys = target.uniqueKeys.contains { key in key.map { !inKey.isSubset(of: $0) } ?? true }
        switch followed.identity {
        case .insertsOnly: manner = .append
        case .full: manner = .inOrder
        case .columns:
            let carries = replacesOnUpdate && columns.contains(where: \.isToastable)
            manner = hasOtherKeys || carries ? .inOrder : .fold
        }
        isPinned =
            switch manner {
            case .append: hasOtherKeys
            case .inOrder: true
            case .fold: !key.allSatisfy { columns[$0].equalsByBytes }
            }
    }
}

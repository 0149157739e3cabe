internal import PlanFile
internal import Planning
internal import Postgres

/// All rows of a table on the source, as they are removed from the target, compared and copied again at once, and the
/// copy tasks that they belong to. Where nothing on the target tells the rows of several tables apart, which become one
/// hypertable, it is all of these tables.
struct WholeTable: Sendable {
    /// One for each table of the source, of all its rows.
    var pieces: [Piece]
    var numbers: [Int]
    /// All rows, as they are compared.
    var compared: Piece

    /// On the source.
    var tables: [QualifiedName] { pieces.map(\.table) }
    var target: QualifiedName { compared.targetTable }

    /// Empties it on the target.
    /// - Parameter isParent: as of `RowRemoval`.
    func remove(isParent: Bool, _ target: Connection) throws {
        try RowRemoval.rows(of: compared, isParent: isParent, target)
    }

    /// What both sides hold of it now, in the open transactions.
    func checksums(isParent: Bool, source: Connection, target: Connection) throws -> (
        there: TableChecksum, here: TableChecksum
    ) {
        try compared.checksums(isParent: isParent, source: source, target: target)
    }
}

extension Piece {
    /// What both sides hold of it now, in the open transactions. The search_path must be the same on both.
    func checksums(isParent: Bool, source: Connection, target: Connection) throws -> (
        there: TableChecksum, here: TableChecksum
    ) {
        let table = try ComparedTable.read(self.table, on: source)
        return try TableChecksum.computeBoth(
            source: TableChecksum.Rows(
                table: table, condition: sourceCondition, includesChildren: includesChildren == true || isChunked),
            target: TableChecksum.Rows(
                table: table.named(targetTable), condition: targetCondition, includesChildren: isParent),
            source, target)
    }

    /// All rows of its table as one piece.
    var whole: Piece {
        var piece = self
        (piece.rows, piece.number, piece.count) = (.all, 1, 1)
        return piece
    }
}

extension RunContext {
    /// The wholes that hold rows of these tables, by name. Of tables whose rows cannot be told apart one holds all.
    func wholes(of tables: [QualifiedName]) -> [WholeTable] {
        let wanted = Set(tables)
        let copied = tasks.enumerated().compactMap { number, task in
            task.action.copiedPiece.map { (number: number, piece: $0) }
        }
        let mixed = Set(copied.filter { $0.piece.isMixed && wanted.contains($0.piece.table) }.map(\.piece.targetTable))
        var wholes: [QualifiedName: WholeTable] = [:]
        for (number, piece) in copied {
            let isOfMixed = mixed.contains(piece.targetTable)
            guard isOfMixed || wanted.contains(piece.table) else { continue }
            let own = piece.whole
            let name = isOfMixed ? piece.targetTable : piece.table
            var whole =
                wholes[name]
                ?? WholeTable(
                    pieces: [], numbers: [], compared: isOfMixed ? family(piece.targetTable) ?? own : own)
            if !whole.tables.contains(own.table) { whole.pieces.append(own) }
            whole.numbers.append(number)
            wholes[name] = whole
        }
        return wholes.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Hypertables whose rows come from several tables of the source, which lie below one of the same name.
    var families: Set<QualifiedName> { Set(tasks.compactMap { $0.action.copiedPiece?.target }) }

    /// Tables of the source that are parts of such, by name.
    var hypertableParts: [QualifiedName: HypertablePart] {
        Dictionary(
            tasks.compactMap { task in
                guard let piece = task.action.copiedPiece, let target = piece.target else { return nil }
                return (piece.table, HypertablePart(target: target, territory: piece.territory))
            }
        ) { first, _ in first }
    }

    /// All rows of such a hypertable, as one piece that is compared. Every graph has what it is made from.
    func family(_ name: QualifiedName) -> Piece? {
        for task in tasks {
            guard case .verify(let piece) = task.action, piece.includesChildren == true, piece.table == name else {
                continue
            }
            return piece.whole
        }
        return nil
    }
}

extension Action {
    /// Of a copy.
    var copiedPiece: Piece? { if case .copy(let piece) = self { piece } else { nil } }
    var isPolicies: Bool { if case .applyPolicies = self { true } else { false } }
}

/// A column as wal2json and test_decoding send it: with its name, in the order of the table.
struct PendingColumn: BitwiseCopyable {
    var name: Slice
    /// Empty where only the id is told.
    var type: Slice = .empty
    var typeOID: UInt32?
    var value: Value
    /// Its position in the relation, once it is known.
    var position = 0
}

/// The two plugins describe no relations. Their columns are matched by name with those seen before, and what was not
/// seen before is a new generation of the relation.
extension ChangeDecoder {
    /// The relation of these names, made where it is new.
    mutating func relation(
        namespace: Slice, name: Slice, _ reader: ByteReader,
    ) throws(DecodingFailure) -> Int {
        let bytes = unsafe reader.bytes
        let found = unsafe relations.index(
            namespace: pointer(to: namespace, in: bytes), name: pointer(to: name, in: bytes))
        guard let found else { throw reader.failure(.invalidText, at: 0) }
        return found
    }

    /// Lays out rows in the relation's order.
    /// - Parameters:
    ///   - isWhole: the new row names all columns of the table, so that a column it lacks is one that was dropped.
    ///     Otherwise (wal2json's updates) it is one whose TOASTed value was not sent, or one that was dropped: that
    ///     shows at the next insert.
    mutating func layOut(
        relation index: Int, old: Range<Int>?, new: Range<Int>?, isWhole: Bool, _ reader: ByteReader,
    ) throws(DecodingFailure) -> (old: OldRow?, new: Row) {
        if let new {
            if isWhole {
                try learnAll(new, index, reader)
            } else {
                try learn(new, index, reader)
            }
        }
        if let old { try learn(old, index, reader) }
        let width = relations.entries[index].relation.columns.count
        let oldRow = old.map { old in
            OldRow(kind: .unspecified, row: place(old, width: width, others: .absent))
        }
        return (oldRow, place(new ?? 0..<0, width: new == nil ? 0 : width, others: .unchanged))
    }

    private mutating func place(_ columns: Range<Int>, width: Int, others: Value.Kind) -> Row {
        let row = reserveRow(width)
        for column in row.first..<row.first + width { values[column] = Value(others) }
        for column in columns { values[row.first + pending[column].position] = pending[column].value }
        return row
    }

    /// Finds the columns of a row that names all of them, or makes them the relation's.
    private mutating func learnAll(
        _ columns: Range<Int>, _ index: Int, _ reader: ByteReader,
    ) throws(DecodingFailure) {
        var isSame = columns.count == relations.entries[index].relation.columns.count
        for (position, column) in columns.enumerated() {
            pending[column].position = position
            isSame =
                isSame && self.position(of: column, index, expected: position, reader) == position
                && isType(of: column, index, position, reader)
        }
        if isSame {
            if !relations.entries[index].relation.isComplete { relations.markComplete(index) }
            return
        }
        var relation = relations.entries[index].relation
        relation.columns = []
        for column in columns { relation.columns.append(try described(column, reader)) }
        relation.isComplete = true
        relations.replace(index, with: relation)
    }

    /// Finds the columns of a row that may lack some, or adds them to the relation.
    private mutating func learn(
        _ columns: Range<Int>, _ index: Int, _ reader: ByteReader,
    ) throws(DecodingFailure) {
        var expected = 0
        for column in columns {
            if let position = position(of: column, index, expected: expected, reader) {
                pending[column].position = position
                if !isType(of: column, index, position, reader) {
                    var relation = relations.entries[index].relation
                    relation.columns[position] = try described(column, reader)
                    relations.replace(index, with: relation)
                }
                expected = position + 1
            } else {
                var relation = relations.entries[index].relation
                pending[column].position = relation.columns.count
                relation.columns.append(try described(column, reader))
                relations.replace(index, with: relation)
            }
        }
    }

    private func position(
        of column: Int, _ index: Int, expected: Int, _ reader: ByteReader,
    ) -> Int? {
        let bytes = unsafe reader.bytes
        return unsafe relations.entries[index].column(
            pointer(to: pending[column].name, in: bytes), expected: expected)
    }

    private func isType(of column: Int, _ index: Int, _ position: Int, _ reader: ByteReader) -> Bool {
        let bytes = unsafe reader.bytes
        let type = pending[column].type
        return unsafe relations.entries[index].hasType(
            position, oid: pending[column].typeOID,
            name: type.count == 0 ? nil : pointer(to: type, in: bytes))
    }

    private func described(
        _ column: Int, _ reader: ByteReader,
    ) throws(DecodingFailure) -> RelationColumn {
        let column = pending[column]
        return RelationColumn(
            name: try name(column.name, reader), typeOID: column.typeOID,
            typeName: column.type.count == 0 ? nil : try name(column.type, reader))
    }

    private func name(_ slice: Slice, _ reader: ByteReader) throws(DecodingFailure) -> String {
        let bytes = unsafe reader.bytes
        guard let name = unsafe String(validating: pointer(to: slice, in: bytes), as: UTF8.self) else {
            throw reader.failure(.invalidText, at: slice.isUnescaped ? nil : Int(slice.offset))
        }
        return name
    }
}

// TupleData (`logicalrep_write_tuple`): the number of columns, and for each a kind and, where it has any, its bytes.
extension ChangeDecoder {
    /// `K` or `O` and a row, where one comes next.
    mutating func pgoutputOldRow(
        _ reader: inout ByteReader, relation index: Int,
    ) throws(DecodingFailure) -> OldRow? {
        switch reader.next {
        case UInt8(ascii: "O"):
            reader.offset += 1
            return OldRow(kind: .full, row: try pgoutputRow(&reader, relation: index))
        case UInt8(ascii: "K"):
            reader.offset += 1
            let row = try pgoutputRow(&reader, relation: index)
            // The server writes NULL for the columns outside of the key, whatever they hold.
            for column in 0..<row.count where !relations.entries[index].relation.columns[column].isKey {
                values[row.first + column] = Value(.absent)
            }
            return OldRow(kind: .key, row: row)
        case nil: throw reader.failure(.truncated)
        default: return nil
        }
    }

    mutating func pgoutputRow(_ reader: inout ByteReader, relation index: Int) throws(DecodingFailure) -> Row {
        let start = reader.offset
        let count = Int(try reader.integer(UInt16.self))
        let expected = relations.entries[index].relation.columns.count
        guard count == expected else {
            let id = relations.entries[index].relation.id
            throw reader.failure(.columnCount(relation: id, expected: expected, found: count), at: start)
        }
        let row = reserveRow(count)
        let bytes = unsafe reader.bytes
        var offset = reader.offset
        var failure: DecodingFailure.Reason?
        unsafe values.withUnsafeMutableBufferPointer { values in
            for column in row.first..<row.first + count {
                guard offset < bytes.count else { return failure = .truncated }
                let tag = unsafe bytes[offset]
                let kind: Value.Kind
                switch tag {
                case UInt8(ascii: "t"): kind = .text
                case UInt8(ascii: "n"): kind = .null
                case UInt8(ascii: "u"): kind = .unchanged
                case UInt8(ascii: "b"): kind = .binary
                default: return failure = .expected("a column's kind (n, u, t or b)")
                }
                guard kind == .text || kind == .binary else {
                    unsafe values[column] = Value(kind)
                    offset += 1
                    continue
                }
                guard bytes.count - offset >= 5 else { return failure = .truncated }
                let big = unsafe bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int32.self)
                let length = Int(Int32(bigEndian: big))
                guard length >= 0, length <= bytes.count - offset - 5 else { return failure = .truncated }
                unsafe values[column] = Value(kind, Slice(offset: offset + 5, length: length))
                offset += 5 + length
            }
        }
        reader.offset = offset
        if let failure { throw reader.failure(failure) }
        return row
    }
}

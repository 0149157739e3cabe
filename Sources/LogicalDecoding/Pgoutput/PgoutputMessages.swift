// The messages of pgoutput, protocol version 1: https://www.postgresql.org/docs/18/protocol-logicalrep-message-formats.html
// and src/backend/replication/logical/proto.c. Later versions add messages that come only when asked for (streaming,
// two_phase); outside of these the bytes are the same.
extension ChangeDecoder {
    mutating func decodePgoutput(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        let tag = try reader.byte()
        let change: Change
        switch tag {
        case UInt8(ascii: "I"):
            let index = try knownRelation(&reader)
            try newRowFollows(&reader)
            let new = try pgoutputRow(&reader, relation: index)
            change = .insert(relation: relations.entries[index].relation.id, new: new)
        case UInt8(ascii: "U"): change = try pgoutputUpdate(&reader)
        case UInt8(ascii: "D"):
            let index = try knownRelation(&reader)
            guard let old = try pgoutputOldRow(&reader, relation: index) else {
                throw reader.failure(.expected("an old row (K or O)"))
            }
            change = .delete(relation: relations.entries[index].relation.id, old: old)
        case UInt8(ascii: "B"):
            let lsn = LSN(rawValue: try reader.integer())
            let time = Timestamp(microseconds: try reader.integer())
            change = .begin(Begin(xid: try reader.integer(), finalLSN: lsn, commitTime: time))
        case UInt8(ascii: "C"): change = .commit(try Self.pgoutputCommit(&reader))
        case UInt8(ascii: "R"):
            let relation = try Self.pgoutputRelation(&reader)
            try reader.requireEnd()
            return .relation(id: relation.id, relations.describe(relation))
        case UInt8(ascii: "Y"):
            let id: UInt32 = try reader.integer()
            let name = try RelationCache.TypeName(namespace: Self.pgoutputNamespace(&reader), name: reader.name())
            try reader.requireEnd()
            relations.describeType(id, name)
            return .type(id: id)
        case UInt8(ascii: "T"): change = .truncate(try pgoutputTruncation(&reader))
        case UInt8(ascii: "M"): change = .message(try Self.pgoutputMessage(&reader))
        case UInt8(ascii: "O"):
            change = .origin(Origin(lsn: LSN(rawValue: try reader.integer()), name: try reader.zeroTerminated()))
        case UInt8(ascii: "S"), UInt8(ascii: "E"), UInt8(ascii: "c"), UInt8(ascii: "A"):
            throw reader.failure(.unsupported("streamed transactions"), at: 0)
        case UInt8(ascii: "b"), UInt8(ascii: "P"), UInt8(ascii: "K"), UInt8(ascii: "r"), UInt8(ascii: "p"):
            throw reader.failure(.unsupported("prepared transactions"), at: 0)
        default: throw reader.failure(.unknownMessage, at: 0)
        }
        try reader.requireEnd()
        return change
    }

    /// `U`: the old row only where the key changed (K) or the identity is full (O).
    private mutating func pgoutputUpdate(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        let index = try knownRelation(&reader)
        let old = try pgoutputOldRow(&reader, relation: index)
        try newRowFollows(&reader)
        let new = try pgoutputRow(&reader, relation: index)
        return .update(relation: relations.entries[index].relation.id, old: old, new: new)
    }

    private mutating func knownRelation(_ reader: inout ByteReader) throws(DecodingFailure) -> Int {
        let id: UInt32 = try reader.integer()
        guard let index = relations.index(of: id) else { throw reader.failure(.unknownRelation(id), at: 1) }
        return index
    }

    private func newRowFollows(_ reader: inout ByteReader) throws(DecodingFailure) {
        guard try reader.byte() == UInt8(ascii: "N") else {
            throw reader.failure(.expected("a new row (N)"), at: reader.offset - 1)
        }
    }

    private static func pgoutputCommit(_ reader: inout ByteReader) throws(DecodingFailure) -> Commit {
        // "Flags (currently unused)".
        guard try reader.byte() == 0 else { throw reader.failure(.expected("flags of zero"), at: 1) }
        return Commit(
            xid: nil, commitLSN: LSN(rawValue: try reader.integer()), endLSN: LSN(rawValue: try reader.integer()),
            commitTime: Timestamp(microseconds: try reader.integer()))
    }

    /// `logicalrep_write_namespace`: an empty one stands for pg_catalog.
    private static func pgoutputNamespace(_ reader: inout ByteReader) throws(DecodingFailure) -> String {
        let name = try reader.name()
        return name.isEmpty ? "pg_catalog" : name
    }

    private static func pgoutputRelation(_ reader: inout ByteReader) throws(DecodingFailure) -> Relation {
        let id: UInt32 = try reader.integer()
        let namespace = try pgoutputNamespace(&reader)
        let name = try reader.name()
        guard let identity = ReplicaIdentity(rawValue: try reader.byte()) else {
            throw reader.failure(.expected("a replica identity (d, n, f or i)"), at: reader.offset - 1)
        }
        let count = Int(try reader.integer(UInt16.self))
        var columns: [RelationColumn] = []
        for _ in 0..<count {
            let flags = try reader.byte()
            columns.append(
                RelationColumn(
                    name: try reader.name(), typeOID: try reader.integer(), typeModifier: try reader.integer(),
                    isKey: flags & 1 != 0))
        }
        return Relation(id: id, namespace: namespace, name: name, replicaIdentity: identity, columns: columns)
    }

    private mutating func pgoutputTruncation(_ reader: inout ByteReader) throws(DecodingFailure) -> Truncation {
        let count = Int(try reader.integer(UInt32.self))
        let flags = try reader.byte()
        guard count <= reader.remaining / 4 else { throw reader.failure(.truncated) }
        for _ in 0..<count {
            let id: UInt32 = try reader.integer()
            guard relations.index(of: id) != nil else {
                throw reader.failure(.unknownRelation(id), at: reader.offset - 4)
            }
            truncated.append(id)
        }
        return Truncation(cascade: flags & 1 != 0, restartIdentity: flags & 2 != 0, count: count)
    }

    private static func pgoutputMessage(_ reader: inout ByteReader) throws(DecodingFailure) -> LogicalMessage {
        let flags = try reader.byte()
        let lsn = LSN(rawValue: try reader.integer())
        let prefix = try reader.zeroTerminated()
        let length = Int(try reader.integer(Int32.self))
        return LogicalMessage(
            isTransactional: flags & 1 != 0, lsn: lsn, prefix: prefix, content: try reader.slice(length))
    }
}

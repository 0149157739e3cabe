// Documents of wal2json, format version 2: one for each begin, change and commit (`pg_decode_*_v2`,
// https://github.com/eulerto/wal2json/blob/wal2json_2_6/wal2json.c).
extension ChangeDecoder {
    mutating func decodeWal2json(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        var document = Wal2jsonDocument()
        try reader.expect("{")
        try eachMember(&reader) { (decoder, reader, key) throws(DecodingFailure) in
            try decoder.wal2jsonMember(&reader, key, &document)
        }
        try reader.requireEnd()
        return try wal2jsonChange(document, reader)
    }

    private mutating func wal2jsonMember(
        _ reader: inout ByteReader, _ key: Slice, _ document: inout Wal2jsonDocument,
    ) throws(DecodingFailure) {
        switch unsafe Wal2jsonKey(pointer(to: key, in: reader.bytes)) {
        case .action:
            try reader.expect("\"")
            document.action = try reader.byte()
            try reader.expect("\"")
        case .xid: document.xid = reader.skip("null") ? nil : try reader.decimal()
        case .timestamp: document.timestamp = try wal2jsonTimestamp(&reader)
        case .lsn: document.lsn = try wal2jsonLSN(&reader)
        case .nextLSN: document.nextLSN = try wal2jsonLSN(&reader)
        case .schema: document.schema = try wal2jsonText(&reader)
        case .table: document.table = try wal2jsonText(&reader)
        case .columns: document.columns = try wal2jsonColumns(&reader)
        case .identity: document.identity = try wal2jsonColumns(&reader)
        case .transactional:
            let isTransactional = reader.skip("true")
            if !isTransactional { try reader.expect("false") }
            document.isTransactional = isTransactional
        case .prefix: document.prefix = try wal2jsonText(&reader)
        case .content: document.content = try wal2jsonText(&reader)
        // `origin` is a local number, `pk` names the primary key's columns, which the source's catalog tells, too.
        case .other: try skipJSON(&reader)
        }
    }

    private mutating func wal2jsonText(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        try reader.expect("\"")
        return try jsonString(&reader)
    }

    private mutating func wal2jsonLSN(_ reader: inout ByteReader) throws(DecodingFailure) -> LSN {
        let start = reader.offset
        let text = try wal2jsonText(&reader)
        guard let lsn = unsafe LSN(String(decoding: pointer(to: text, in: reader.bytes), as: UTF8.self)) else {
            throw reader.failure(.expected("a WAL position"), at: start)
        }
        return lsn
    }

    /// `timestamptz_to_str`, or null with a message outside of transactions.
    private mutating func wal2jsonTimestamp(_ reader: inout ByteReader) throws(DecodingFailure) -> Timestamp? {
        if reader.skip("null") { return nil }
        let start = reader.offset
        let text = try wal2jsonText(&reader)
        guard let time = unsafe Timestamp(pointer(to: text, in: reader.bytes)) else {
            throw reader.failure(.expected("a timestamp"), at: start)
        }
        return time
    }

    private mutating func wal2jsonChange(
        _ document: Wal2jsonDocument, _ reader: ByteReader,
    ) throws(DecodingFailure) -> Change {
        switch document.action {
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"): return try wal2jsonRows(document, reader)
        case UInt8(ascii: "B"):
            return .begin(Begin(xid: document.xid, finalLSN: document.lsn, commitTime: document.timestamp))
        case UInt8(ascii: "C"):
            return .commit(
                Commit(
                    xid: document.xid, commitLSN: document.lsn, endLSN: document.nextLSN,
                    commitTime: document.timestamp))
        case UInt8(ascii: "T"):
            let relation = try wal2jsonRelation(document, reader)
            truncated.append(relations.entries[relation].relation.id)
            return .truncate(Truncation(cascade: nil, restartIdentity: nil, count: 1))
        case UInt8(ascii: "M"):
            guard let isTransactional = document.isTransactional, let prefix = document.prefix,
                let content = document.content
            else { throw reader.failure(.missing("transactional, prefix or content")) }
            return .message(
                LogicalMessage(
                    isTransactional: isTransactional, lsn: document.lsn, prefix: prefix, content: content))
        case nil: throw reader.failure(.missing("action"))
        default: throw reader.failure(.unknownMessage, at: 0)
        }
    }

    private mutating func wal2jsonRows(
        _ document: Wal2jsonDocument, _ reader: ByteReader,
    ) throws(DecodingFailure) -> Change {
        let isDelete = document.action == UInt8(ascii: "D")
        let isInsert = document.action == UInt8(ascii: "I")
        guard isDelete || document.columns != nil else { throw reader.failure(.missing("columns")) }
        let relation = try wal2jsonRelation(document, reader)
        let id = relations.entries[relation].relation.id
        // An insert carries all columns; an update leaves out what is TOASTed and unchanged.
        let rows = try layOut(
            relation: relation, old: isInsert ? nil : document.identity, new: isDelete ? nil : document.columns,
            isWhole: isInsert, reader)
        if isInsert { return .insert(relation: id, new: rows.new) }
        if isDelete { return .delete(relation: id, old: rows.old) }
        return .update(relation: id, old: rows.old, new: rows.new)
    }

    private mutating func wal2jsonRelation(
        _ document: Wal2jsonDocument, _ reader: ByteReader,
    ) throws(DecodingFailure) -> Int {
        guard let schema = document.schema else { throw reader.failure(.missing("schema (include-schemas)")) }
        guard let table = document.table else { throw reader.failure(.missing("table")) }
        return try relation(namespace: schema, name: table, reader)
    }
}

/// The members of one document.
struct Wal2jsonDocument {
    var action: UInt8?
    var xid: UInt32?
    var timestamp: Timestamp?
    var lsn: LSN?
    var nextLSN: LSN?
    var schema: Slice?
    var table: Slice?
    /// In `ChangeDecoder.pending`.
    var columns: Range<Int>?
    var identity: Range<Int>?
    var isTransactional: Bool?
    var prefix: Slice?
    var content: Slice?
}

enum Wal2jsonKey: String, CaseIterable {
    case action, xid, timestamp, lsn, schema, table, columns, identity, transactional, prefix, content
    case nextLSN = "nextlsn"
    case other = ""

    /// By length and one byte first, because this is asked for every member.
    init(_ key: UnsafeRawBufferPointer) {
        let candidate: Self =
            switch key.count {
            case 3: unsafe key[0] == UInt8(ascii: "x") ? .xid : .lsn
            case 5: .table
            case 6: unsafe key[0] == UInt8(ascii: "a") ? .action : key[0] == UInt8(ascii: "s") ? .schema : .prefix
            case 7: unsafe key[0] == UInt8(ascii: "n") ? .nextLSN : key[2] == UInt8(ascii: "l") ? .columns : .content
            case 8: .identity
            case 9: .timestamp
            case 13: .transactional
            default: .other
            }
        self = unsafe key.elementsEqual(candidate.rawValue.utf8) ? candidate : .other
    }
}

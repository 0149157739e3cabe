// What contrib/test_decoding/test_decoding.c writes; the plugin has no other specification.
extension ChangeDecoder {
    mutating func decodeTestDecoding(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        if reader.skip("table ") { return try testDecodingChange(&reader) }
        if reader.skip("BEGIN") { return try Self.testDecodingBegin(&reader) }
        for (opening, what) in Self.unsupported where reader.starts(with: opening) {
            throw reader.failure(.unsupported(what), at: 0)
        }
        if reader.skip("COMMIT") { return try Self.testDecodingCommit(&reader) }
        if reader.skip("message: ") { return .message(try Self.testDecodingMessage(&reader)) }
        throw reader.failure(reader.isAtEnd ? .truncated : .unknownMessage)
    }

    /// How the messages of streamed and prepared transactions begin (`pg_decode_stream_*`, `pg_decode_*_prepared_txn`).
    private static var unsupported: [(StaticString, String)] {
        [
            ("PREPARE TRANSACTION", "prepared transactions"), ("COMMIT PREPARED", "prepared transactions"),
            ("ROLLBACK PREPARED", "prepared transactions"), ("opening a streamed block", "streamed transactions"),
            ("closing a streamed block", "streamed transactions"), ("streaming ", "streamed transactions"),
            ("committing streamed", "streamed transactions"), ("aborting streamed", "streamed transactions"),
            ("preparing streamed", "streamed transactions"),
        ]
    }

    /// `BEGIN 743`, without `include-xids` just `BEGIN`.
    private static func testDecodingBegin(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        var begin = Begin(xid: nil, finalLSN: nil, commitTime: nil)
        if reader.skip(" ") { begin.xid = try reader.decimal() }
        try reader.requireEnd()
        return .begin(begin)
    }

    /// `COMMIT 743 (at 2026-11-21 10:05:05.123456+00)`, either part only with its option.
    private static func testDecodingCommit(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        var commit = Commit(xid: nil, commitLSN: nil, endLSN: nil, commitTime: nil)
        if !reader.starts(with: " ("), reader.skip(" ") { commit.xid = try reader.decimal() }
        if reader.skip(" (at ") {
            guard let end = reader.first(UInt8(ascii: ")"), from: reader.offset) else {
                throw reader.failure(.truncated, at: reader.count)
            }
            let text = try reader.slice(end - reader.offset)
            guard let time = unsafe Timestamp(reader.view(text)) else {
                throw reader.failure(.expected("a timestamp"), at: Int(text.offset))
            }
            commit.commitTime = time
            try reader.expect(")")
        }
        try reader.requireEnd()
        return .commit(commit)
    }

    /// `message: transactional: 1 prefix: p, sz: 3 content:abc` (`pg_decode_message`), neither part escaped. The prefix
    /// ends where a size follows that leads to the message's end.
    private static func testDecodingMessage(_ reader: inout ByteReader) throws(DecodingFailure) -> LogicalMessage {
        try reader.expect("transactional: ")
        let isTransactional = reader.skip("1")
        if !isTransactional { try reader.expect("0") }
        try reader.expect(" prefix: ")
        let start = reader.offset
        var search = start
        while let comma = reader.first(UInt8(ascii: ","), from: search) {
            search = comma + 1
            reader.offset = comma
            guard reader.skip(", sz: "), let size = try? reader.decimal(Int.self), reader.skip(" content:"),
                size == reader.remaining
            else { continue }
            let prefix = Slice(offset: start, length: comma - start)
            return LogicalMessage(
                isTransactional: isTransactional, lsn: nil, prefix: prefix, content: try reader.slice(size))
        }
        throw reader.failure(.expected("a size that fits (, sz: N content:)"), at: start)
    }

    /// `schema.table: INSERT: …`, or `a.b, c.d: TRUNCATE: …`.
    private mutating func testDecodingChange(_ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        var relation = try testDecodingRelation(&reader)
        truncated.append(relations.entries[relation].relation.id)
        while reader.skip(", ") {
            relation = try testDecodingRelation(&reader)
            truncated.append(relations.entries[relation].relation.id)
        }
        try reader.expect(": ")
        let id = relations.entries[relation].relation.id
        if reader.skip("TRUNCATE:") { return .truncate(try testDecodingTruncation(&reader)) }
        guard truncated.count == 1 else { throw reader.failure(.expected("TRUNCATE of several relations")) }
        if reader.skip("INSERT:") {
            let new = try testDecodingRow(&reader)
            guard let new else { throw reader.failure(.missingRow) }
            let rows = try layOut(relation: relation, old: nil, new: new, isWhole: true, reader)
            return .insert(relation: id, new: rows.new)
        }
        if reader.skip("UPDATE:") {
            let old = reader.skip(" old-key:") ? try testDecodingRow(&reader) : nil
            if old != nil { try reader.expect(" new-tuple:") }
            guard let new = try testDecodingRow(&reader) else { throw reader.failure(.missingRow) }
            let rows = try layOut(relation: relation, old: old, new: new, isWhole: true, reader)
            return .update(relation: id, old: rows.old, new: rows.new)
        }
        try reader.expect("DELETE:")
        let old = try testDecodingRow(&reader)
        let rows = try layOut(relation: relation, old: old, new: nil, isWhole: false, reader)
        return .delete(relation: id, old: rows.old)
    }

    private mutating func testDecodingRelation(_ reader: inout ByteReader) throws(DecodingFailure) -> Int {
        let namespace = try identifier(&reader)
        try reader.expect(".")
        return try self.relation(namespace: namespace, name: try identifier(&reader), reader)
    }

    /// ` restart_seqs cascade`, either alone, or ` (no-flags)` (`pg_decode_truncate`).
    private func testDecodingTruncation(_ reader: inout ByteReader) throws(DecodingFailure) -> Truncation {
        let restarts = reader.skip(" restart_seqs")
        let cascades = reader.skip(" cascade")
        if !restarts && !cascades { try reader.expect(" (no-flags)") }
        try reader.requireEnd()
        return Truncation(cascade: cascades, restartIdentity: restarts, count: truncated.count)
    }
}

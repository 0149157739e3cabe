/// Turns the messages of one change stream, one after the other and in their order, into changes.
///
/// The caller lends a message's bytes to `decode` and again to what reads parts of it. Nothing is copied but what the
/// message holds with escapes, into a buffer that the next message uses again; so a change and its parts are good until
/// then. Malformed bytes are an error, never a trap; after an error the decoder can go on.
package struct ChangeDecoder: ~Copyable {
    package let plugin: Plugin
    /// What the stream has told of relations and types so far.
    package internal(set) var relations = RelationCache()

    /// The values of the current message's rows.
    var values: [Value] = []
    var usedValues = 0
    /// Bytes of the current message that had escapes.
    var unescaped: [UInt8] = []
    /// The relations of the current TRUNCATE.
    var truncated: [UInt32] = []
    /// Columns of the current message, before they are matched with their relation.
    var pending: [PendingColumn] = []

    package init(_ plugin: Plugin) { self.plugin = plugin }

    /// Reads one message: all bytes of one XLogData, or of one row of `pg_logical_slot_get_changes`.
    package mutating func decode(_ message: RawSpan) throws(DecodingFailure) -> Change {
        usedValues = 0
        unescaped.removeAll(keepingCapacity: true)
        truncated.removeAll(keepingCapacity: true)
        pending.removeAll(keepingCapacity: true)
        guard message.byteCount < Int(UInt32.max) / 2 else {
            throw DecodingFailure(plugin: plugin, offset: 0, reason: .tooLong)
        }
        return unsafe try message.withUnsafeBytes { (bytes) throws(DecodingFailure) -> Change in
            var reader = unsafe ByteReader(bytes, plugin)
            switch plugin {
            case .pgoutput: return try decodePgoutput(&reader)
            case .wal2json: return try decodeWal2json(&reader)
            case .testDecoding: return try decodeTestDecoding(&reader)
            }
        }
    }

    /// A column's value.
    @inline(__always)
    package func value(_ row: Row, _ column: Int) -> Value {
        precondition(column >= 0 && column < row.count, "column \(column) of \(row.count)")
        return values[row.first + column]
    }

    /// A relation of a TRUNCATE.
    package func relation(_ number: Int, of truncation: Truncation) -> UInt32 { truncated[number] }

    /// Lends a part's bytes. `message` is the message that the part came with.
    package func withBytes<Result, Failure: Error>(
        of slice: Slice, in message: RawSpan, _ body: (RawSpan) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        if slice.isUnescaped {
            return unsafe try body(unescaped.span.bytes.extracting(slice.range))
        }
        return try body(message.extracting(slice.range))
    }

    /// A part's bytes without the closure, to hand many at once to libpq: good until the decoder reads the next message
    /// or is moved, or `message` is gone.
    @unsafe @inline(__always)
    package func pointer(to slice: Slice, in message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        if slice.isUnescaped {
            return unsafe unescaped.withUnsafeBytes { unsafe UnsafeRawBufferPointer(rebasing: $0[slice.range]) }
        }
        return unsafe UnsafeRawBufferPointer(rebasing: message[slice.range])
    }

    /// A part as text, for names and messages of ours.
    package func text(_ slice: Slice, in message: RawSpan) -> String {
        withBytes(of: slice, in: message) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension Slice {
    var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }
}

extension ChangeDecoder {
    /// Room for a row's values, with whatever was in it before.
    @inline(__always)
    mutating func reserveRow(_ count: Int) -> Row {
        let row = Row(first: usedValues, count: count)
        usedValues += count
        while values.count < usedValues { values.append(Value(.absent)) }
        return row
    }
}

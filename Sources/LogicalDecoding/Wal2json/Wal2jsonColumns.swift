// The columns of a row (`pg_decode_write_tuple`): `[{"name":"id","typeoid":23,"value":"1"},…]`.
extension ChangeDecoder {
    mutating func wal2jsonColumns(_ reader: inout ByteReader) throws(DecodingFailure) -> Range<Int> {
        let first = pending.count
        try reader.expect("[")
        try eachElement(&reader) { (decoder, reader) throws(DecodingFailure) in
            try decoder.wal2jsonColumn(&reader)
        }
        return first..<pending.count
    }

    private mutating func wal2jsonColumn(_ reader: inout ByteReader) throws(DecodingFailure) {
        let start = reader.offset
        var name: Slice?
        var type: Slice?
        var typeOID: UInt32?
        var value: Value?
        var isString = false
        try reader.expect("{")
        try eachMember(&reader) { (decoder, reader, key) throws(DecodingFailure) in
            let key = unsafe decoder.pointer(to: key, in: reader.bytes)
            if unsafe key.elementsEqual("name".utf8) {
                try reader.expect("\"")
                name = try decoder.jsonString(&reader)
            } else if unsafe key.elementsEqual("value".utf8) {
                isString = reader.next == UInt8(ascii: "\"")
                value = try decoder.wal2jsonValue(&reader)
            } else if unsafe key.elementsEqual("typeoid".utf8) {
                // Written with %d: ids beyond 2^31 are negative.
                let isNegative = reader.skip("-")
                let number = try reader.decimal(UInt32.self)
                typeOID = isNegative ? 0 &- number : number
            } else if unsafe key.elementsEqual("type".utf8) {
                type = try decoder.wal2jsonType(&reader)
            } else {
                try decoder.skipJSON(&reader)
            }
        }
        guard let name else { throw reader.failure(.missing("a column's name"), at: start) }
        guard var value else { throw reader.failure(.missing("a column's value"), at: start) }
        guard typeOID != nil || type != nil else {
            throw reader.failure(.missing("a column's typeoid (include-type-oids)"), at: start)
        }
        let isBytea =
            if let typeOID { typeOID == 17 } else if let type {
                unsafe pointer(to: type, in: reader.bytes).elementsEqual("bytea".utf8)
            } else { false }
        if isBytea, isString { value = unsafe withPrefix(value, reader.bytes) }
        pending.append(PendingColumn(name: name, type: type ?? .empty, typeOID: typeOID, value: value))
    }

    /// Strings, numbers (without `numeric-data-types-as-string`), booleans, null.
    private mutating func wal2jsonValue(_ reader: inout ByteReader) throws(DecodingFailure) -> Value {
        if reader.skip("\"") { return Value(.text, try jsonString(&reader)) }
        if reader.skip("null") { return Value(.null) }
        // The type's own text form, which the other plugins send, is t and f.
        let word = Slice(offset: reader.offset, length: 1)
        if reader.skip("true") || reader.skip("false") { return Value(.text, word) }
        return Value(.text, try jsonNumber(&reader))
    }

    /// A type's name. Where it begins with a quoted identifier and does not end with a bracket, the plugin writes it as
    /// it is: `"Mood"` is JSON and stands for itself, `"a"."B"` is not.
    private mutating func wal2jsonType(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        try reader.expect("\"")
        let type = try jsonString(&reader)
        guard reader.next == UInt8(ascii: ",") || reader.next == UInt8(ascii: "}") else {
            throw reader.failure(
                reader.isAtEnd
                    ? .truncated : .expected("a type's name that is JSON (include-types=false, include-type-oids=true)")
            )
        }
        return type
    }

    /// `pg_decode_write_value` leaves out the `\x` of bytea's text form.
    private mutating func withPrefix(_ value: Value, _ bytes: UnsafeRawBufferPointer) -> Value {
        let start = unescaped.count
        unescaped.reserveCapacity(start + 2 + value.slice.count)
        unescaped.append(UInt8(ascii: "\\"))
        unescaped.append(UInt8(ascii: "x"))
        if value.slice.isUnescaped {
            // Only a document that the plugin did not write has escapes in hexadecimal digits.
            unescaped.append(contentsOf: Array(unescaped[value.slice.range]))
        } else {
            unsafe unescaped.append(contentsOf: bytes[value.slice.range])
        }
        return Value(.text, Slice(offset: start, length: unescaped.count - start, isUnescaped: true))
    }
}

// Columns as `tuple_to_stringinfo` writes them: ` name[type]:value` for each.
extension ChangeDecoder {
    /// Columns up to the message's end or to ` new-tuple:`; nil where there is ` (no-tuple-data)`. A column named so
    /// would be quoted.
    mutating func testDecodingRow(_ reader: inout ByteReader) throws(DecodingFailure) -> Range<Int>? {
        if reader.skip(" (no-tuple-data)") {
            try reader.requireEnd()
            return nil
        }
        let first = pending.count
        while !reader.isAtEnd, !reader.starts(with: " new-tuple:") {
            try reader.expect(" ")
            let name = try identifier(&reader)
            try reader.expect("[")
            let type = try typeName(&reader)
            try reader.expect("]:")
            pending.append(PendingColumn(name: name, type: type, value: try literal(&reader)))
        }
        return first..<pending.count
    }

    /// `quote_identifier`: bare, or in double quotes with those inside doubled.
    mutating func identifier(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        if reader.skip("\"") { return try quoted(UInt8(ascii: "\""), &reader) }
        let start = reader.offset
        while let next = reader.next, isBare(next) { reader.offset += 1 }
        guard reader.offset > start else {
            throw reader.failure(reader.isAtEnd ? .truncated : .expected("a name"))
        }
        return Slice(offset: start, length: reader.offset - start)
    }

    private func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// `format_type_be`, as it stands: `character varying`, `integer[]`, `s."odd]"[]`; ends before the bracket that
    /// opened it.
    private func typeName(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        let start = reader.offset
        var depth = 0
        while let next = reader.next {
            switch next {
            case UInt8(ascii: "\""):
                // Doubled quotes end one quoted part and begin the next.
                guard let end = reader.first(next, from: reader.offset + 1) else {
                    throw reader.failure(.truncated, at: reader.count)
                }
                reader.offset = end
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"):
                if depth == 0 { return Slice(offset: start, length: reader.offset - start) }
                depth -= 1
            default: break
            }
            reader.offset += 1
        }
        throw reader.failure(.truncated)
    }

    /// `print_literal`: numbers bare, NaN and infinity among them, booleans as words, bits as `B'…'`, all else quoted.
    private mutating func literal(_ reader: inout ByteReader) throws(DecodingFailure) -> Value {
        if reader.skip("'") || reader.skip("B'") { return Value(.text, try quoted(UInt8(ascii: "'"), &reader)) }
        let start = reader.offset
        reader.offset = reader.first(UInt8(ascii: " "), from: start) ?? reader.count
        let word = Slice(offset: start, length: reader.offset - start)
        guard word.count > 0 else {
            throw reader.failure(reader.isAtEnd ? .truncated : .expected("a value"))
        }
        let text = unsafe reader.view(word)
        if unsafe text.elementsEqual("null".utf8) { return Value(.null) }
        if unsafe text.elementsEqual("unchanged-toast-datum".utf8) { return Value(.unchanged) }
        // The type's own text form, which the other plugins send, is t and f.
        if unsafe text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) {
            return Value(.text, Slice(offset: start, length: 1))
        }
        guard unsafe isNumber(text) else { throw reader.failure(.expected("a value"), at: start) }
        return Value(.text, word)
    }

    private func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        for word in ["NaN", "Infinity", "-Infinity"] where unsafe text.elementsEqual(word.utf8) { return true }
        return unsafe text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"):
                true
            default: false
            }
        }
    }

    /// What follows an opening quote, with doubled quotes made single; behind the closing one afterwards.
    private mutating func quoted(_ quote: UInt8, _ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        let start = reader.offset
        let copy = unescaped.count
        var piece = start
        while let end = reader.first(quote, from: reader.offset) {
            reader.offset = end + 1
            if reader.next == quote {
                unsafe unescaped.append(contentsOf: reader.bytes[piece...end])
                reader.offset += 1
                piece = reader.offset
            } else if piece == start {
                return Slice(offset: start, length: end - start)
            } else {
                unsafe unescaped.append(contentsOf: reader.bytes[piece..<end])
                return Slice(offset: copy, length: unescaped.count - copy, isUnescaped: true)
            }
        }
        throw reader.failure(.truncated, at: reader.count)
    }
}

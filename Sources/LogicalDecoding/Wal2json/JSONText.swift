// JSON as far as documents of a plugin need it: strings with their escapes resolved, everything else skipped or taken as
// it stands. Numbers are never converted. https://www.rfc-editor.org/rfc/rfc8259; strings as `escape_json` writes them.
extension ChangeDecoder {
    /// What follows an opening quote; behind the closing one afterwards.
    mutating func jsonString(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        let start = reader.offset
        let copy = unescaped.count
        var piece = start
        while true {
            reader.offset = reader.firstSpecialInJSON(from: reader.offset)
            switch reader.next {
            case UInt8(ascii: "\""):
                let end = reader.offset
                reader.offset += 1
                if piece == start { return Slice(offset: start, length: end - start) }
                unsafe unescaped.append(contentsOf: reader.bytes[piece..<end])
                return Slice(offset: copy, length: unescaped.count - copy, isUnescaped: true)
            case UInt8(ascii: "\\"):
                unsafe unescaped.append(contentsOf: reader.bytes[piece..<reader.offset])
                reader.offset += 1
                try jsonEscape(&reader)
                piece = reader.offset
            case nil: throw reader.failure(.truncated)
            default: throw reader.failure(.expected("an escaped control character"))
            }
        }
    }

    private mutating func jsonEscape(_ reader: inout ByteReader) throws(DecodingFailure) {
        let start = reader.offset - 1
        switch try reader.byte() {
        case UInt8(ascii: "\""): unescaped.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): unescaped.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): unescaped.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try Self.fourDigits(&reader))
            if code & 0xFC00 == 0xD800 {
                guard reader.skip("\\u") else { throw reader.failure(.expected("the second of two surrogates")) }
                let second = UInt32(try Self.fourDigits(&reader))
                guard second & 0xFC00 == 0xDC00 else {
                    throw reader.failure(.expected("the second of two surrogates"), at: reader.offset - 4)
                }
                code = 0x10000 + (code & 0x3FF) << 10 + second & 0x3FF
            }
            // A zero cannot be part of any value (PostgreSQL's text has none), a lone surrogate is no character.
            guard code != 0, let scalar = Unicode.Scalar(code) else {
                throw reader.failure(.expected("the code of a character"), at: start)
            }
            unescaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw reader.failure(.expected("an escape"), at: start)
        }
    }

    private static func fourDigits(_ reader: inout ByteReader) throws(DecodingFailure) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = hexadecimalValue(try reader.byte()) else {
                throw reader.failure(.expected("a hexadecimal digit"), at: reader.offset - 1)
            }
            code = code << 4 | UInt16(digit)
        }
        return code
    }

    /// A number as it stands. The plugin's own test is that it has only these characters.
    func jsonNumber(_ reader: inout ByteReader) throws(DecodingFailure) -> Slice {
        let start = reader.offset
        while let next = reader.next {
            switch next {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                reader.offset += 1
                continue
            default: break
            }
            break
        }
        guard reader.offset > start else {
            throw reader.failure(reader.isAtEnd ? .truncated : .expected("a value"))
        }
        return Slice(offset: start, length: reader.offset - start)
    }

    /// Skips any value.
    mutating func skipJSON(_ reader: inout ByteReader, depth: Int = 0) throws(DecodingFailure) {
        guard depth < 32 else { throw reader.failure(.nestedTooDeeply) }
        if reader.skip("\"") {
            _ = try jsonString(&reader)
        } else if reader.skip("{") {
            try eachMember(&reader) { (decoder, reader, _) throws(DecodingFailure) in
                try decoder.skipJSON(&reader, depth: depth + 1)
            }
        } else if reader.skip("[") {
            try eachElement(&reader) { (decoder, reader) throws(DecodingFailure) in
                try decoder.skipJSON(&reader, depth: depth + 1)
            }
        } else if !reader.skip("null"), !reader.skip("true"), !reader.skip("false") {
            _ = try jsonNumber(&reader)
        }
    }

    /// Calls `body` at each member's value, with its key. What follows the opening brace. The plugin writes no
    /// whitespace without `pretty-print`, which format version 2 does not have.
    mutating func eachMember(
        _ reader: inout ByteReader,
        _ body: (inout ChangeDecoder, inout ByteReader, Slice) throws(DecodingFailure) -> Void,
    ) throws(DecodingFailure) {
        if reader.skip("}") { return }
        repeat {
            try reader.expect("\"")
            let key = try jsonString(&reader)
            try reader.expect(":")
            try body(&self, &reader, key)
        } while reader.skip(",")
        try reader.expect("}")
    }

    /// Calls `body` at each element. What follows the opening bracket.
    mutating func eachElement(
        _ reader: inout ByteReader,
        _ body: (inout ChangeDecoder, inout ByteReader) throws(DecodingFailure) -> Void,
    ) throws(DecodingFailure) {
        if reader.skip("]") { return }
        repeat {
            try body(&self, &reader)
        } while reader.skip(",")
        try reader.expect("]")
    }
}

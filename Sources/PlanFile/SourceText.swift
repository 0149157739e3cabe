/// The text of a plan file: checked bytes without a byte order mark, and its lines as libyaml counts them.
struct SourceText: Sendable {
    /// UTF-8, every character one that YAML allows.
    let bytes: [UInt8]

    /// - Throws: where the bytes are not UTF-8, or hold a character that YAML forbids.
    init(_ bytes: [UInt8], file: String) throws(Findings) {
        func finding(_ code: PlanCode, _ summary: String, _ cure: String, offset: Int) -> Findings {
            let place = Self.place(of: offset, in: bytes)
            let location = SourceLocation(file: file, line: place.line, column: place.column)
            return Findings(Diagnostic(code, summary, cure: cure, at: location))
        }
        if bytes.starts(with: [0xFF, 0xFE] as [UInt8]) || bytes.starts(with: [0xFE, 0xFF] as [UInt8]) {
            throw finding(.notUTF8, "the file is UTF-16", "Save it as UTF-8.", offset: 0)
        }
        let bytes = Self.withoutByteOrderMark(bytes)
        if let offset = Self.firstInvalidUTF8(in: bytes) {
            let summary = "byte 0x\(hex(bytes[offset])) is not UTF-8"
            throw finding(.notUTF8, summary, "Save the file as UTF-8.", offset: offset)
        }
        if let (offset, scalar) = Self.firstForbidden(in: bytes) {
            let summary =
                scalar.value == 0
                ? "the file holds a NUL byte"
                : "the file holds the control character U+\(String(scalar.value, radix: 16, uppercase: true))"
            throw finding(.controlCharacter, summary, "Remove it: a plan is plain text.", offset: offset)
        }
        self.bytes = bytes
    }

    /// How many lines have `byte` first.
    func linesBeginning(with byte: UInt8) -> Int {
        var (count, isFirst) = (0, true)
        for next in bytes {
            if isFirst, next == byte { count += 1 }
            isFirst = next == 0x0A || next == 0x0D
        }
        return count
    }

    static func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// The characters that YAML 1.2 allows, as libyaml's reader checks them (reader.c).
    private static func firstForbidden(in bytes: [UInt8]) -> (Int, Unicode.Scalar)? {
        var offset = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
                0x10000...0x10FFFF:
                offset += scalar.utf8.count
            default: return (offset, scalar)
            }
        }
        return nil
    }

    /// Line and column, from 1, of the byte at `offset`.
    private static func place(of offset: Int, in bytes: [UInt8]) -> YAMLMark {
        let before = String(decoding: bytes.prefix(offset), as: UTF8.self)
        let lines = Self.lines(before)
        return YAMLMark(line: lines.count, column: (lines.last?.unicodeScalars.count ?? 0) + 1)
    }

    /// The lines of a text, broken where libyaml breaks them: LF, CR, CRLF, NEL, LS, PS.
    static func lines(_ text: String) -> [Substring] {
        var lines: [Substring] = []
        let scalars = text.unicodeScalars
        var (start, index) = (scalars.startIndex, scalars.startIndex)
        while index < scalars.endIndex {
            let scalar = scalars[index]
            var next = scalars.index(after: index)
            switch scalar.value {
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029:
                lines.append(text[start..<index])
                if scalar.value == 0x0D, next < scalars.endIndex, scalars[next].value == 0x0A {
                    next = scalars.index(after: next)
                }
                start = next
            default: break
            }
            index = next
        }
        lines.append(text[start...])
        return lines
    }
}

/// One or more findings, where they stop what was being done.
struct Findings: Error {
    var diagnostics: [Diagnostic]
    init(_ diagnostic: Diagnostic) { diagnostics = [diagnostic] }
}

/// Two hexadecimal digits.
func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
}

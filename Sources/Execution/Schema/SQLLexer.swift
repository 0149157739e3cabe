/// Where in a script of SQL statements a reader stands: inside a literal, a quoted identifier, a comment, a body, or
/// between tokens. Knows just enough of PostgreSQL's lexical rules ("SQL Syntax", 4.1) to find the end of each
/// statement; `standard_conforming_strings` is on.
struct SQLLexer {
    enum Place: Equatable {
        case plain
        case string(hasEscapes: Bool)
        case identifier
        /// Inside a dollar quote; the delimiter, both dollar signs included.
        case dollar([UInt8])
        case block(depth: Int)
    }

    private(set) var place = Place.plain
    private var parentheses = 0
    /// Depth of `begin atomic … end` bodies with the `case … end` in them; their semicolons end no statement.
    private var atomicDepth = 0
    private var word: [UInt8] = []
    private var previousWord: [UInt8] = []
    /// `''` inside a literal closes and opens it again: the second half has the escapes of the first.
    private var closedString: (at: Int, hasEscapes: Bool)?
    /// Whether anything but white space and comments was read since the last statement's end.
    private(set) var isStatementOpen = false

    /// Whether a line that begins here stands outside of every literal, comment and parenthesis.
    var isBetweenTokens: Bool { place == .plain && parentheses == 0 }

    /// Reads whole lines (a dollar quote's delimiter must not be cut) and reports the index behind each semicolon that
    /// ends a statement.
    mutating func read(_ text: ArraySlice<UInt8>, statementEnded: (Int) -> Void = { _ in }) {
        var index = text.startIndex
        closedString = nil
        while index < text.endIndex {
            switch place {
            case .plain: index = readPlain(text, index, statementEnded)
            case .string(let hasEscapes): index = readString(text, index, hasEscapes)
            case .identifier:
                index = text[index...].firstIndex(of: UInt8(ascii: "\"")).map { $0 + 1 } ?? text.endIndex
                if index <= text.endIndex, text[index - 1] == UInt8(ascii: "\"") { place = .plain }
            case .dollar(let delimiter): index = readDollarQuoted(text, index, delimiter)
            case .block(let depth): index = readBlockComment(text, index, depth)
            }
        }
        endWord()
    }

    private mutating func readPlain(
        _ text: ArraySlice<UInt8>, _ index: Int, _ statementEnded: (Int) -> Void,
    ) -> Int {
        let byte = text[index]
        let next = index + 1 < text.endIndex ? text[index + 1] : 0
        if Self.continuesWord(byte), !(byte == UInt8(ascii: "$") && word.isEmpty) {
            // Long names are no keyword; their first bytes are enough.
            if word.count < 8 { word.append(byte | 0x20) }
            isStatementOpen = true
            return index + 1
        }
        let isEscapeString = word == [UInt8(ascii: "e")]
        endWord()
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0B, 0x0C:
            return index + 1
        case UInt8(ascii: "-") where next == byte:
            return text[index...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
        case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
            place = .block(depth: 1)
            return index + 2
        default: break
        }
        isStatementOpen = true
        switch byte {
        case UInt8(ascii: "'"):
            let reopened = closedString.flatMap { $0.at == index ? $0.hasEscapes : nil }
            place = .string(hasEscapes: reopened ?? isEscapeString)
        case UInt8(ascii: "\""): place = .identifier
        case UInt8(ascii: "$"):
            if let delimiter = Self.dollarDelimiter(text, index) {
                place = .dollar(delimiter)
                return index + delimiter.count
            }
        case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses = max(0, parentheses - 1)
        case UInt8(ascii: ";") where parentheses == 0 && atomicDepth == 0:
            isStatementOpen = false
            statementEnded(index + 1)
        default: break
        }
        return index + 1
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        if atomicDepth > 0 {
            if word == Array("case".utf8) || word == Array("begin".utf8) { atomicDepth += 1 }
            if word == Array("end".utf8) { atomicDepth -= 1 }
        } else if word == Array("atomic".utf8), previousWord == Array("begin".utf8) {
            atomicDepth = 1
        }
        swap(&previousWord, &word)
        word.removeAll(keepingCapacity: true)
    }

    private mutating func readString(_ text: ArraySlice<UInt8>, _ start: Int, _ hasEscapes: Bool) -> Int {
        var index = start
        while index < text.endIndex {
            if hasEscapes, text[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if text[index] == UInt8(ascii: "'") {
                place = .plain
                closedString = (index + 1, hasEscapes)
                return index + 1
            }
            index += 1
        }
        return text.endIndex
    }

    private mutating func readDollarQuoted(_ text: ArraySlice<UInt8>, _ start: Int, _ delimiter: [UInt8]) -> Int {
        var index = start
        while let dollar = text[index...].firstIndex(of: UInt8(ascii: "$")) {
            if text[dollar...].starts(with: delimiter) {
                place = .plain
                return dollar + delimiter.count
            }
            index = dollar + 1
        }
        return text.endIndex
    }

    private mutating func readBlockComment(_ text: ArraySlice<UInt8>, _ index: Int, _ depth: Int) -> Int {
        let next = index + 1 < text.endIndex ? text[index + 1] : 0
        switch (text[index], next) {
        case (UInt8(ascii: "*"), UInt8(ascii: "/")):
            place = depth == 1 ? .plain : .block(depth: depth - 1)
            return index + 2
        case (UInt8(ascii: "/"), UInt8(ascii: "*")):
            place = .block(depth: depth + 1)
            return index + 2
        default: return index + 1
        }
    }

    /// `$tag$` where one begins at `index`: a tag is an identifier without a dollar sign.
    private static func dollarDelimiter(_ text: ArraySlice<UInt8>, _ index: Int) -> [UInt8]? {
        var end = index + 1
        while end < text.endIndex, text[end] != UInt8(ascii: "$") {
            let isDigit = text[end] >= UInt8(ascii: "0") && text[end] <= UInt8(ascii: "9")
            guard continuesWord(text[end]), !(isDigit && end == index + 1) else { return nil }
            end += 1
        }
        return end < text.endIndex ? Array(text[index...end]) : nil
    }

    private static func continuesWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}

/// A script cut into its statements.
package enum SQLStatements {
    /// The statements of `sql`, each with its semicolon and without the white space around it; text behind the last
    /// semicolon is one more.
    package static func split(_ sql: String) -> [String] {
        let bytes = Array(sql.utf8)
        var ends: [Int] = []
        var lexer = SQLLexer()
        lexer.read(bytes[...]) { ends.append($0) }
        if lexer.isStatementOpen { ends.append(bytes.count) }
        var start = 0
        return ends.map { end in
            defer { start = end }
            return String(decoding: trimmed(bytes[start..<end]), as: UTF8.self)
        }
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last]
    }
}

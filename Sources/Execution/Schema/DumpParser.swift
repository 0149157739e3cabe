/// Why a dump could not be understood.
package enum DumpFormatError: Error, Sendable, Equatable {
    /// It ended without pg_dump's closing lines.
    case incomplete
    /// A header that is none: the line.
    case badHeader(String)
    /// pg_dump says that backslashes in plain literals are escapes, against what we asked of the source's session.
    case backslashEscapes
}

/// Cuts the verbose script that pg_restore makes of a dump into its entries, as the bytes come in.
///
/// Each entry begins with a comment (PostgreSQL's `_printTocEntry` in `pg_backup_archiver.c`):
///
///     --
///     -- TOC entry 215 (class 1259 OID 16389)
///     -- Dependencies: 6 849
///     -- Name: readings; Type: TABLE; Schema: public; Owner: -
///     --
///
/// Function bodies and comments may hold the same lines; those inside of a literal, a dollar quote or a parenthesis
/// count as text.
package struct DumpParser {
    private enum Phase: Equatable {
        case preamble, header, body, end
    }

    private var lexer = SQLLexer()
    private var phase = Phase.preamble
    /// The start of a line whose end has not come in yet.
    private var rest: [UInt8] = []
    /// Whether the line before was `--` between two statements: a header may follow.
    private var isAfterRule = false
    private var entry: DumpEntry?
    private var title = ""
    private var body: [UInt8] = []
    /// Where each statement of `body` ends.
    private var ends: [Int] = []
    private var settings: [(name: String, statement: String)] = []
    private var entries: [DumpEntry] = []

    package init() {}

    package mutating func consume(_ bytes: some Collection<UInt8>) throws(DumpFormatError) {
        rest.append(contentsOf: bytes)
        var start = 0
        while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            try readLine(rest[start...newline])
            start = newline + 1
        }
        rest.removeFirst(start)
    }

    /// The entries, in the order of restoring.
    /// - Throws: `incomplete` where the dump was cut off.
    package mutating func finish() throws(DumpFormatError) -> [DumpEntry] {
        guard phase == .end else { throw .incomplete }
        return entries
    }

    private mutating func readLine(_ line: ArraySlice<UInt8>) throws(DumpFormatError) {
        guard phase != .end else { return }
        if phase == .header { return try readHeaderLine(String(decoding: line.dropLast(), as: UTF8.self)) }
        if lexer.isBetweenTokens, !lexer.isStatementOpen {
            if isAfterRule, line.starts(with: "-- TOC entry ".utf8) { return try beginEntry(line) }
            if isAfterRule, line.starts(with: "-- PostgreSQL database dump complete".utf8) {
                endEntry()
                phase = .end
                return
            }
            isAfterRule = line.elementsEqual("--\n".utf8)
            // psql's own commands, and comments between statements: times, version, headers.
            if line.starts(with: "--".utf8) || line.starts(with: "\\".utf8) { return }
        } else {
            isAfterRule = false
        }
        if phase == .preamble { try readPreamble(line) }
        let offset = body.count
        if phase == .body { body.append(contentsOf: line) }
        var ended: [Int] = []
        lexer.read(line) { ended.append(offset + $0 - line.startIndex) }
        if phase == .body { ends.append(contentsOf: ended) }
    }

    /// Our sessions pin what the preamble sets, but for what varies from entry to entry.
    private mutating func readPreamble(_ line: ArraySlice<UInt8>) throws(DumpFormatError) {
        if line.starts(with: "SET standard_conforming_strings = off".utf8) { throw .backslashEscapes }
        if line.starts(with: "SET default_table_access_method ".utf8) {
            note(String(decoding: line.dropLast(), as: UTF8.self))
        }
    }

    private mutating func beginEntry(_ line: ArraySlice<UInt8>) throws(DumpFormatError) {
        endEntry()
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        let numbers = text.split { !$0.isNumber }.compactMap { UInt32($0) }
        guard numbers.count == 3 else { throw .badHeader(text) }
        entry = DumpEntry(
            sequence: entries.count + 1, dumpID: Int(numbers[0]), catalog: CatalogTable.name(numbers[1]),
            oid: numbers[2], type: "", name: "")
        title = ""
        phase = .header
    }

    private mutating func readHeaderLine(_ line: String) throws(DumpFormatError) {
        if line == "--" {
            guard !title.isEmpty else { throw .badHeader("entry \(entry?.dumpID ?? 0) has no name") }
            phase = .body
            isAfterRule = false
        } else if let list = line.dropping(prefix: "-- Dependencies:") {
            entry?.dependencies = Set(list.split(separator: " ").compactMap { Int($0) }).sorted()
        } else if let name = line.dropping(prefix: "-- Name: ") ?? line.dropping(prefix: "-- Data for Name: ") {
            title = name
        }
    }

    private mutating func endEntry() {
        guard var entry else { return }
        self.entry = nil
        var statements: [ArraySlice<UInt8>] = []
        var start = 0
        for end in ends {
            statements.append(SQLStatements.trimmed(body[start..<end]))
            start = end
        }
        // What pg_dump sets between two entries stands behind the former and is meant for the latter.
        var following: [String] = []
        while let last = statements.last, last.starts(with: "SET ".utf8) {
            following.insert(String(decoding: last, as: UTF8.self), at: 0)
            statements.removeLast()
        }
        let end = statements.last?.endIndex ?? 0
        entry.sql = String(decoding: SQLStatements.trimmed(body[0..<end]), as: UTF8.self)
        // To look through all text costs more than all the rest here.
        if statements.contains(where: { $0.starts(with: "ALTER ".utf8) }) {
            entry.sql = AttributeVersions.removed(from: entry.sql)
        }
        DumpTitle.parse(title, into: &entry)
        entry.settings = settings.filter { Self.applies($0.name, to: entry.type) }.map(\.statement)
        entries.append(entry)
        following.forEach { note($0) }
        body.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Keeps the last value of each setting: `SET name = value;`. `heap` is what the restorer starts from.
    private mutating func note(_ statement: String) {
        let name = String(statement.dropFirst(4).prefix { $0 != " " && $0 != "=" })
        settings.removeAll { $0.name == name }
        if statement.filter({ $0 != "\"" }) == "SET default_table_access_method = heap;" { return }
        settings.append((name, statement))
    }

    private static func applies(_ setting: String, to type: String) -> Bool {
        setting != "default_table_access_method" || type == "TABLE" || type == "MATERIALIZED VIEW"
    }
}

extension String {
    /// By bytes: what follows may begin with a combining mark.
    func dropping(prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(utf8.dropFirst(prefix.utf8.count)) : nil
    }
}

/// Reads names as SQL writes them: parts in double quotes stand for themselves, others fold to lower case.
///
/// More forgiving than SQL in one thing: `-`, and digits at the beginning, need no quotes, since a plan holds names and
/// no expressions (`uuid-ossp`).
struct NameSyntax {
    /// PostgreSQL's NAMEDATALEN less its terminator, in bytes.
    static let longest = 63

    private static let plain = "[A-Za-z0-9_$-]|[^\\u0000-\\u007F]"
    private static let quoted = "\"(?:[^\"]|\"\")+\""
    /// ECMA 262 and Swift patterns of a name's part, without and with wildcards.
    static let identifierPattern = "(?:(?:\(plain))+|\(quoted))"
    static let globPattern = "(?:(?:\(plain)|[*?])+|\(quoted))"

    /// The parts of a dotted name, with wildcards.
    /// - Throws: what is wrong with `text`.
    static func parts(_ text: String, wildcards: Bool) throws(ValueProblem) -> [NamePattern] {
        var parts: [NamePattern] = []
        var rest = text[...]
        while true {
            parts.append(
                try rest.unicodeScalars.first == "\""
                    ? quotedPart(&rest) : plainPart(&rest, of: text, wildcards: wildcards))
            guard let next = rest.unicodeScalars.first else { return parts }
            guard next == "." else {
                throw ValueProblem(
                    .malformedName, reason: "`\(next)` follows a closing quote",
                    cure: "Double a quote inside quotes: \"a\"\"b\".",
                )
            }
            rest = rest.droppingScalar()
        }
    }

    private static func quotedPart(_ rest: inout Substring) throws(ValueProblem) -> NamePattern {
        let start = rest.startIndex
        rest = rest.droppingScalar()
        var name = ""
        while true {
            guard let quote = rest.unicodeScalars.firstIndex(of: "\"") else {
                throw ValueProblem(.malformedName, reason: "a quote is not closed")
            }
            name += rest[..<quote]
            rest = rest[quote...].droppingScalar()
            guard rest.unicodeScalars.first == "\"" else { break }
            name += "\""
            rest = rest.droppingScalar()
        }
        let written = String(rest.base[start..<rest.startIndex])
        try check(name)
        return NamePattern(elements: name.unicodeScalars.map { .literal(Character($0)) }, text: written)
    }

    private static func plainPart(
        _ rest: inout Substring, of text: String, wildcards: Bool,
    ) throws(ValueProblem) -> NamePattern {
        let end = rest.unicodeScalars.firstIndex(of: ".") ?? rest.endIndex
        let written = rest[..<end]
        rest = rest[end...]
        var elements: [NamePattern.Element] = []
        for character in written.unicodeScalars.map({ Character($0) }) {
            switch character {
            case "*" where wildcards: elements.append(.anyRun)
            case "?" where wildcards: elements.append(.anyOne)
            case "*", "?":
                throw ValueProblem(.malformedName, reason: "it must name one object, so `\(character)` cannot stand")
            case _ where character.isASCIILetter:
                elements.append(.literal(Character(character.lowercased())))
            case "_", "$", "-": elements.append(.literal(character))
            case _ where character.isASCIIDigit || character.unicodeScalars.allSatisfy { !$0.isASCII }:
                elements.append(.literal(character))
            default:
                let shown = character == " " ? "a blank" : "`\(character)`"
                let quoted = text.contains("\"") ? "\"\(written)\"" : quoting(written, in: text)
                throw ValueProblem(
                    .malformedName, reason: "\(shown) needs quotes in a name",
                    cure: "Write it in double quotes, and these in single ones: '\(quoted)'.",
                )
            }
        }
        try check(String(written))
        return NamePattern(elements: elements, text: String(written))
    }

    /// `text` with its part `part` in quotes.
    private static func quoting(_ part: Substring, in text: String) -> String {
        text[..<part.startIndex] + "\"\(part)\"" + text[part.endIndex...]
    }

    private static func check(_ name: String) throws(ValueProblem) {
        guard !name.isEmpty else { throw ValueProblem(.malformedName, reason: "a part of the name is empty") }
        guard name.utf8.count <= longest else {
            throw ValueProblem(
                .malformedName, reason: "a part of it is longer than \(longest) bytes, which no PostgreSQL name is")
        }
    }

    /// One part without wildcards: a column, an index.
    /// - Throws: what is wrong with `text`.
    static func identifier(_ text: String) throws(ValueProblem) -> String {
        let parts = try parts(text, wildcards: false)
        guard parts.count == 1, let part = parts.first else {
            throw ValueProblem(
                .malformedName, reason: "it has \(parts.count) parts where one is wanted",
                cure: "A dot inside a name needs quotes: '\"a.b\"'.",
            )
        }
        return part.literal
    }
}

extension Substring {
    /// Without the first scalar, of which a quote is one also where a combining mark follows.
    fileprivate func droppingScalar() -> Substring { Substring(unicodeScalars.dropFirst()) }
}

extension NamePattern {
    static let pattern = NameSyntax.globPattern

    /// Reads `public`, `tmp_*`, `"My Schema"`; wildcards work outside quotes, upper case folds there.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        let parts = try NameSyntax.parts(text, wildcards: true)
        guard parts.count == 1, let part = parts.first else {
            throw ValueProblem(
                .malformedName, reason: "it has \(parts.count) parts where one is wanted",
                cure: "A dot inside a name needs quotes: '\"a.b\"'.",
            )
        }
        self = part
    }

    /// The one name that a pattern without wildcards matches.
    var literal: String {
        String(elements.compactMap { if case .literal(let character) = $0 { character } else { nil } })
    }

    /// Written in one way only, whatever case and quotes the plan used: for comparing plans.
    var canonical: String {
        if isLiteral { return QualifiedName.quotedIfNeeded(literal) }
        return String(
            elements.map { element in
                switch element {
                case .literal(let character): character
                case .anyRun: "*"
                case .anyOne: "?"
                }
            })
    }
}

extension QualifiedNamePattern {
    static let pattern = "\(NameSyntax.globPattern)\\.\(NameSyntax.globPattern)"

    /// Reads `public.readings`, `public.tmp_*`, `*.audit`, `public."My Table"`.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        let parts = try NameSyntax.parts(text, wildcards: true)
        try QualifiedName.requireTwo(parts, text)
        self.init(schema: parts[0], name: parts[1])
    }

    var canonical: String { schema.canonical + "." + name.canonical }
}

extension QualifiedName {
    static let pattern = "\(NameSyntax.identifierPattern)\\.\(NameSyntax.identifierPattern)"

    /// Reads `public.readings`, `public."My Table"`, `"a.b"."c""d"`. Parts without quotes fold to lower case as in SQL:
    /// `public.Readings` is the table `readings`.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        let parts = try NameSyntax.parts(text, wildcards: false)
        try Self.requireTwo(parts, text)
        self.init(schema: parts[0].literal, name: parts[1].literal)
    }

    fileprivate static func requireTwo(_ parts: [NamePattern], _ text: String) throws(ValueProblem) {
        if parts.count == 1 {
            throw ValueProblem(.malformedName, reason: "the schema is missing", cure: "Did you mean `public.\(text)`?")
        }
        guard parts.count == 2 else {
            throw ValueProblem(
                .malformedName, reason: "it has \(parts.count) parts instead of schema and name",
                cure: "A dot inside a name needs quotes: 'public.\"a.b\"'.",
            )
        }
    }
}

extension PlanName {
    /// Leaves room in PostgreSQL's 63 bytes for `skein_` before and a short word behind.
    static let longest = 48
    static let pattern = "[a-z0-9_-]{1,\(longest)}"

    /// Reads `iot-production`.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        let cure = "Use lower-case letters, digits, `-` and `_`: the name becomes part of the slot's name."
        guard !text.isEmpty else { throw ValueProblem(.malformedPlanName, reason: "it is empty", cure: cure) }
        let bad = text.first {
            !($0.isASCIIDigit || ($0.isASCIILetter && $0.isLowercase) || $0 == "-" || $0 == "_")
        }
        if let bad {
            throw ValueProblem(.malformedPlanName, reason: "it cannot hold `\(bad)`", cure: cure)
        }
        guard text.utf8.count <= Self.longest else {
            throw ValueProblem(
                .malformedPlanName, reason: "it is longer than \(Self.longest) characters",
                cure: "The slot's name, made from it, must fit PostgreSQL's 63 bytes.",
            )
        }
        self.init(text: text)
    }
}

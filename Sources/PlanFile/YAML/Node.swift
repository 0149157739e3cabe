/// A value of a YAML document, with its place.
struct Node: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Entry])
        /// Reported already: whoever meets it says nothing more.
        case unusable
    }
    var content: Content
    var location: SourceLocation

    /// Whether nothing stands where a value could.
    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.kind == .null } else { false }
    }

    /// The value under `key`, where this is a mapping that has it.
    func entry(_ key: String) -> Entry? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }
    }
}

/// A key of a mapping, with its own place, and its value.
struct Entry: Sendable {
    var key: String
    var keyLocation: SourceLocation
    var value: Node
}

/// A scalar: its text, and what decides how the text is typed.
struct Scalar: Sendable, Hashable {
    var text: String
    /// Neither quoted nor a block scalar, so that `true` and `7` are not texts.
    var isPlain: Bool
    /// As written, where `${…}` was replaced. Such a value is typed by its result, quoted or not: inside `{ }` and
    /// `[ ]` YAML itself demands the quotes.
    var expression: String?

    /// The most bytes a text can have: a connection string is the longest thing in a plan.
    static let longest = 8192

    init(_ text: String, isPlain: Bool = true, expression: String? = nil) {
        self.text = text
        self.isPlain = isPlain
        self.expression = expression
    }

    /// What YAML 1.2's core schema takes a text for.
    enum Kind: String, Sendable { case null, boolean, integer, number, text }

    var kind: Kind {
        guard isPlain, expression == nil else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
        case ".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN": return .number
        default:
            if Self.isInteger(text) { return .integer }
            return Self.isNumber(text) ? .number : .text
        }
    }

    /// `[-+]?[0-9]+`, `0x…`, `0o…`
    static func isInteger(_ text: String) -> Bool {
        if text.hasPrefix("0x") { return text.count > 2 && text.dropFirst(2).allSatisfy(\.isASCIIHexDigit) }
        if text.hasPrefix("0o") { return text.count > 2 && text.dropFirst(2).allSatisfy { ("0"..."7").contains($0) } }
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.allSatisfy(\.isASCIIDigit)
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        let whole = rest.prefix(while: \.isASCIIDigit)
        rest = rest.dropFirst(whole.count)
        if rest.first == "." {
            let fraction = rest.dropFirst().prefix(while: \.isASCIIDigit)
            guard !(whole.isEmpty && fraction.isEmpty) else { return false }
            rest = rest.dropFirst(1 + fraction.count)
        } else if whole.isEmpty {
            return false
        }
        guard let mark = rest.first else { return true }
        guard mark == "e" || mark == "E" else { return false }
        rest = rest.dropFirst()
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(\.isASCIIDigit)
    }
}

extension Character {
    var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    var isASCIIHexDigit: Bool { isASCIIDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self) }
    var isASCIILetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
}

/// A text with variables, as it stands in the file: `${NAME}`, `${NAME:-fallback}`, and `$${` for a plain `${`.
///
/// As in a shell, the fallback of `:-` also stands in for a variable that is set to nothing.
struct VariableText: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case text(String)
        case variable(name: String, fallback: String?)
    }
    var parts: [Part] = []

    var hasVariables: Bool { parts.contains { if case .variable = $0 { true } else { false } } }

    /// What the file itself says, with nothing where a variable has no fallback.
    var written: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .variable(_, let fallback): fallback ?? ""
            }
        }
        .joined()
    }

    /// - Throws: where `${` does not read as a variable.
    init(_ text: String) throws(ValueProblem) {
        var rest = text[...]
        var literal = ""
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(try Self.variable(&rest))
            } else {
                literal += "$"
                rest = rest.dropFirst()
            }
        }
        literal += rest
        if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
    }

    private static func variable(_ rest: inout Substring) throws(ValueProblem) -> Part {
        let forms = "Write `${NAME}` or `${NAME:-fallback}`; `$${` is a plain `${`."
        guard let end = rest.firstIndex(of: "}") else {
            throw ValueProblem(.malformedVariable, reason: "a `${` has no `}`", cure: forms)
        }
        let inside = rest[..<end].dropFirst(2)
        rest = rest[end...].dropFirst()
        let name = inside.prefix { $0.isASCIILetter || $0.isASCIIDigit || $0 == "_" }
        guard let first = name.first, !first.isASCIIDigit else {
            throw ValueProblem(.malformedVariable, reason: "a `${` has no variable's name behind it", cure: forms)
        }
        let tail = inside.dropFirst(name.count)
        if tail.isEmpty { return .variable(name: String(name), fallback: nil) }
        guard tail.hasPrefix(":-") else {
            throw ValueProblem(
                .malformedVariable, reason: "behind `${\(name)` comes neither `}` nor `:-`", cure: forms)
        }
        let fallback = String(tail.dropFirst(2))
        guard !fallback.contains("${") else {
            throw ValueProblem(
                .malformedVariable, reason: "the fallback of `${\(name):-…}` holds another `${`",
                cure: "A fallback is a plain text.",
            )
        }
        return .variable(name: String(name), fallback: fallback)
    }

    /// The text with the variables' values in place.
    /// - Throws: at the first variable that is not set and has no fallback.
    func resolved(_ environment: [String: String]) throws(ValueProblem) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .variable(let name, let fallback):
                if let value = environment[name], !value.isEmpty || fallback == nil {
                    result += value
                } else if let fallback {
                    result += fallback
                } else {
                    let similar = Suggestion.nearest(to: name, among: environment.keys.sorted())
                    let advice = similar.map { "Did you mean `\($0)`, which is set? " } ?? ""
                    throw ValueProblem(
                        .unsetVariable, reason: "the environment variable `\(name)` is not set",
                        cure: advice + "Set it, or write `${\(name):-fallback}`.",
                    )
                }
            }
        }
        return result
    }
}

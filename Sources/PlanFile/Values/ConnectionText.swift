/// A libpq connection string as text: looked at without libpq, as far as a plan file's check and hiding passwords
/// need it. What libpq makes of it is for `ConnectionTarget` to say.
///
/// The two forms are those of PostgreSQL's fe-connect.c: `conninfo_uri_parse_options` and `conninfo_parse`.
package enum ConnectionText {
    /// libpq's parameters whose values are secrets.
    static let secretKeywords: Set<String> = [
        "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
    ]

    /// `text` without any password in it, still a connection string. Nothing is left of a text that is none.
    package static func withoutPassword(_ text: String) -> String {
        if let rest = afterScheme(text) {
            var uri = ConnectionURI(rest)
            uri.removeSecrets()
            return String(text.prefix(text.count - rest.count)) + uri.text
        }
        guard case .success(let pairs) = keywords(text) else { return "" }
        return pairs.filter { !secretKeywords.contains($0.keyword) }.map(\.written).joined(separator: " ")
    }

    /// Whether a password stands in `text`.
    package static func hasPassword(_ text: String) -> Bool {
        if let rest = afterScheme(text) { return ConnectionURI(rest).hasSecrets }
        guard case .success(let pairs) = keywords(text) else { return Secrets.masked(text) != text }
        return pairs.contains { secretKeywords.contains($0.keyword) && !$0.isEmpty }
    }

    /// Looks for what libpq could not read. Never names a value, which might be a password.
    /// - Throws: what is wrong.
    package static func check(_ text: String) throws(ValueProblem) {
        if let rest = afterScheme(text) { return try ConnectionURI(rest).check() }
        let forms = "Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`."
        if text.contains("://"), !text.prefix(while: { $0 != ":" }).contains(where: { $0 == "=" || $0 == " " }) {
            let cure = text.hasPrefix("jdbc:") ? "Remove `jdbc:`; user and password go before the host." : forms
            throw ValueProblem(.malformedURI, reason: "its scheme is not `postgresql:`", cure: cure)
        }
        let pairs = try keywords(text).get()
        guard !pairs.isEmpty else { throw ValueProblem(.malformedURI, reason: "it is blank", cure: forms) }
    }

    /// What follows `postgresql://` or `postgres://`; nil for other texts.
    private static func afterScheme(_ text: String) -> Substring? {
        for scheme in ["postgresql://", "postgres://"] where text.hasPrefix(scheme) {
            return text.dropFirst(scheme.count)
        }
        return nil
    }

    private struct Pair {
        var keyword: String
        var written: String
        var isEmpty: Bool
    }

    /// `keyword = value`, `keyword='a \'quoted\' value'`.
    private static func keywords(_ text: String) -> Result<[Pair], ValueProblem> {
        func failure(_ reason: String) -> Result<[Pair], ValueProblem> {
            .failure(
                ValueProblem(
                    .malformedURI, reason: reason,
                    cure: "Write `postgresql://user@host:5432/database`, `host=… dbname=…` or `service=NAME`.",
                ))
        }
        var pairs: [Pair] = []
        var rest = text.drop(while: \.isWhitespace)
        while !rest.isEmpty {
            let keyword = rest.prefix { $0 != "=" && !$0.isWhitespace }
            rest = rest[keyword.endIndex...].drop(while: \.isWhitespace)
            guard rest.first == "=" else {
                // The word itself may be half a password.
                return failure("a `=` is missing in it")
            }
            guard keyword.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == "_" }), !keyword.isEmpty else {
                return failure("before a `=` stands no parameter's name")
            }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            let start = rest.startIndex
            let isQuoted = rest.first == "'"
            if isQuoted { rest = rest.dropFirst() }
            var isClosed = !isQuoted
            while let character = rest.first {
                if isQuoted ? character == "'" : character.isWhitespace {
                    if isQuoted { rest = rest.dropFirst() }
                    isClosed = true
                    break
                }
                rest = rest.dropFirst(character == "\\" ? 2 : 1)
            }
            guard isClosed else { return failure("a quoted value is not closed in it") }
            let value = text[start..<rest.startIndex]
            pairs.append(
                Pair(
                    keyword: String(keyword), written: "\(keyword)=\(value)", isEmpty: value.isEmpty || value == "''"))
            rest = rest.drop(while: \.isWhitespace)
        }
        return .success(pairs)
    }
}

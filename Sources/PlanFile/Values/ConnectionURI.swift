/// What follows the scheme of a libpq URI, cut into its pieces as libpq cuts it
/// (`conninfo_uri_parse_options` in fe-connect.c).
struct ConnectionURI {
    private var user: Substring?
    private var password: Substring?
    /// Hosts, ports and database.
    private var middle: Substring
    private var query: [Substring]

    init(_ rest: Substring) {
        var rest = rest
        // libpq looks for credentials up to the first `@` or `/`.
        if let mark = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[mark] == "@" {
            let credentials = rest[..<mark]
            user = credentials.prefix { $0 != ":" }
            if let colon = credentials.firstIndex(of: ":") { password = credentials[colon...].dropFirst() }
            rest = rest[mark...].dropFirst()
        }
        middle = rest.prefix { $0 != "?" }
        let parameters = rest[middle.endIndex...].dropFirst()
        query = parameters.isEmpty ? [] : parameters.split(separator: "&", omittingEmptySubsequences: false)
    }

    var text: String {
        let credentials = user.map { $0 + (password.map { ":" + $0 } ?? "") + "@" } ?? ""
        return credentials + middle + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    var hasSecrets: Bool { !(password ?? "").isEmpty || query.contains { Self.isSecret($0) && !$0.hasSuffix("=") } }

    mutating func removeSecrets() {
        password = nil
        if user?.isEmpty == true { user = nil }
        query.removeAll(where: Self.isSecret)
    }

    /// - Throws: what libpq would refuse, and a password that was not encoded, which libpq would misread.
    func check() throws(ValueProblem) {
        let encode = "Write `%40` for `@`, `%3A` for `:`, `%2F` for `/` and `%25` for `%` in user and password."
        let hosts = middle.prefix { $0 != "/" }
        guard !hosts.contains("@"), password?.contains(":") != true else {
            throw ValueProblem(.malformedURI, reason: "user or password hold a character to encode", cure: encode)
        }
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) { try Self.check(host, encode) }
        let pieces = [user, password, middle].compactMap(\.self) + query
        guard pieces.allSatisfy({ Self.decoded($0) != nil }) else {
            throw ValueProblem(
                .malformedURI, reason: "a `%` in it is not followed by two hexadecimal digits", cure: encode)
        }
        guard query.allSatisfy({ $0.count(where: { $0 == "=" }) == 1 && $0.first != "=" }) else {
            throw ValueProblem(
                .malformedURI, reason: "its parameters are not of the form `keyword=value`",
                cure: "Write `?sslmode=require&connect_timeout=10`.",
            )
        }
    }

    private static func check(_ host: Substring, _ encode: String) throws(ValueProblem) {
        var port = host
        if host.first == "[" {
            guard let bracket = host.firstIndex(of: "]") else {
                throw ValueProblem(.malformedURI, reason: "the `[` of an IPv6 address is not closed")
            }
            port = host[bracket...].dropFirst()
            guard port.isEmpty || port.first == ":" else {
                throw ValueProblem(.malformedURI, reason: "an IPv6 address is followed by something else than a port")
            }
        }
        guard let colon = port.firstIndex(of: ":") else { return }
        let digits = port[colon...].dropFirst()
        guard digits.isEmpty || Int(digits).map({ (1...65535).contains($0) }) == true else {
            // May be half a password with a `/` in it, so it is not shown.
            throw ValueProblem(.malformedURI, reason: "a port is not a number from 1 to 65535", cure: encode)
        }
    }

    private static func isSecret(_ parameter: Substring) -> Bool {
        decoded(parameter.prefix { $0 != "=" }).map { ConnectionText.secretKeywords.contains($0) } ?? true
    }

    /// `%41` as `A`; nil where a `%` has no two digits behind it, or stands for NUL.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let digitText = String(digits), digitText.allSatisfy(\.isASCIIHexDigit),
                let value = UInt8(digitText, radix: 16), value != 0
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

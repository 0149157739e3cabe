/// `source` and `target`
enum ServerSection {
    static let uri = Key(
        "uri", connection,
        "Where the database is: a libpq URI, keyword string or service. Keep the password out of the file: use "
            + "`${VARIABLE}`, `~/.pgpass` or a service.", required: true,
    )
    static let provider = Key(
        "provider", Shape<Plan.Provider>.choice(),
        "Who runs the server, which decides what its roles may do; `auto` finds out.", default: "auto",
    )

    static let keys = [uri.declared, provider.declared]
    static let shape = Shape<Plan.Server>.section(keys, partial: true, build: build)

    private static let text = Shape<String>.text(
        "a connection string", pattern: nil,
        examples: ["${SOURCE_URI}", "postgresql://user@host:5432/database", "service=production"],
    ) { text throws(ValueProblem) in text }

    /// What libpq could not read is reported without the text, any part of which may be a password.
    private static let connection = Shape<String>(wanted: text.wanted, schema: text.schema) { node, decoding in
        guard let value = text.decode(node, &decoding) else { return nil }
        do throws(ValueProblem) {
            try ConnectionText.check(value)
            return value
        } catch {
            let summary = "\(decoding.subject) is no connection string: \(error.reason)"
            decoding.report(Diagnostic(error.code, summary, cure: error.cure, at: node.location))
            return nil
        }
    }

    private static func build(_ fields: Fields, _ decoding: inout Decoding) -> Plan.Server? {
        let provider = decoding.read(provider, in: fields, default: .auto)
        guard let uri = decoding.read(uri, in: fields),
            case .scalar(let scalar) = fields.entries[Self.uri.name]?.value.content
        else { return nil }
        let written = (try? VariableText(scalar.expression ?? ""))?.written ?? ""
        if ConnectionText.hasPassword(scalar.expression == nil ? uri.value : written) {
            decoding.report(
                Diagnostic(
                    .passwordInFile, "a password is written in the plan",
                    detail: "Whoever reads the file can use it, and it stays in the history of the repository.",
                    cure: "Write the URI as `${\(decoding.path.joined().uppercased())_URI}`, or leave the password to "
                        + "`~/.pgpass` or a service.",
                    at: uri.location, severity: .warning,
                ))
        }
        return Plan.Server(uri: uri, uriExpression: scalar.expression, provider: provider)
    }
}

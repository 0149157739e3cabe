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

    private static let connection = Shape<String>.text(
        "a connection string", pattern: nil,
        examples: ["${SOURCE_URI}", "postgresql://user@host:5432/database", "service=production"],
    ) { text throws(ValueProblem) in
        try ConnectionText.check(text)
        return text
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
                    cure: "Write the URI as `${\(decoding.here.uppercased())_URI}`, or leave the password to "
                        + "`~/.pgpass` or a service.",
                    at: uri.location, severity: .warning,
                ))
        }
        return Plan.Server(uri: uri, uriExpression: scalar.expression, provider: provider)
    }
}

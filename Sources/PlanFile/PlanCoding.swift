/// A value that a saved plan's JSON holds as the text a plan file would have.
private protocol TextCodable: Codable {
    var codedText: String { get }
    init(parsing text: String) throws(ValueProblem)
}

extension TextCodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(codedText)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(ValueProblem) {
            try self.init(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`\(text)`: \(error.reason)")
        }
    }
}

extension PlanName: TextCodable { fileprivate var codedText: String { text } }
extension NamePattern: TextCodable { fileprivate var codedText: String { text } }
extension QualifiedNamePattern: TextCodable { fileprivate var codedText: String { text } }
extension PlanDuration: TextCodable { fileprivate var codedText: String { text } }
extension Plan.OrderedColumn: TextCodable { fileprivate var codedText: String { canonical } }
extension Plan.Identity.Choice: TextCodable { fileprivate var codedText: String { canonical } }

extension ByteCount: Codable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }

    package init(from decoder: any Decoder) throws {
        self.init(bytes: try decoder.singleValueContainer().decode(Int64.self))
    }
}

extension Plan {
    /// The plan without any password, fit to be saved. Where the file's own text held one, the expression that the
    /// URI came from is dropped with it.
    package func withoutPasswords() -> Plan {
        var plan = self
        plan.source = source.withoutPassword()
        plan.target = target.withoutPassword()
        return plan
    }

    /// A saved plan with the URIs made again from what the file said (`${SOURCE_URI}`), so that passwords come from
    /// the environment as they did at first. A URI whose variables are not set stays as it was saved: then libpq looks
    /// for the password in `PGPASSWORD`, `~/.pgpass` and the service.
    /// - Throws: where a variable's value is no connection string.
    package func resolvingURIs(environment: [String: String]) throws(DiagnosticsError) -> Plan {
        var plan = self
        var findings: [Diagnostic] = []
        plan.source = source.resolvingURI(environment, "source.uri", &findings)
        plan.target = target.resolvingURI(environment, "target.uri", &findings)
        guard findings.isEmpty else { throw DiagnosticsError(findings) }
        return plan
    }
}

extension Plan.Server {
    fileprivate func withoutPassword() -> Plan.Server {
        var server = self
        server.uri.value = ConnectionText.withoutPassword(uri.value)
        if let written = uriExpression.flatMap({ try? VariableText($0) })?.written,
            ConnectionText.hasPassword(written)
        {
            server.uriExpression = nil
        }
        return server
    }

    fileprivate func resolvingURI(
        _ environment: [String: String], _ key: String, _ findings: inout [Diagnostic],
    ) -> Plan.Server {
        guard let expression = uriExpression.flatMap({ try? VariableText($0) }),
            let text = try? expression.resolved(environment)
        else { return self }
        var server = self
        do throws(ValueProblem) {
            try ConnectionText.check(text)
            server.uri.value = text
        } catch {
            let summary = "`\(key)` takes a connection string: \(error.reason)"
            findings.append(Diagnostic(error.code, summary, cure: error.cure, at: uri.location))
        }
        return server
    }
}

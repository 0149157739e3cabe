package import PlanFile

/// One rule that compares plan, catalogs and machine. Its code is stable: documented, never reused.
///
/// Codes: `SK1xx` source server, `SK2xx` target server, `SK30x` tools, `SK31x` connections, `SK4xx` tables and schema,
/// `SK5xx` hypertables, `SK6xx` leftovers and state, `SK7xx` live mode only. (`SK0xx` are the plan file's.)
package struct Check: Sendable {
    package let code: String
    /// What is wrong when it strikes, as one line without full stop.
    package let title: String
    /// A paragraph for people: why the rule exists, and what to do.
    package let explanation: String
    private let look: @Sendable (CheckContext, inout Findings) -> Void

    init(
        _ code: String, _ title: String, _ explanation: String,
        look: @escaping @Sendable (CheckContext, inout Findings) -> Void,
    ) {
        self.code = code
        self.title = title
        self.explanation = explanation
        self.look = look
    }

    /// What the rule finds, in the catalogs' order.
    package func run(_ context: CheckContext) -> [Diagnostic] {
        var findings = Findings(code: code)
        look(context, &findings)
        return findings.diagnostics
    }
}

/// Collects what one check finds, all under its code.
struct Findings {
    private let code: String
    private(set) var diagnostics: [Diagnostic] = []

    init(code: String) { self.code = code }

    mutating func add(
        _ severity: Diagnostic.Severity, _ summary: String, why detail: String? = nil, cure: String? = nil,
        statement: String? = nil, object: String? = nil, at location: SourceLocation? = nil,
    ) {
        diagnostics.append(
            Diagnostic(
                severity, code, summary, detail: detail,
                cure: cure.map { Wording.sentence($0, leadsTo: statement) }, statement: statement, object: object,
                at: location,
            ))
    }
}

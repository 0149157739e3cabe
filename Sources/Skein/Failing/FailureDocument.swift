import PlanFile

/// What `--json` prints on stdout where a command has no result: one document, as for a result.
struct FailureDocument: Encodable {
    var exitCode: Int32
    var diagnostics: [Diagnostic]

    init(_ failure: CommandFailure) {
        exitCode = failure.exit.rawValue
        diagnostics = failure.diagnostics
    }
}

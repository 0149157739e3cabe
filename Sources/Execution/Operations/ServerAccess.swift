package import PlanFile
package import Planning
package import Postgres

/// A server's refusal, and which server it was.
package struct ServerRefusal: Error, Sendable {
    package var side: ConnectDiagnostics.Side
    /// `user@host:port/database`
    package var server: String
    package var error: PostgresError
}

/// One of a plan's two servers, for what an operation asks of it outside a run.
package struct ServerAccess: Sendable {
    private let side: ConnectDiagnostics.Side
    private let uri: Located<String>
    private let applicationName: String

    /// - Parameter purpose: what the session is called in `pg_stat_activity`, behind `skein/PLAN/`.
    package init(_ plan: Plan, _ side: ConnectDiagnostics.Side, purpose: String) {
        self.side = side
        uri = side == .source ? plan.source.uri : plan.target.uri
        applicationName = "skein/\(plan.name.value.text)/\(purpose)"
    }

    /// Connects, runs `body`, disconnects.
    /// - Throws: `DiagnosticsError` where the server cannot be reached; `ServerRefusal` for a `PostgresError` of `body`,
    ///   and whatever else it throws.
    package func run<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        let target = try connectionTarget()
        do {
            let session = Session(target, applicationName: applicationName)
            let value = try await session.run(body)
            await session.close()
            return value
        } catch PostgresError.connect(let message, let sqlState) {
            throw DiagnosticsError([
                ConnectDiagnostics.diagnose(
                    message: Secrets.masked(message), sqlState: sqlState, side: side, server: target.description,
                    at: uri.location)
            ])
        } catch let error as PostgresError {
            throw ServerRefusal(side: side, server: target.description, error: error)
        }
    }

    /// What libpq refuses to read, as a finding about the plan: its lines are not shown then, since a misspelt
    /// `password` hides what stands behind it from everybody who would mask it.
    private func connectionTarget() throws -> ConnectionTarget {
        do {
            return try ConnectionTarget(uri.value)
        } catch PostgresError.connect(let message, _) {
            throw DiagnosticsError([
                Diagnostic(
                    .error, PlanCode.malformedURI.rawValue,
                    "`\(side.rawValue).uri` is no connection string: \(Secrets.masked(message))",
                    cure: "PostgreSQL's documentation lists the parameters: libpq, \"Connection Strings\".",
                    at: uri.location)
            ])
        }
    }
}

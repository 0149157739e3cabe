import Postgres
import TestServers

/// Makes a login role without any rights, runs `body` with its name, drops the role with what it owns in `database`.
func withRole(
    _ name: String, options: String = "", in database: ConnectionTarget, _ body: (String) async throws -> Void,
) async throws {
    try await TestServers.execute("create role \(name) login \(options)", on: database)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(name))
    } catch {
        outcome = .failure(error)
    }
    try await TestServers.execute("drop owned by \(name)", "drop role \(name)", on: database)
    try outcome.get()
}

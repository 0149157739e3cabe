import Postgres
import TestServers
import Testing

/// The servers that a case is migrated to.
enum MatrixTarget: String, Sendable, CustomTestStringConvertible {
    case seventeen = "PostgreSQL 17"
    case eighteen = "PostgreSQL 18"

    var testDescription: String { rawValue }
    var server: ConnectionTarget {
        get throws { try self == .seventeen ? TestServers.requireTarget() : TestServers.requireTarget18() }
    }
    static let absence: Comment =
        "SKIPPED: no PostgreSQL 18 with TimescaleDB here (SKEIN_TEST_TARGET18), so nothing was migrated to it"
}

extension Migration {
    /// A migration of the matrix: migrates, and expects success.
    /// - Parameter body: is handed what `skein migrate` said.
    static func succeeding(
        _ prefix: String, _ sql: [String], plan: String = "", to target: MatrixTarget = .seventeen,
        _ body: (Migration, SkeinProcess.Result) async throws -> Void,
    ) async throws {
        try await with("matrix_" + prefix, sql: sql, plan: plan, targetServer: target.server) { migration in
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")
            try await body(migration, result)
        }
    }

    /// The first column of all rows.
    func onTarget(_ sql: String) async throws -> [String?] { try await TestServers.column(sql, on: target) }
    func onSource(_ sql: String) async throws -> [String?] { try await TestServers.column(sql, on: source) }
}

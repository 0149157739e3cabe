import Postgres
import TestServers
import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

/// Two real databases and a plan's text: reads both, compiles, runs the checks.
struct Rehearsal: Sendable {
    let source: ConnectionTarget
    let target: ConnectionTarget
    var plan: String
    var tableJobs = 4
    var longTransactionSeconds = 300

    /// Plan text of a migration of everything but the server's roles, with `more` added.
    static func plan(_ more: String = "", mode: String = "offline") -> String {
        """
        version: 1
        name: rehearsal
        mode: \(mode)
        source: {uri: postgres://source/iot}
        target: {uri: postgres://target/iot}
        roles: {migrate: false}
        \(more)
        """
    }

    /// - Throws: where the plan's text is no plan.
    func findings() async throws -> [Diagnostic] {
        let (plan, problems) = PlanLoader.load(text: plan, file: "plan.yaml", environment: [:])
        let decoded = try #require(plan, "\(problems)")
        let source = try await read(self.source)
        let target = try await read(self.target)
        let compilation = Compiler.compile(decoded, source: source, target: target)
        var jobs = compilation.graph.jobs
        (jobs.tableJobs, jobs.indexJobs) = (tableJobs, 2)
        return Checks.run(
            CheckContext(
                plan: decoded, source: source, target: target, selected: .init(compilation.selection), jobs: jobs,
                machine: Machine(dumpTools: [.pgDump(17)], dumpTool: .pgDump(17))))
    }

    /// Those of one code, worst first.
    func findings(_ code: String) async throws -> [Diagnostic] { try await findings().filter { $0.code == code } }

    private func read(_ server: ConnectionTarget) async throws -> Catalog {
        let options = CatalogReader.Options(longTransactionSeconds: longTransactionSeconds)
        return try await TestServers.withConnection(to: server) { try CatalogReader.read($0, options) }
    }
}

/// Runs `body` with two scratch databases on the shared servers.
func withDatabases<R>(
    source: [String] = [], target: [String] = [], withTimescaleDB: Bool = false,
    on targetServer: ConnectionTarget? = nil, sourceServer: ConnectionTarget? = nil,
    _ body: (ConnectionTarget, ConnectionTarget) async throws -> R,
) async throws -> R {
    let (from, to) = (
        try sourceServer ?? TestServers.requireSource(), try targetServer ?? TestServers.requireTarget()
    )
    return try await TestServers.withScratchDatabase(on: from, prefix: "checks_s", sql: source) { first in
        try await TestServers.withScratchDatabase(
            on: to, prefix: "checks_t", withTimescaleDB: withTimescaleDB, sql: target,
        ) { second in try await body(first, second) }
    }
}

/// Makes a login role, runs `body`, drops it with all its rights.
func withLogin<R>(_ name: String, on server: ConnectionTarget, _ body: () async throws -> R) async throws -> R {
    let administration = server.with(database: "postgres")
    try await TestServers.execute("create role \"\(name)\" login", on: administration)
    let outcome: Result<R, any Error>
    do {
        outcome = .success(try await body())
    } catch {
        outcome = .failure(error)
    }
    try await TestServers.execute("drop owned by \"\(name)\"", "drop role \"\(name)\"", on: administration)
    return try outcome.get()
}

import Foundation
import Postgres
import TestServers

/// One migration under test: two scratch databases, a folder with the plan, and the commands on it.
struct Migration: Sendable {
    let source: ConnectionTarget
    let target: ConnectionTarget
    /// Temporary; holds the plan and what processes said.
    let folder: String
    /// The plan's name.
    let name: String
    /// `offline` or `live`.
    var mode = "offline"
    /// Of every process of it.
    var environment: [String: String] = [:]

    var planFile: String { "\(folder)/plan.yaml" }

    /// Makes both databases and the plan file, runs `body`, removes all of it.
    /// - Parameters:
    ///   - prefix: of the scratch databases' names.
    ///   - sql: fills the source, each string an implicit transaction of its own, with `search_path` `public`.
    ///   - plan: YAML below `name`, `mode`, `source` and `target`.
    static func with<R>(
        _ prefix: String, sql: [String], plan: String = "", mode: String = "offline",
        sourceServer: ConnectionTarget? = nil,
        targetServer: ConnectionTarget? = nil, _ body: (Migration) async throws -> R,
    ) async throws -> R {
        let sourceServer = try sourceServer ?? TestServers.requireSource()
        let targetServer = try targetServer ?? TestServers.requireTarget()
        let folder = NSTemporaryDirectory() + "skein-\(prefix)-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await TestServers.withScratchDatabase(on: sourceServer, prefix: prefix + "_s", sql: sql) { source in
            try await TestServers.withScratchDatabase(on: targetServer, prefix: prefix + "_t") { target in
                let migration = Migration(
                    source: source, target: target, folder: folder, name: "\(prefix)-test", mode: mode)
                try migration.writePlan(plan)
                return try await body(migration)
            }
        }
    }

    /// Writes the plan file (again).
    /// - Parameters:
    ///   - more: without `roles`, no role is migrated: roles belong to the servers that all tests share.
    ///   - source: another source than the migration's own, as a connection string; `target` likewise.
    func writePlan(_ more: String, source: String? = nil, target: String? = nil) throws {
        let text = """
            version: 1
            name: \(name)
            mode: \(mode)
            source: {uri: "\(source ?? self.source.conninfoWithoutPassword)"}
            target: {uri: "\(target ?? self.target.conninfoWithoutPassword)"}
            \(more)
            \(more.contains("roles:") ? "" : "roles: {migrate: false}")

            """
        try text.write(toFile: planFile, atomically: true, encoding: .utf8)
    }

    /// Runs `skein COMMAND PLAN ARGUMENTS…` to its end.
    func skein(
        _ command: String, _ arguments: String..., environment: [String: String] = [:], atMost seconds: Double = 120,
    ) async throws -> SkeinProcess.Result {
        try await start(command, arguments, environment: environment).wait(atMost: seconds)
    }

    /// Starts `skein COMMAND PLAN ARGUMENTS…`.
    func start(
        _ command: String, _ arguments: [String] = [], environment: [String: String] = [:],
    ) throws -> SkeinProcess {
        try SkeinProcess(
            [command, planFile] + arguments, environment: self.environment.merging(environment) { $1 }, in: folder)
    }
}

package import Catalog
private import Foundation
package import PlanFile
package import Planning
private import Postgres

/// Both servers looked at for a plan, and what follows from it. Nothing is changed anywhere.
package struct Inspection: Sendable {
    package var source: Catalog
    package var target: Catalog
    package var selection: ResolvedSelection
    /// What the plan compiles to; not to be run where there are errors.
    package var compiled: MigrationGraph
    /// Everything found: selection, compiling, checks.
    package var diagnostics: [Diagnostic]
    /// The state of this very migration, where it has begun.
    package var record: MigrationRecord?
    /// Ids of its tasks that are done; nil where it has not begun.
    package var done: Set<String>?

    /// Nil where an error stands in the way.
    package var graph: MigrationGraph? { hasErrors ? nil : compiled }
    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension Inspection {
    /// What the source's and the target's catalogs come to for this plan.
    package var sourceFingerprint: Fingerprint { Fingerprint.source(source, selection) }
    package var targetFingerprint: Fingerprint { Fingerprint.target(target, selection) }

    /// The plan as `plan --out` saves it.
    package func saved(_ plan: Plan, _ graph: MigrationGraph, createdWith version: String) -> SavedPlan {
        SavedPlan(
            plan: plan, graph: graph, source: sourceFingerprint, target: targetFingerprint, createdWith: version)
    }
}

/// Reads both servers, once and side by side, and runs everything that needs no more than what they hold.
package enum Inspector {
    /// - Throws: `DiagnosticsError` where a server cannot be reached; what both say, not only the first.
    package static func inspect(_ plan: Plan) async throws -> Inspection {
        async let source = attempt { try await readSource(plan) }
        async let target = attempt { try await readTarget(plan) }
        switch try await (source, target) {
        case (.success(let catalog), .success(let (targetCatalog, state))):
            return assemble(plan, catalog, targetCatalog, state)
        case (let left, let right):
            throw DiagnosticsError(left.diagnostics + right.diagnostics)
        }
    }

    /// What the target's schema `skein` holds.
    struct State: Sendable {
        var record: MigrationRecord?
        var names: [String]
        var tasks: [TaskRecord]
    }

    /// Keeps what one server says apart, so that both are told.
    private static func attempt<R: Sendable>(
        _ body: @Sendable () async throws -> R,
    ) async throws -> Result<R, DiagnosticsError> {
        do {
            return .success(try await body())
        } catch let error as DiagnosticsError {
            return .failure(error)
        }
    }

    private static func readSource(_ plan: Plan) async throws -> Catalog {
        let options = CatalogReader.Options(histogramThreshold: Compiler.histogramThreshold(plan))
        return try await ServerAccess(plan, .source, purpose: "plan").run { try CatalogReader.read($0, options) }
    }

    private static func readTarget(_ plan: Plan) async throws -> (Catalog, State) {
        let name = plan.name.value.text
        return try await ServerAccess(plan, .target, purpose: "plan").run { connection in
            let catalog = try CatalogReader.read(connection, CatalogReader.Options(readsStatistics: false))
            let store = StateStore(connection)
            let record = try store.migration(named: name)
            let tasks = try record.map { try TaskStore(connection, migration: $0.id).all() } ?? []
            return (catalog, State(record: record, names: try store.names(), tasks: tasks))
        }
    }

    private static func assemble(_ plan: Plan, _ source: Catalog, _ target: Catalog, _ state: State) -> Inspection {
        let compilation = Compiler.compile(plan, source: source, target: target)
        let selection = compilation.selection
        // A migration that has begun is done as it was compiled then.
        let graph = state.record.map { MigrationGraph($0.decisions, state.tasks) } ?? compilation.graph
        let tools = PgDumpTool.installed()
        let chosen = PgDumpTool.choose(
            tools, source: source.server.versionNumber / 10_000, target: target.server.versionNumber / 10_000)
        let machine = Machine(
            dumpTools: tools.map(\.forChecks), dumpTool: chosen?.forChecks, hasOwnState: state.record != nil,
            otherMigrations: state.names.filter { $0 != plan.name.value.text }, now: Date().timeIntervalSince1970)
        let context = CheckContext(
            plan: plan, source: source, target: target, selected: CheckContext.Selected(selection),
            jobs: graph.jobs, machine: machine, access: compilation.graph.access ?? AccessDecision())
        let diagnostics = compilation.diagnostics + Checks.run(context)
        return Inspection(
            source: source, target: target, selection: selection, compiled: graph, diagnostics: diagnostics,
            record: state.record,
            done: state.record.map { _ in Set(state.tasks.filter { $0.state == .done }.map(\.task.id)) })
    }
}

extension Result where Failure == DiagnosticsError {
    fileprivate var diagnostics: [Diagnostic] {
        if case .failure(let error) = self { error.diagnostics } else { [] }
    }
}

extension MigrationGraph {
    fileprivate init(_ decisions: Decisions, _ records: [TaskRecord]) {
        self.init(
            tasks: records.map(\.task), tables: decisions.tables, jobs: decisions.jobs,
            exclusions: decisions.exclusions, following: decisions.following, access: decisions.access)
    }
}

extension PgDumpTool {
    fileprivate var forChecks: Machine.DumpTool { Machine.DumpTool(path: path, version: version, major: major) }
}

extension ServerIdentity {
    /// Of a server whose catalog was read.
    package init(_ server: Catalog.Server) {
        self.init(
            systemIdentifier: server.systemIdentifier, timeline: server.timeline, database: server.database,
            version: server.versionNumber)
    }
}

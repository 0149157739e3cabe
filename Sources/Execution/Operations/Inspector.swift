package import Catalog
package import PlanFile
package import Planning
private import Postgres

/// Both servers looked at for a plan, and what follows from it. Nothing is changed anywhere.
package struct Inspection: Sendable {
    package var source: Catalog
    package var target: Catalog
    package var selection: ResolvedSelection
    /// Nil where an error stands in the way of compiling.
    package var graph: MigrationGraph?
    /// Everything found: selection, compiling, checks.
    package var diagnostics: [Diagnostic]
    /// The state of this very migration, where it has begun.
    package var record: MigrationRecord?

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads both servers, once and side by side, and runs everything that needs no more than what they hold.
package enum Inspector {
    /// - Throws: `DiagnosticsError` where a server cannot be reached; what both say, not only the first.
    package static func inspect(_ plan: Plan) async throws -> Inspection {
        async let source = read(plan, .source)
        async let target = read(plan, .target)
        let (sourceSide, targetSide) = try await (source, target)
        var failures: [Diagnostic] = []
        for case .unreachable(let diagnostic) in [sourceSide, targetSide] { failures.append(diagnostic) }
        guard case .read(let sourceCatalog, _) = sourceSide, case .read(let targetCatalog, let state) = targetSide else {
            throw DiagnosticsError(failures)
        }
        return assemble(plan, sourceCatalog, targetCatalog, state)
    }

    /// What the target's schema `skein` holds.
    struct State: Sendable {
        var record: MigrationRecord?
        var names: [String]
    }

    private enum Side: Sendable {
        case read(Catalog, State)
        case unreachable(Diagnostic)
    }

    private static func read(_ plan: Plan, _ side: ConnectDiagnostics.Side) async throws -> Side {
        let server = side == .source ? plan.source : plan.target
        var shown = side.rawValue
        do {
            let target = try ConnectionTarget(server.uri.value)
            shown = target.description
            let session = Session(target, applicationName: "skein/\(plan.name.value.text)/plan")
            let name = plan.name.value.text
            let result = try await session.run { connection in
                let catalog = try CatalogReader.read(
                    connection, CatalogReader.Options(readsStatistics: side == .source))
                guard side == .target else { return Side.read(catalog, State(record: nil, names: [])) }
                let store = StateStore(connection)
                return Side.read(
                    catalog, State(record: try store.migration(named: name), names: try store.names()))
            }
            await session.close()
            return result
        } catch PostgresError.connect(let message, let sqlState) {
            return .unreachable(
                ConnectDiagnostics.diagnose(
                    message: message, sqlState: sqlState, side: side, server: shown, at: server.uri.location))
        }
    }

    private static func assemble(_ plan: Plan, _ source: Catalog, _ target: Catalog, _ state: State) -> Inspection {
        let compilation = Compiler.compile(plan, source: source, target: target)
        let (graph, selection) = (compilation.graph, compilation.selection)
        let tools = PgDumpTool.installed()
        let chosen = PgDumpTool.choose(
            tools, source: source.server.versionNumber / 10_000, target: target.server.versionNumber / 10_000)
        let machine = Machine(
            dumpTools: tools.map(\.forChecks), dumpTool: chosen?.forChecks, hasOwnState: state.record != nil,
            otherMigrations: state.names.filter { $0 != plan.name.value.text })
        let context = CheckContext(
            plan: plan, source: source, target: target, selected: CheckContext.Selected(selection),
            jobs: graph.jobs, machine: machine)
        let diagnostics = compilation.diagnostics + Checks.run(context)
        return Inspection(
            source: source, target: target, selection: selection,
            graph: diagnostics.contains { $0.severity == .error } ? nil : graph, diagnostics: diagnostics,
            record: state.record)
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

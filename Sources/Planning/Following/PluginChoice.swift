internal import Catalog
internal import PlanFile

/// Which output plugin reads the source's WAL, and why.
///
/// `auto` takes pgoutput wherever publications can be made: it is built in, exact and the fastest. Else test_decoding,
/// which needs none. wal2json comes last: before 2.6 it writes NaN and infinity as NULL, and no catalog tells its
/// version.
///
/// Hypertables of a TimescaleDB source are never published: their chunks hold the rows, and those made later would be
/// missing without a word.
struct PluginChoice {
    /// Never `auto`.
    let plugin: Plan.Plugin
    let why: String
    /// Why publications cannot be made, in words; nil where they can.
    let obstacle: String?

    /// - Parameters:
    ///   - tables: those that are followed.
    ///   - hasHypertables: some of them are hypertables of the source.
    init(_ choice: Plan.Plugin, server: Catalog.Server, tables: [Catalog.Relation], hasHypertables: Bool = false) {
        let obstacle =
            hasHypertables ? "pgoutput would miss chunks that are made later" : Self.obstacle(server, tables)
        self.obstacle = obstacle
        guard choice == .auto else {
            (plugin, why) = (choice, "the plan says so")
            return
        }
        let allowed = server.list("output_plugin_libraries")
        func isAllowed(_ plugin: Plan.Plugin) -> Bool { allowed?.contains(plugin.rawValue) ?? true }
        if obstacle == nil, isAllowed(.pgoutput) {
            (plugin, why) = (.pgoutput, "built into PostgreSQL, and publications can be made")
            return
        }
        let reason = obstacle ?? "the server does not allow pgoutput"
        if let other = [Plan.Plugin.testDecoding, .wal2json].first(where: isAllowed) {
            (plugin, why) = (other, reason)
        } else {
            (plugin, why) = (.pgoutput, "the server allows no other")
        }
    }

    private static func obstacle(_ server: Catalog.Server, _ tables: [Catalog.Relation]) -> String? {
        if server.major < 10 { return "PostgreSQL \(server.major) has no publications" }
        guard !server.isSuperuser else { return nil }
        let role = "role \(QualifiedName.quotedIfNeeded(server.user))"
        if !server.canCreateInDatabase { return "\(role) may not make publications in the source database" }
        let foreign = server.notOwned(of: tables).count
        return foreign > 0 ? "\(role) may not publish \(Wording.count(foreign, "table")), which others own" : nil
    }
}

extension Catalog.Server {
    /// Those of the tables that the connected role may not alter or publish: neither it nor a role that it is a member
    /// of owns them.
    func notOwned(of tables: [Catalog.Relation]) -> [Catalog.Relation] {
        if isSuperuser { return [] }
        let own = Set(roleMemberships + [user])
        return tables.filter { !own.contains($0.owner) }
    }
}

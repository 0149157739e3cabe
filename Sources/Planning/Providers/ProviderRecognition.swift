internal import Catalog
internal import PlanFile

/// Who runs a server, and why we think so.
struct RecognisedProvider: Sendable {
    /// What holds for the migration: what the plan says, else what the server shows.
    let profile: ProviderProfile
    /// What the server itself looks like, whatever the plan says.
    let seen: ProviderProfile
    /// What of the server makes it look like `seen`: `role rdsadmin`.
    let signs: [String]
    /// Whether the plan names the provider.
    let isSaid: Bool

    /// - Parameter said: the plan's `provider`.
    init(_ said: Plan.Provider, _ catalog: Catalog) {
        // The narrowest first: Aurora shows all that RDS shows, and services run TimescaleDB.
        let candidates = [ProviderProfile.aurora, .rds, .mst, .tigerCloud, .timescaledb]
        let signs = candidates.map { ServerSigns(catalog).of($0.provider) }
        let position = signs.firstIndex { !$0.isEmpty }
        seen = position.map { candidates[$0] } ?? .postgres
        self.signs = position.map { signs[$0] } ?? []
        isSaid = said != .auto
        profile = isSaid ? ProviderProfile.of(said) : seen
    }

    /// Why, in a few words.
    var why: String {
        guard !isSaid || profile == seen, !signs.isEmpty else {
            return isSaid ? "the plan says so" : "nothing of a managed service shows"
        }
        return Wording.list(signs, limit: 4)
    }

    /// Whether the plan says one place and the server shows another. Self-hosted with and without TimescaleDB is one.
    var isContradicted: Bool { isSaid && profile != seen && (profile.isManaged || seen.isManaged) }
}

/// What a server shows of those who run it.
private struct ServerSigns {
    let server: Catalog.Server
    let extensions: Set<String>

    init(_ catalog: Catalog) {
        server = catalog.server
        extensions = Set(catalog.extensions.map(\.name))
    }

    func of(_ provider: Plan.Provider) -> [String] {
        // No service makes its customers superusers; whoever is one has a server of his own, whatever its roles' names.
        if server.isSuperuser, ProviderProfile.of(provider).isManaged { return [] }
        return switch provider {
        case .aurora:
            // `rds.*` and the roles are RDS's too; these are not.
            functions(["aurora_version"]) + settings("aurora_") + settings("apg_") + available("aurora_stat_utils")
        case .rds: roles(["rdsadmin", "rds_superuser"]) + settings("rds.")
        case .mst: roles(["_aiven", "avnadmin"]) + settings("aiven.") + available("aiven_extras")
        case .tigerCloud:
            settings("tsdb_admin.") + roles(["tsdbadmin", "tsdbowner"]) + available("timescaledb_osm")
        case .timescaledb:
            extensions.contains("timescaledb")
                ? ["extension timescaledb"]
                : server.settings.keys.contains { $0.hasPrefix("timescaledb.") } ? ["timescaledb is preloaded"] : []
        case .auto, .postgres: []
        }
    }

    private func roles(_ names: [String]) -> [String] {
        names.filter { server.roles.contains($0) }.map { "role \($0)" }
    }

    /// One for all of a prefix.
    private func settings(_ prefix: String) -> [String] {
        server.settings.keys.filter { $0.hasPrefix(prefix) }.min().map { ["setting \($0)"] } ?? []
    }

    private func functions(_ names: [String]) -> [String] {
        names.filter { server.providerFunctions.contains($0) }.map { "function \($0)()" }
    }

    private func available(_ name: String) -> [String] {
        extensions.contains(name) || server.availableExtensions[name] != nil ? ["extension \(name)"] : []
    }
}

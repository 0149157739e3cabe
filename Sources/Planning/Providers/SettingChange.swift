internal import Catalog
internal import PlanFile

/// How one setting of a server is changed at the place where it runs: the end of a cure, and what can be pasted.
struct SettingChange {
    /// When a new value is in force.
    enum Effect: String {
        case reload, restart
    }

    /// As a cure ends: `run on the source as a superuser, then restart the server`.
    let cure: String
    let statement: String?

    /// - Parameters:
    ///   - value: as `alter system set` takes it, quoted where it must be.
    ///   - bare: the same for consoles, where they take no units.
    init(
        _ name: String, to value: String, bare: String? = nil, _ effect: Effect, at profile: ProviderProfile,
        on side: Side,
    ) {
        let (thereName, thereValue) = profile.settingAliases[name] ?? (name, bare ?? Self.plain(value))
        let isStatic = effect == .restart
        switch profile.settingsPlace {
        case .alterSystem:
            cure =
                "run on the \(side) as a superuser, then "
                + (isStatic ? "restart the server" : "reload it (`select pg_reload_conf()`)")
            statement = "alter system set \(name) = \(value);"
        case .parameterGroup(let isCluster):
            let group = isCluster ? "DB cluster parameter group" : "DB parameter group"
            let machine = isCluster ? "the writer instance" : "the instance"
            cure =
                "set \(thereName) = \(thereValue) in the \(side)'s \(group)"
                + (isStatic ? " and reboot \(machine)" : "; it is in force at once")
                + " (GROUP below is its name; not one of the default groups, which cannot be changed)"
            statement = Self.amazonCommand(thereName, thereValue, isStatic: isStatic, isCluster: isCluster)
        case .console where profile.settingsOfTheService.contains(name):
            cure = "\(name) follows from the plan of the service there: choose a larger one, or ask the support"
            statement = nil
        case .console(let console, let command):
            cure =
                "set \(thereName) = \(thereValue) in \(console)"
                + (isStatic ? "; the service restarts" : "") + (command == nil ? "" : ", or with the command below")
            statement = command.map { Self.filled($0, thereName, thereValue) }
        }
    }

    private static func amazonCommand(_ name: String, _ value: String, isStatic: Bool, isCluster: Bool) -> String {
        let word = isCluster ? "db-cluster-parameter-group" : "db-parameter-group"
        let method = isStatic ? "pending-reboot" : "immediate"
        // A value with commas is one only in quotes, of JSON for the command within those of the shell.
        let quoted = value.contains(",") ? "'\"\(value)\"'" : value
        return "aws rds modify-\(word) --\(word)-name GROUP --parameters "
            + "ParameterName=\(name),ParameterValue=\(quoted),ApplyMethod=\(method)"
    }

    private static func filled(_ command: String, _ name: String, _ value: String) -> String {
        var text = command
        if let range = text.firstRange(of: "%name") { text.replaceSubrange(range, with: name) }
        if let range = text.firstRange(of: "%value") {
            text.replaceSubrange(range, with: value.contains(" ") ? "'\(value)'" : value)
        }
        return text
    }

    /// Without the quotes of SQL: consoles take values bare.
    private static func plain(_ value: String) -> String { value.filter { $0 != "'" } }
}

extension ProviderProfile {
    /// Who does there what a superuser does elsewhere.
    var strongestRole: String {
        switch provider {
        case .rds, .aurora: "the master user"
        case .mst, .tigerCloud: administrators.first ?? "the service's administrator"
        case .auto, .postgres, .timescaledb: "a superuser"
        }
    }

    /// Whether the connected role is that one.
    func isAdministrator(_ server: Catalog.Server) -> Bool {
        server.isSuperuser
            || administrators.contains { $0 == server.user || server.roleMemberships.contains($0) }
    }
}

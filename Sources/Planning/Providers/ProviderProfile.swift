package import PlanFile

/// Who runs a server, and what that decides: how settings are changed, what a customer's role may do, and what is the
/// provider's own. Data; all profiles lie in `ProviderProfiles.swift`.
package struct ProviderProfile: Sendable, Equatable {
    /// An attribute of a role that a service may keep to itself.
    package enum RoleAttribute: String, Sendable, CaseIterable { case superuser, replication, bypassrls }

    /// Where a setting of the whole server is changed.
    package enum SettingsPlace: Sendable, Equatable {
        /// `alter system`, then a reload or a restart.
        case alterSystem
        /// A parameter group of Amazon: an instance's, or a cluster's.
        case parameterGroup(cluster: Bool)
        /// The service's console: its name, and a command that does the same, with `%name` and `%value` in it.
        case console(String, command: String?)
    }

    /// Never `auto`.
    package let provider: Plan.Provider
    /// `Amazon RDS`
    package let name: String
    package let settingsPlace: SettingsPlace
    /// Settings that have another name there: PostgreSQL's name to what is set instead.
    package let settingAliases: [String: (name: String, value: String)]
    /// Settings of which the service's own answer is the only one: they follow from the size of the service.
    package let settingsOfTheService: Set<String>
    /// The strongest role that customers have, of which the role that migrates is, or should be a member. Empty where
    /// it is a superuser.
    package let administrators: [String]
    /// Membership in it stands for the attribute REPLICATION, which cannot be given.
    package let replicationRole: String?
    /// What no role of a customer's may have.
    package let withheldAttributes: Set<RoleAttribute>
    /// Roles, schemas, extensions and databases that the provider makes: patterns with `*`.
    let rolePatterns: [String]
    let schemaPatterns: [String]
    let extensionPatterns: [String]
    let databasePatterns: [String]
    package let hasTablespaces: Bool
    /// Whether the output plugin is installed; nil where nobody but the machine's owner knows.
    package let hasWal2json: Bool?

    /// Whether customers get no superuser.
    package var isManaged: Bool { withheldAttributes.contains(.superuser) }
    package func owns(role: String) -> Bool { Self.matches(role, rolePatterns) }
    package func owns(schema: String) -> Bool { Self.matches(schema, schemaPatterns) }
    package func owns(extension name: String) -> Bool { Self.matches(name, extensionPatterns) }
    package func owns(database: String) -> Bool { Self.matches(database, databasePatterns) }
    package func mayHave(_ attribute: RoleAttribute) -> Bool { !withheldAttributes.contains(attribute) }

    private static func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { pattern in
            pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.provider == right.provider }
}

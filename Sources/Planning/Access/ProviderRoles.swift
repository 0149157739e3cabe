package import Catalog
internal import PlanFile

/// What of a server's roles is its provider's: never made, altered or left to a migration.
package struct ProviderRoles: Sendable, Equatable {
    /// Names of the provider's roles, with wildcards.
    private var patterns: [NamePattern]
    /// What roles cannot have there, whatever the connected role may do elsewhere.
    package var withheld: Set<Catalog.RoleAttribute>

    /// - Parameter names: with `*` and `?` as wildcards.
    package init(names: [String], withheld: Set<Catalog.RoleAttribute> = []) {
        patterns = names.compactMap { try? NamePattern(parsing: $0) }
        self.withheld = withheld
    }

    /// What a place's profile says.
    init(_ profile: ProviderProfile) {
        self.init(
            names: profile.rolePatterns,
            withheld: Set(profile.withheldAttributes.compactMap { Catalog.RoleAttribute(rawValue: $0.rawValue) }))
    }

    package func owns(_ role: String) -> Bool { patterns.contains { $0.matches(role) } }

    /// The names that known services use: what a plan may exclude whether or not the source has them.
    package static let standard = ProviderRoles(names: [
        "rds_*", "rdsadmin", "rdsrepladmin", "rdsproxyadmin", "rdstopmgr", "rdswriteforwarduser", "aws_*", "azure_*",
        "azuresu", "cloudsql*", "alloydb*", "pg_*", "tsdbadmin", "tsdbexplorer", "tsdbowner", "avnadmin", "_aiven*",
    ])
}

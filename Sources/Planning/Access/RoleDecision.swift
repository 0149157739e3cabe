package import Catalog

/// What of the source's roles is made on the target. Saved with the state: passwords are in none of it.
package struct RolesDecision: Sendable, Codable, Equatable {
    package var roles: [RoleDecision] = []
    package var memberships: [Catalog.Membership] = []
    package var leftOut: [LeftOut] = []
    package var takesPasswords = false

    package init() {}

    /// Whether there is anything to do on the target.
    package var isEmpty: Bool { roles.isEmpty && memberships.isEmpty }
}

/// One role as the target gets it.
package struct RoleDecision: Sendable, Codable, Equatable {
    package var role: Catalog.Role
    /// What it has on the source and does not get, each with the reason.
    package var lowered: [LeftOut] = []
    /// Its own settings, for all databases and for this one.
    package var settings: [Catalog.StoredSetting] = []
    package var existed: Bool
    /// What is changed of the one that is there; empty where it is made.
    package var differences: [String] = []

    package init(role: Catalog.Role, existed: Bool) {
        self.role = role
        self.existed = existed
    }
}

/// Something that is not taken along, and why.
package struct LeftOut: Sendable, Codable, Equatable {
    /// `role rdsadmin`, `membership of app in rds_superuser`, `SUPERUSER`.
    package var what: String
    package var why: String
    package init(_ what: String, _ why: String) {
        self.what = what
        self.why = why
    }
}

/// What of roles, owners and privileges a migration applies. A part of the graph's decisions.
package struct AccessDecision: Sendable, Codable, Equatable {
    /// Nil where the plan migrates none.
    package var roles: RolesDecision?
    /// Of the database itself.
    package var database: DatabaseDecision?
    /// By owner, objects that go over to them; nil where the plan keeps no owners.
    package var owners: [String: Int]?
    /// Rights by kind of object; nil where the plan keeps no privileges.
    package var privileges: [String: Int]?
    /// Roles that own something or have rights, and will not be on the target: the number of objects.
    package var missingRoles: [String: Int] = [:]
    /// Roles of the source that are its provider's, which the target need not have.
    package var providerRoles: [String] = []

    package init() {}
}

/// What `alter database … set` and `comment on database` say on the source, as far as the target takes it over.
package struct DatabaseDecision: Sendable, Codable, Equatable {
    package var settings: [Catalog.StoredSetting] = []
    package var comment: String?
    package var leftOut: [LeftOut] = []
    package init() {}
    package var isEmpty: Bool { settings.isEmpty && comment == nil }
}

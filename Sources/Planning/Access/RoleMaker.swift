package import Catalog

/// What the role that Skein connects to the target with may do about roles there.
package struct RoleMaker: Sendable, Equatable {
    package var name: String
    package var isSuperuser: Bool
    /// `server_version_num`.
    package var version: Int
    private var own: Set<Catalog.RoleAttribute>
    private var withheld: Set<Catalog.RoleAttribute>

    package init(_ server: Catalog.Server, _ access: Catalog.Access, provider: ProviderRoles = ProviderRoles(names: []))
    {
        self.init(
            name: server.user, isSuperuser: server.isSuperuser, version: server.versionNumber,
            own: access.roles.first { $0.name == server.user }?.attributes ?? [], withheld: provider.withheld)
    }

    package init(
        name: String, isSuperuser: Bool, version: Int, own: Set<Catalog.RoleAttribute>,
        withheld: Set<Catalog.RoleAttribute> = [],
    ) {
        self.name = name
        self.isSuperuser = isSuperuser
        self.version = version
        self.own = own
        self.withheld = withheld
    }

    package var mayCreateRoles: Bool { isSuperuser || own.contains(.createrole) }

    /// Why a role cannot get an attribute; nil where it can. Since PostgreSQL 16 a role gives with CREATEROLE only what it
    /// has itself; before, superusers alone gave SUPERUSER, REPLICATION and BYPASSRLS.
    package func refusal(_ attribute: Catalog.RoleAttribute) -> String? {
        if withheld.contains(attribute) { return "the target's provider gives it to nobody" }
        guard !isSuperuser else { return nil }
        switch attribute {
        case .login, .inherit, .createrole: return nil
        case .superuser: return "only a superuser gives it"
        case .replication, .bypassrls:
            if version >= 160_000, own.contains(attribute) { return nil }
            return version >= 160_000 ? "\(name) does not have it itself" : "only a superuser gives it"
        case .createdb:
            return version < 160_000 || own.contains(.createdb) ? nil : "\(name) does not have it itself"
        }
    }
}

internal import Catalog
internal import Planning
internal import Postgres

/// The target's roles as they are now, and what the connected one may do.
struct TargetRoles {
    var access: Catalog.Access
    var maker: RoleMaker
    /// Names of all, the server's own too.
    var names: Set<String>
    var database: String

    /// Outside a transaction.
    static func read(_ target: Connection) throws -> TargetRoles {
        let access = try CatalogReader.readAccess(target)
        let rows = try target.query(
            """
            select r.rolname, r.rolsuper, pg_catalog.current_database()
            from pg_catalog.pg_roles r where r.rolname = current_user
            """)
        let user = rows.text(0, 0)
        let all = try target.query("select rolname from pg_catalog.pg_roles")
        return TargetRoles(
            access: access,
            maker: RoleMaker(
                name: user, isSuperuser: rows.bool(0, 1), version: target.serverVersion,
                own: access.roles.first { $0.name == user }?.attributes ?? []),
            names: Set(all.indices.map { all.text($0, 0) }), database: rows.text(0, 2))
    }
}

internal import Catalog

/// PostgreSQL's own rules about privileges, as `acldefault` and `GRANT` know them.
enum PrivilegeRules {
    /// How `grant … on` calls a kind of object; nil where the kind has no privileges.
    static func word(_ kind: Catalog.SecuredKind) -> String? {
        switch kind {
        case .table, .view, .materializedView, .foreignTable: "table"
        case .database, .schema, .sequence, .routine, .type, .language: kind.rawValue
        case .foreignDataWrapper: "foreign data wrapper"
        case .server: "foreign server"
        case .largeObject: "large object"
        default: nil
        }
    }

    /// All rights that a version knows for a kind, those of its owner.
    static func all(_ kind: Catalog.SecuredKind, version: Int) -> Set<String> {
        switch kind {
        case .table, .view, .materializedView, .foreignTable:
            Set(["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"])
                .union(version >= 170_000 ? ["MAINTAIN"] : [])
        case .sequence: ["USAGE", "SELECT", "UPDATE"]
        case .database: ["CREATE", "CONNECT", "TEMPORARY"]
        case .schema: ["CREATE", "USAGE"]
        case .routine: ["EXECUTE"]
        case .type, .language, .foreignDataWrapper, .server: ["USAGE"]
        case .largeObject: ["SELECT", "UPDATE"]
        default: []
        }
    }

    /// What PUBLIC has where nothing was granted or revoked.
    static func ofPublic(_ kind: Catalog.SecuredKind) -> Set<String> {
        switch kind {
        case .database: ["CONNECT", "TEMPORARY"]
        case .routine: ["EXECUTE"]
        case .type, .language: ["USAGE"]
        default: []
        }
    }

    /// What an object has where nothing was granted or revoked.
    static func defaults(_ kind: Catalog.SecuredKind, owner: String, version: Int) -> Set<Catalog.Privilege> {
        var result = Set(
            all(kind, version: version).map { Catalog.Privilege(grantee: owner, grantor: owner, name: $0) })
        for name in ofPublic(kind) { result.insert(.init(grantee: nil, grantor: owner, name: name)) }
        return result
    }

    /// What `initdb` left schema `public` with, which pg_dump takes for nothing granted.
    static func initialPublicSchema(owner: String, version: Int) -> Set<Catalog.Privilege> {
        var result = defaults(.schema, owner: owner, version: version)
        for name in version >= 150_000 ? ["USAGE"] : ["USAGE", "CREATE"] {
            result.insert(.init(grantee: nil, grantor: owner, name: name))
        }
        return result
    }

    /// Rights that one version knows and another does not.
    static func unknown(_ kind: Catalog.SecuredKind, to version: Int, from other: Int) -> Set<String> {
        all(kind, version: other).subtracting(all(kind, version: version))
    }
}

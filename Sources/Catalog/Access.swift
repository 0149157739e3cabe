extension Catalog {
    /// Roles, what belongs to whom, and who may do what: of the server the roles, of the database all else.
    package struct Access: Sendable, Codable, Equatable {
        /// Without the server's own (`pg_…`). Sorted by name.
        package var roles: [Role] = []
        package var memberships: [Membership] = []
        /// Of roles, of the database, and of roles in the database.
        package var settings: [StoredSetting] = []
        /// The database itself and everything in it that has an owner; large objects excepted. Sorted by kind and name.
        package var objects: [Secured] = []
        package var defaults: [DefaultPrivileges] = []
        package var databaseComment: String?
        /// Large objects by owner.
        package var largeObjects: [String: Int] = [:]
        /// Large objects that have grants.
        package var grantedLargeObjects = 0
        /// Whether the connected role may read the roles' password hashes.
        package var canReadPasswords = false

        package init() {}
    }

    package struct Role: Sendable, Codable, Equatable {
        package enum Password: String, Sendable, Codable {
            case none, md5, scram
        }
        package var name: String
        package var attributes: Set<RoleAttribute>
        /// -1: none.
        package var connectionLimit: Int
        /// A timestamp in UTC, or `infinity`.
        package var validUntil: String?
        package var comment: String?
        /// The superuser that `initdb` made.
        package var isFirst = false
        /// What kind of hash the server keeps; nil where the connected role may not see it. Never the hash.
        package var password: Password?

        package init(
            name: String, attributes: Set<RoleAttribute>, connectionLimit: Int = -1, validUntil: String? = nil,
            comment: String? = nil, isFirst: Bool = false, password: Password? = nil,
        ) {
            self.name = name
            self.attributes = attributes
            self.connectionLimit = connectionLimit
            self.validUntil = validUntil
            self.comment = comment
            self.isFirst = isFirst
            self.password = password
        }
    }

    /// As `create role` spells it.
    package enum RoleAttribute: String, Sendable, Codable, CaseIterable, Comparable {
        case superuser, createdb, createrole, inherit, login, replication, bypassrls

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    package struct Membership: Sendable, Codable, Hashable {
        package var role: String
        package var member: String
        package var grantor: String?
        package var isAdmin: Bool
        /// Nil before PostgreSQL 16, where the member's own INHERIT decides.
        package var inherits: Bool?
        /// Nil before PostgreSQL 16, where every member may `set role`.
        package var maySet: Bool?

        package init(
            role: String, member: String, grantor: String? = nil, isAdmin: Bool = false, inherits: Bool? = nil,
            maySet: Bool? = nil,
        ) {
            self.role = role
            self.member = member
            self.grantor = grantor
            self.isAdmin = isAdmin
            self.inherits = inherits
            self.maySet = maySet
        }
    }

    /// A row's element of `pg_db_role_setting`.
    package struct StoredSetting: Sendable, Codable, Hashable {
        /// Nil: of the database, for all roles.
        package var role: String?
        /// In this database only.
        package var isOfDatabase: Bool
        package var name: String
        /// As the server keeps it.
        package var value: String

        package init(role: String?, isOfDatabase: Bool, name: String, value: String) {
            self.role = role
            self.isOfDatabase = isOfDatabase
            self.name = name
            self.value = value
        }
    }

    /// Something that has an owner, and mostly privileges.
    package struct Secured: Sendable, Codable, Equatable {
        package var id: ObjectID
        package var kind: SecuredKind
        /// As SQL writes it, with its schema and its arguments; of a database, its quoted name.
        package var name: String
        package var schema: String?
        package var owner: String
        /// A sequence that follows its table's owner.
        package var followsTable = false
        /// Nil: the kind's own defaults. Columns' entries not included.
        package var privileges: [Privilege]?
        package var columnPrivileges: [Privilege] = []

        package init(
            id: ObjectID, kind: SecuredKind, name: String, schema: String?, owner: String, followsTable: Bool = false,
            privileges: [Privilege]? = nil, columnPrivileges: [Privilege] = [],
        ) {
            self.id = id
            self.kind = kind
            self.name = name
            self.schema = schema
            self.owner = owner
            self.followsTable = followsTable
            self.privileges = privileges
            self.columnPrivileges = columnPrivileges
        }
    }

    /// As `alter … owner to` calls it.
    package enum SecuredKind: String, Sendable, Codable, CaseIterable {
        case database, schema, table, view, sequence, routine, type, language, server, collation, conversion
        case materializedView = "materialized view"
        case foreignTable = "foreign table"
        case foreignDataWrapper = "foreign data wrapper"
        case `operator`
        case operatorClass = "operator class"
        case operatorFamily = "operator family"
        case statistics
        case textSearchConfiguration = "text search configuration"
        case textSearchDictionary = "text search dictionary"
        case eventTrigger = "event trigger"
        case largeObject = "large object"
    }

    /// One right of one role, as `aclexplode` gives it.
    package struct Privilege: Sendable, Codable, Hashable {
        /// Nil: PUBLIC.
        package var grantee: String?
        package var grantor: String
        /// `SELECT`, `USAGE` …
        package var name: String
        package var isGrantable: Bool
        package var column: String?

        package init(
            grantee: String?, grantor: String, name: String, isGrantable: Bool = false, column: String? = nil,
        ) {
            self.grantee = grantee
            self.grantor = grantor
            self.name = name
            self.isGrantable = isGrantable
            self.column = column
        }
    }

    /// What `alter default privileges` has set.
    package struct DefaultPrivileges: Sendable, Codable, Equatable {
        package var role: String
        /// Nil: everywhere.
        package var schema: String?
        /// Kind of the objects: table, sequence, routine, type, schema or large object.
        package var kind: SecuredKind
        package var privileges: [Privilege]

        package init(role: String, schema: String?, kind: SecuredKind, privileges: [Privilege]) {
            self.role = role
            self.schema = schema
            self.kind = kind
            self.privileges = privileges
        }
    }
}

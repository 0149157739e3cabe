extension Catalog {
    /// What the connected role may do with this database, and what of it needs more than an ordinary role to be made
    /// elsewhere.
    package struct Rights: Sendable, Codable, Equatable {
        /// Whether it may alter the database: superuser, owner, or a member of the owner.
        package var ownsDatabase = true
        package var databaseOwner = ""
        /// Objects that only a superuser can create: functions in untrusted languages, base types, operator classes …
        package var superuserObjects: [ObjectID] = []
        /// Large objects that the role may not read.
        package var unreadableLargeObjects = 0
        /// Statements that make the event triggers, by name.
        package var eventTriggerStatements: [String: String] = [:]
        package var foreignServers: [ForeignServer] = []
        /// Foreign data wrappers that the role may make servers of.
        package var usableForeignDataWrappers: [String] = []
    }

    package struct ForeignServer: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: String
        package var wrapper: String
        /// Roles that it has user mappings for; without `public`.
        package var mappedRoles: [String]
    }
}

internal import Catalog

extension PlanDocument {
    /// What happens to roles, owners, privileges and the database's own settings.
    package struct Access: Sendable, Codable, Equatable {
        package struct Role: Sendable, Codable, Equatable {
            package enum Does: String, Sendable, Codable { case create, alter, keep }
            package var role: String
            package var does: Does
            /// What is altered of one that is there.
            package var changes: [String]
            package var lowered: [LeftOut]
            /// Settings of its own.
            package var settings: Int
        }
        package var roles: [Role]
        package var memberships: Int
        /// Roles and memberships that are not migrated.
        package var leftOut: [LeftOut]
        package var passwords: Bool
        /// Objects by new owner; nil where owners are not kept.
        package var owners: [String: Int]?
        /// Statements by kind of object; nil where privileges are not kept.
        package var privileges: [String: Int]?
        /// Objects by role that they name and the target will not have.
        package var missingRoles: [String: Int]
        /// Names of the settings, and `comment`.
        package var database: [String]

        private enum CodingKeys: String, CodingKey {
            case roles, memberships, passwords, owners, privileges, database
            case leftOut = "left_out"
            case missingRoles = "missing_roles"
        }
    }
}

extension PlanDocument.Access {
    init(_ decision: AccessDecision) {
        let roles = decision.roles
        self.init(
            roles: (roles?.roles ?? []).map { role in
                Role(
                    role: role.role.name, does: !role.existed ? .create : role.differences.isEmpty ? .keep : .alter,
                    changes: role.differences, lowered: role.lowered, settings: role.settings.count)
            },
            memberships: roles?.memberships.count ?? 0, leftOut: roles?.leftOut ?? [],
            passwords: roles?.takesPasswords ?? false, owners: decision.owners, privileges: decision.privileges,
            missingRoles: decision.missingRoles,
            database: (decision.database?.settings.map(\.name) ?? [])
                + (decision.database?.comment == nil ? [] : ["comment"]))
    }

    /// For people, a paragraph each; empty where there is nothing to say.
    var paragraphs: [String] {
        var result: [String] = []
        func names(_ does: Role.Does) -> [String] { roles.filter { $0.does == does }.map(\.role) }
        func list(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            result.append("\(title): \(Wording.list(items, limit: 30))")
        }
        list("roles made", names(.create))
        list(
            "roles that exist and are altered",
            roles.filter { $0.does == .alter }.map { "\($0.role) (\($0.changes.joined(separator: ", ")))" })
        list("roles that exist as they are", names(.keep))
        list(
            "lowered",
            roles.filter { !$0.lowered.isEmpty }.map { role in
                "\(role.role) without " + role.lowered.map { "\($0.what) (\($0.why))" }.joined(separator: ", ")
            })
        if memberships > 0 { result.append(Wording.count(memberships, "membership")) }
        if roles.contains(where: { $0.does == .create }) {
            result.append(
                passwords
                    ? "passwords: their hashes are taken along"
                    : "passwords: set by hand afterwards, the statements are written")
        }
        // The first superuser is everywhere.
        let others = leftOut.filter { !$0.why.contains("first superuser") }
        for (why, items) in Dictionary(grouping: others, by: \.why).sorted(by: { $0.key < $1.key }) {
            result.append("left out: \(Wording.list(items.map(\.what), limit: 8)) (\(why))")
        }
        list("owners", (owners ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) → \($0.key)" })
        if let privileges, !privileges.isEmpty {
            let kinds = privileges.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            let count = privileges.values.reduce(0, +)
            result.append("privileges: \(Wording.count(count, "statement")) (\(kinds.joined(separator: ", ")))")
        }
        list("the database's", database)
        return result
    }
}

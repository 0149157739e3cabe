internal import PlanFile
internal import Postgres

/// Makes the connected role a member of others, as far as it may, to act in their place. A superuser needs it not.
struct RoleBorrower {
    private let target: Connection
    private let user: String
    private let isSuperuser: Bool
    /// Why it is refused; nil where it is not.
    private var answers: [String: String?] = [:]
    private(set) var borrowed: [String] = []

    init(_ target: Connection, user: String, isSuperuser: Bool) {
        self.target = target
        self.user = user
        self.isSuperuser = isSuperuser
    }

    /// In the caller's transaction.
    /// - Returns: why it cannot act for `role`; nil where it can.
    mutating func borrow(_ role: String) throws -> String? {
        guard !isSuperuser, role != user else { return nil }
        if let known = answers[role] { return known }
        let isSet = target.serverVersion >= 160_000
        let held = try target.scalar(
            """
            select pg_catalog.pg_has_role(r.oid, 'usage') \(isSet ? "and pg_catalog.pg_has_role(r.oid, 'set')" : "")
            from pg_catalog.pg_roles r where r.rolname = $1
            """, [role])
        var reason: String?
        if held != "t" {
            let names = "\(QualifiedName.quoted(role)) to \(QualifiedName.quoted(user))"
            do {
                try target.savepoint {
                    try target.execute("grant \(names)" + (isSet ? " with inherit true, set true" : ""))
                }
                borrowed.append(role)
            } catch PostgresError.server(let refusal) {
                reason = "\(user) may not act for \(role): \(refusal.message)"
            }
        }
        answers[role] = reason
        return reason
    }

    /// Undoes what `borrow` granted. In the caller's transaction.
    static func giveBack(_ role: String, from user: String, _ target: Connection) throws {
        do {
            try target.savepoint {
                try target.execute("revoke \(QualifiedName.quoted(role)) from \(QualifiedName.quoted(user))")
            }
        } catch let error as PostgresError {
            guard case .server = error, !error.endsSession, !error.isTransient else { throw error }
        }
    }
}

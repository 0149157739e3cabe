import Catalog
import PlanFile

/// What the connected role must be allowed to do on the target.
enum TargetRightsChecks {
    static let all = [createInDatabase, replicationRole]

    private static let createInDatabase = Check(
        "SK208", "The role may not create in the target database",
        """
        Skein creates the schemas of the source and its own schema `skein` (the migration's state) in the target \
        database, which needs the CREATE right on the database.
        """
    ) { context, findings in
        let server = context.target.server
        guard !server.canCreateInDatabase else { return }
        let (database, user) = (QualifiedName.quoted(server.database), QualifiedName.quoted(server.user))
        findings.add(
            .error, "role \(QualifiedName.quotedIfNeeded(server.user)) may not create schemas in the target database",
            why: "The source's schemas and Skein's own state are made there.",
            cure: "run on the target, as the database's owner",
            statement: "grant create on database \(database) to \(user);", at: Side.target.location(context))
    }

    private static let replicationRole = Check(
        "SK209", "The role may not set session_replication_role",
        """
        While rows are copied, triggers and foreign keys on the target must stay silent; Skein sets \
        `session_replication_role = replica` in its sessions. Superusers may, and since PostgreSQL 15 the right can \
        be granted. Managed services grant it to their admin role.
        """
    ) { context, findings in
        let server = context.target.server
        guard !server.canSetReplicationRole else { return }
        let canBeGranted = server.major >= 15
        let user = QualifiedName.quoted(server.user)
        findings.add(
            .error, "role \(QualifiedName.quotedIfNeeded(server.user)) may not set session_replication_role",
            why: "Triggers and foreign keys of the target must stay silent while rows are copied.",
            cure: canBeGranted
                ? "run on the target, as a superuser"
                : "let target.uri name a superuser: PostgreSQL \(server.major) cannot grant this right",
            statement: canBeGranted ? "grant set on parameter session_replication_role to \(user);" : nil,
            object: "session_replication_role", at: Side.target.location(context))
    }
}

import Catalog
import PlanFile

/// What the connected role must be allowed to do on the target.
enum TargetRightsChecks {
    static let all = [createInDatabase, replicationRole, createInSchemas]

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
        let user = QualifiedName.quoted(server.user)
        let profile = context.provider(.target).profile
        let cure: (words: String, statement: String?) =
            switch profile.provider {
            // rds_superuser may set it; only the service itself could grant it (rds.superuser_variables).
            case .rds, .aurora: ("run on the target as the master user", "grant rds_superuser to \(user);")
            case .mst, .tigerCloud:
                ("let target.uri name \(profile.strongestRole): no other role of \(profile.name) may", nil)
            case _ where server.major >= 15:
                (
                    "run on the target, as a superuser",
                    "grant set on parameter session_replication_role to \(user);"
                )
            default: ("let target.uri name a superuser: PostgreSQL \(server.major) cannot grant this right", nil)
            }
        findings.add(
            .error, "role \(QualifiedName.quotedIfNeeded(server.user)) may not set session_replication_role",
            why: "Triggers and foreign keys of the target must stay silent while rows are copied.",
            cure: cure.words, statement: cure.statement,
            object: "session_replication_role", at: Side.target.location(context))
    }

    private static let createInSchemas = Check(
        "SK227", "The role may not create in a schema of the target",
        """
        A schema of the source that exists on the target is used as it is, so the connected role needs the CREATE \
        right on it. Since PostgreSQL 15 this goes for `public`, too, which belongs to the database's owner.
        """
    ) { context, findings in
        let server = context.target.server
        let objects = context.source.objects.filter { context.selected.objects.contains($0.id) }.compactMap(\.schema)
        let needed = Set(context.relations.map(\.name.schema) + objects)
        let user = QualifiedName.quoted(server.user)
        for schema in context.target.schemas where needed.contains(schema.name) && !schema.isCreatable {
            let name = QualifiedName.quotedIfNeeded(schema.name)
            findings.add(
                .error,
                "role \(QualifiedName.quotedIfNeeded(server.user)) may not create in schema \(name) of the target",
                why: "It belongs to \(QualifiedName.quotedIfNeeded(schema.owner)).",
                cure: "run on the target, as the schema's owner",
                statement: "grant create, usage on schema \(QualifiedName.quoted(schema.name)) to \(user);",
                object: name, at: Side.target.location(context))
        }
    }
}

import Catalog
import PlanFile

/// Objects of the source that the target's role may not make, though it may make schemas and tables.
enum TargetObjectChecks {
    static let all = [eventTriggers, superuserObjects, wrappers, mappedRoles, forcedPolicies]

    /// Event triggers need a superuser; Amazon lets its master user make them.
    static func mayMakeEventTriggers(_ target: Catalog.Server, _ profile: ProviderProfile) -> Bool {
        target.isSuperuser || ([.rds, .aurora].contains(profile.provider) && profile.isAdministrator(target))
    }

    private static let eventTriggers = Check(
        "SK236", "Event triggers are left out, because the target's role may not create them",
        """
        Only a superuser can create an event trigger; on RDS and Aurora the master user can, too. Where the target's \
        role can not, they are left out, with everything else as it is: the functions that they call are made. Have \
        them created afterwards by whoever may.
        """
    ) { context, findings in
        let profile = context.provider(.target).profile
        guard !mayMakeEventTriggers(context.target.server, profile) else { return }
        let statements = context.source.rights.eventTriggerStatements
        for name in context.source.eventTriggers {
            let object = QualifiedName.quotedIfNeeded(name)
            findings.add(
                .warning, "event trigger \(object) is left out",
                why: "Role \(QualifiedName.quotedIfNeeded(context.target.server.user)) of the target is no superuser.",
                cure: profile.isManaged
                    ? "ask \(profile.name) whether it can be had; elsewhere a superuser runs"
                    : "run on the target as a superuser, after the migration",
                statement: statements[name], object: object, at: Side.target.location(context))
        }
    }

    private static let superuserObjects = Check(
        "SK237", "Only a superuser can create what the source has",
        """
        Functions in untrusted languages (C, plpython3u, plperlu) or marked leakproof, base types, operator classes and \
        families, text search parsers and templates, foreign data wrappers, access methods, languages and binary casts \
        can be created by superusers only, except as members of an extension. On a managed service they cannot be had: \
        rewrite them on the source, or leave out the schema that holds them.
        """
    ) { context, findings in
        let server = context.target.server
        guard !server.isSuperuser else { return }
        let restricted = Set(context.source.rights.superuserObjects)
        let profile = context.provider(.target).profile
        for object in context.source.objects
        where restricted.contains(object.id) && context.selected.objects.contains(object.id) {
            let exclusion = object.schema.map { schema in
                "leave out its schema (`select: {schemas: {exclude: [\(Wording.yaml(schema))]}}`)"
            }
            findings.add(
                .error,
                "role \(QualifiedName.quotedIfNeeded(server.user)) may not create \(object.kind) \(object.identity) on "
                    + "the target",
                why: "Only a superuser may"
                    + (profile.isManaged ? ", and \(profile.name) makes nobody one." : "."),
                cure: [
                    exclusion, profile.isManaged ? "do without it on the source" : "let target.uri name a superuser",
                ].compactMap(\.self).joined(separator: ", or "),
                object: object.identity, at: Side.target.location(context))
        }
    }

    private static let wrappers = Check(
        "SK238", "The role may not use a foreign data wrapper on the target",
        """
        A foreign server needs the USAGE right on its foreign data wrapper, which belongs to whoever created the \
        extension. Where Skein creates the extension, the role has it.
        """
    ) { context, findings in
        let server = context.target.server
        guard !server.isSuperuser else { return }
        let existing = Set(context.target.extensions.map(\.name))
        let usable = Set(context.target.rights.usableForeignDataWrappers)
        let user = QualifiedName.quoted(server.user)
        let wrappers = Set(context.source.rights.foreignServers.filter { isSelected($0, context) }.map(\.wrapper))
        for wrapper in wrappers.sorted() where existing.contains(wrapper) && !usable.contains(wrapper) {
            findings.add(
                .error,
                "role \(QualifiedName.quotedIfNeeded(server.user)) may not use foreign data wrapper "
                    + "\(QualifiedName.quotedIfNeeded(wrapper)) on the target",
                why: "Foreign servers of the source use it.",
                cure: "run on the target as \(context.provider(.target).profile.strongestRole), or its owner",
                statement: "grant usage on foreign data wrapper \(QualifiedName.quoted(wrapper)) to \(user);",
                object: wrapper, at: Side.target.location(context))
        }
    }

    private static let mappedRoles = Check(
        "SK239", "A user mapping names a role that the target lacks",
        """
        User mappings of foreign servers are moved with the servers, and each is for a role, which must exist. Their \
        passwords are only in the dump where the connected role may see them.
        """
    ) { context, findings in
        let known = Set(context.target.server.roles).union(context.madeRoles)
        for server in context.source.rights.foreignServers where isSelected(server, context) {
            for role in server.mappedRoles where !known.contains(role) {
                findings.add(
                    .error, "role \(QualifiedName.quotedIfNeeded(role)) does not exist on the target",
                    why: "Foreign server \(QualifiedName.quotedIfNeeded(server.name)) has a user mapping for it.",
                    cure: "run on the target", statement: "create role \(QualifiedName.quoted(role));",
                    object: QualifiedName.quotedIfNeeded(role), at: Side.target.location(context))
            }
        }
    }

    private static let forcedPolicies = Check(
        "SK226", "Forced row security would hide the target's rows from Skein",
        """
        With `force row level security`, policies apply to a table's owner, too, which on the target is the connected \
        role: once they are made, it could neither compare nor copy again. Superusers and roles with BYPASSRLS pass \
        them. Where neither can be had, force them after the migration.
        """
    ) { context, findings in
        let server = context.target.server
        guard !server.isSuperuser, !server.bypassesRowSecurity else { return }
        let profile = context.provider(.target).profile
        for relation in context.relations
        where context.copiesRows(of: relation) && relation.hasRowSecurity && relation.forcesRowSecurity {
            findings.add(
                .error,
                "forced row security would hide rows of \(relation.name) from role "
                    + "\(QualifiedName.quotedIfNeeded(server.user)) on the target",
                why: "It will own the table there, and policies apply to its owner.",
                cure: (profile.mayHave(.bypassrls) ? "give the target's role BYPASSRLS, or " : "")
                    + "run on the source for the time of the migration, and force it on both sides afterwards",
                statement: "alter table \(relation.name.sql) no force row level security;",
                object: relation.name.description, at: Side.target.location(context))
        }
    }

    private static func isSelected(_ server: Catalog.ForeignServer, _ context: CheckContext) -> Bool {
        context.selected.objects.contains(.init(catalog: "pg_foreign_server", oid: server.oid))
    }
}

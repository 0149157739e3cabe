import Catalog
import PlanFile

/// Roles, owners and privileges: what the target will not allow of them.
enum RoleChecks {
    static let all = [
        policyRoles, mayNotCreate, missingRoles, loweredRoles, unreadablePasswords, md5Passwords, mayNotActFor,
        ownersRights, databaseSettings,
    ]

    private static func shown(_ role: String) -> String { QualifiedName.quotedIfNeeded(role) }

    private static let policyRoles = Check(
        "SK240", "A policy names a role that the target lacks",
        """
        `create policy … to role` fails when the role does not exist. Let `roles` migrate it, create it on the target (it \
        may be without login), or leave the tables out.
        """
    ) { context, findings in
        let known = Set(context.target.server.roles).union(context.madeRoles)
        var tables: [String: [String]] = [:]
        for policy in context.source.policies where context.selected.relations.contains(policy.table) {
            guard let relation = context.relation(policy.table) else { continue }
            for role in policy.roles where !known.contains(role) {
                tables[role, default: []].append("\(QualifiedName.quotedIfNeeded(policy.name)) on \(relation.name)")
            }
        }
        for (role, policies) in tables.sorted(by: { $0.key < $1.key }) {
            findings.add(
                .error, "role \(shown(role)) does not exist on the target",
                why: "Row security policies name it: \(Wording.list(policies.sorted())). "
                    + "They could not be created. The plan does not migrate the role.",
                cure: "run on the target", statement: "create role \(QualifiedName.quoted(role));",
                object: shown(role), at: Side.target.location(context))
        }
    }

    private static let mayNotCreate = Check(
        "SK242", "The role may not create roles on the target",
        """
        `roles.migrate`, which is true where the plan says nothing, makes the source's roles on the target. That takes \
        CREATEROLE there. Give it, make the roles by hand, or say `roles: {migrate: false}`.
        """
    ) { context, findings in
        guard let roles = context.access.roles else { return }
        let server = context.target.server
        guard !RoleMaker(server, context.target.access).mayCreateRoles else { return }
        let known = Set(server.roles)
        let wanted = roles.leftOut.filter { $0.why.hasSuffix("may not create roles on the target") }
            .compactMap { $0.what.split(separator: " ", maxSplits: 1).last.map(String.init) }
        guard !wanted.isEmpty, !wanted.allSatisfy(known.contains) else { return }
        findings.add(
            context.plan.roles.migrate.location == nil ? .warning : .error,
            "role \(shown(server.user)) may not create roles on the target",
            why: "\(Wording.count(wanted.count, "role")) of the source would be left out: \(Wording.list(wanted)).",
            cure: "say `roles: {migrate: false}` in the plan, or run on the target, as a superuser",
            statement: "alter role \(QualifiedName.quoted(server.user)) createrole;", object: "roles.migrate",
            at: context.plan.roles.migrate.location ?? Side.target.location(context))
    }

    private static let missingRoles = Check(
        "SK243", "A role that owns objects or has rights will not be on the target",
        """
        `grants` keeps owners and privileges of roles that the target has. What belongs to others stays with the role that \
        Skein connects with, and their rights are not granted: `migrate` writes the statements into NAME-todo.sql.
        """
    ) { context, findings in
        for (role, count) in context.access.missingRoles.sorted(by: { $0.key < $1.key }) {
            findings.add(
                .warning, "role \(shown(role)) will not be on the target",
                why:
                    "It owns, or has rights on, \(Wording.count(count, "object")) of what is migrated. These statements go "
                    + "into \(context.plan.name.value.text)-todo.sql.",
                cure: "let `roles` migrate it, or run on the target",
                statement: "create role \(QualifiedName.quoted(role));",
                object: shown(role),
                at: context.plan.grants.owners.location ?? context.plan.grants.privileges.location)
        }
    }

    private static let loweredRoles = Check(
        "SK244", "A role gets less on the target than it has on the source",
        """
        Superusers alone make superusers, and since PostgreSQL 16 a role gives REPLICATION, BYPASSRLS and CREATEDB only \
        where it has them itself; managed services give some of them to nobody. Everything else of the role is migrated.
        """
    ) { context, findings in
        for role in context.access.roles?.roles ?? [] where !role.lowered.isEmpty {
            let words = role.lowered.map(\.what).joined(separator: ", ")
            findings.add(
                .warning, "role \(shown(role.role.name)) does not get \(words) on the target",
                why: "There, " + Set(role.lowered.map(\.why)).sorted().joined(separator: "; ") + ".",
                cure: "where the role needs it, run on the target afterwards, as a superuser",
                statement: "alter role \(QualifiedName.quoted(role.role.name)) "
                    + role.lowered.map { $0.what.lowercased() }.joined(separator: " ") + ";",
                object: shown(role.role.name), at: context.plan.roles.migrate.location)
        }
    }

    private static let unreadablePasswords = Check(
        "SK245", "The role may not read the password hashes of the source",
        """
        The hashes are in `pg_authid`, which superusers alone may read; managed services let nobody. With \
        `roles: {passwords: false}` the roles are made without passwords, and `migrate` writes down what sets them.
        """
    ) { context, findings in
        let passwords = context.plan.roles.passwords
        guard passwords.value, context.plan.roles.migrate.value, !context.source.access.canReadPasswords else { return }
        findings.add(
            .error, "role \(shown(context.source.server.user)) may not read password hashes on the source",
            why: "`roles.passwords` needs SELECT on pg_authid.",
            cure: "say `passwords: false`, or let source.uri name a superuser", object: "roles.passwords",
            at: passwords.location)
    }

    private static let md5Passwords = Check(
        "SK246", "A role's password is kept as an MD5 hash",
        """
        The hash is taken along as it is. PostgreSQL 18 deprecates MD5 passwords, and services that want SCRAM refuse them: \
        set such a password anew, which stores it as `password_encryption` says.
        """
    ) { context, findings in
        guard context.plan.roles.passwords.value, let decision = context.access.roles else { return }
        let names = decision.roles.filter { $0.role.password == .md5 }.map { shown($0.role.name) }
        guard !names.isEmpty else { return }
        findings.add(
            .note, "\(Wording.count(names.count, "role has", "roles have")) an MD5 password: \(Wording.list(names))",
            why: "PostgreSQL 18 deprecates these, and a later version will not take them.",
            cure: "set the passwords anew afterwards", object: names[0], at: context.plan.roles.passwords.location)
    }

    private static let mayNotActFor = Check(
        "SK247", "The role cannot hand objects to a role of the target",
        """
        Whoever is no superuser hands an object only to roles that it is a member of, or may make itself one. Since \
        PostgreSQL 16 that takes ADMIN OPTION on the role, which its maker has. Skein makes itself a member for as long as \
        the migration lasts.
        """
    ) { context, findings in
        guard let owners = context.access.owners else { return }
        let (server, access) = (context.target.server, context.target.access)
        guard !server.isSuperuser else { return }
        let maker = RoleMaker(server, access)
        let made = Set(context.access.roles?.roles.filter { !$0.existed }.map(\.role.name) ?? [])
        let held = Set(server.roleMemberships)
        for (role, count) in owners.sorted(by: { $0.key < $1.key }) where !made.contains(role) && !held.contains(role) {
            let isSuperuser = access.roles.contains { $0.name == role && $0.attributes.contains(.superuser) }
            let mayGrant =
                access.memberships.contains { $0.role == role && $0.member == server.user && $0.isAdmin }
                || server.versionNumber < 160_000 && maker.mayCreateRoles && !isSuperuser
            guard !mayGrant else { continue }
            findings.add(
                .warning, "role \(shown(server.user)) cannot hand objects to \(shown(role))",
                why: "\(Wording.count(count, "object")) would keep another owner, and the statements go into "
                    + "\(context.plan.name.value.text)-todo.sql.",
                cure: "run on the target, as a superuser or as who may grant the role",
                statement:
                    "grant \(QualifiedName.quoted(role)) to \(QualifiedName.quoted(server.user)) with admin option;",
                object: shown(role), at: context.plan.grants.owners.location)
        }
    }

    private static let ownersRights = Check(
        "SK248", "Owners' own rights are not among the privileges",
        """
        An owner may do everything with what it owns, without any grant. With `privileges: true` and `owners: false` the \
        objects belong to the role that Skein connects with, and their former owners keep only what was granted to them.
        """
    ) { context, findings in
        let grants = context.plan.grants
        guard grants.privileges.value, !grants.owners.value else { return }
        let known = Set(context.target.server.roles).union(context.madeRoles)
        let user = context.target.server.user
        let owners = Set(context.relations.map(\.owner)).filter { $0 != user && known.contains($0) }.sorted()
        guard !owners.isEmpty else { return }
        findings.add(
            .warning, "owners lose their rights: \(Wording.list(owners.map(shown)))",
            why:
                "`grants.owners` is false, so their tables will belong to \(shown(user)), and an owner's own rights are "
                + "no grants.",
            cure: "say `grants: {owners: true, privileges: true}`", object: shown(owners[0]),
            at: grants.privileges.location)
    }

    private static let databaseSettings = Check(
        "SK249", "A setting of the source database is not taken along",
        """
        What `alter database … set` says on the source is said on the target, too, where the target database does not say \
        something else itself. A read-only default is left out: it is how databases are fenced. \
        `select: {database-settings: false}` leaves all of it out.
        """
    ) { context, findings in
        for item in context.access.database?.leftOut ?? [] {
            findings.add(
                .note, "the source database's \(item.what) is not taken along",
                why: item.why.prefix(1).uppercased() + item.why.dropFirst() + ".",
                object: item.what, at: context.plan.select.databaseSettings?.location)
        }
    }
}

extension CheckContext {
    /// Roles that the target has after the first task.
    var madeRoles: [String] { access.roles?.roles.map(\.role.name) ?? [] }
}

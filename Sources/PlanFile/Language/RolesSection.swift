/// `roles`
enum RolesSection {
    static let migrate = Key(
        "migrate", .boolean,
        "Whether the source's roles are made on the target, with attributes, settings, memberships and comments: all of "
            + "the server's, as pg_dumpall --roles-only takes them, but the first superuser, the server's own (`pg_*`) and "
            + "the provider's. A role that exists on the target is brought in line, never dropped.", default: true,
    )
    static let include = Key(
        "include", names("readings_*"),
        "The roles to migrate; all where the list is empty. An entry that matches nothing is an error.",
        default: .array([]),
    )
    static let exclude = Key(
        "exclude", names("rdsadmin"), "The roles to leave out, of those included.", default: .array([]))
    static let passwords = Key(
        "passwords", .boolean,
        "Whether the roles' password hashes are taken along, which only a superuser may read on the source. They are kept "
            + "nowhere. Otherwise passwords are set by hand: `migrate` writes the statements down.", default: false,
    )

    static let keys = [migrate.declared, include.declared, exclude.declared, passwords.declared]
    static let shape = Shape<Plan.Roles>.section(keys) { fields, decoding in
        .init(
            migrate: decoding.read(migrate, in: fields, default: true),
            include: decoding.read(include, in: fields)?.value,
            exclude: decoding.list(exclude, in: fields),
            passwords: decoding.read(passwords, in: fields, default: false),
        )
    }

    private static func names(_ example: String) -> Shape<[Located<NamePattern>]> {
        .list(of: .pattern("a role's name", examples: [.string(example)]), "a list of roles")
    }
}

/// `grants`
enum GrantsSection {
    static let owners = Key(
        "owners", .boolean,
        "Whether objects keep their owners. Otherwise they belong to the role that Skein connects to the target with.",
        default: false,
    )
    static let privileges = Key(
        "privileges", .boolean,
        "Whether granted privileges are kept, columns' and default privileges too.", default: false,
    )

    static let keys = [owners.declared, privileges.declared]
    static let shape = Shape<Plan.Grants>.section(keys) { fields, decoding in
        .init(
            owners: decoding.read(owners, in: fields, default: false),
            privileges: decoding.read(privileges, in: fields, default: false),
        )
    }
}

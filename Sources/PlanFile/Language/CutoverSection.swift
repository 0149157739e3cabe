/// `roles`
enum RolesSection {
    static let migrate = Key("migrate", .boolean, "Whether the source's roles are made on the target.", default: true)
    static let exclude = Key(
        "exclude", Shape<NamePattern>.list(of: .pattern("a role's name", examples: ["rdsadmin"]), "a list of roles"),
        "Roles to leave out.", default: .array([]),
    )
    static let passwords = Key(
        "passwords", .boolean, "Whether the roles' password hashes are taken along, which needs a superuser.",
        default: false,
    )

    static let keys = [migrate.declared, exclude.declared, passwords.declared]
    static let shape = Shape<Plan.Roles>.section(keys) { fields, decoding in
        .init(
            migrate: decoding.read(migrate, in: fields, default: true),
            exclude: decoding.list(exclude, in: fields),
            passwords: decoding.read(passwords, in: fields, default: false),
        )
    }
}

/// `grants`
enum GrantsSection {
    static let owners = Key("owners", .boolean, "Whether objects keep their owners.", default: false)
    static let privileges = Key("privileges", .boolean, "Whether granted privileges are kept.", default: false)

    static let keys = [owners.declared, privileges.declared]
    static let shape = Shape<Plan.Grants>.section(keys) { fields, decoding in
        .init(
            owners: decoding.read(owners, in: fields, default: false),
            privileges: decoding.read(privileges, in: fields, default: false),
        )
    }
}

/// `cutover`
enum CutoverSection {
    static let approval = Key(
        "approval", Shape<Plan.Cutover.Approval>.choice(),
        "Whether cutover waits for `skein cutover`, or begins by itself once the lag is below `max-lag`.",
        default: "manual",
    )
    static let maxLag = Key(
        "max-lag", .duration, "How far behind the source the target may be when cutover begins.", default: "5 s")
    static let fence = Key(
        "fence", Shape<Plan.Cutover.Fence>.choice(),
        "What keeps the application from writing to the source during cutover: nothing of ours, or making the "
            + "source's database read-only.", default: "none",
    )
    static let verify = Key(
        "verify", Shape<Plan.Cutover.Verify>.choice(),
        "How source and target are compared at the end.", default: "checksums",
    )

    static let keys = [approval.declared, maxLag.declared, fence.declared, verify.declared]
    static let shape = Shape<Plan.Cutover>.section(keys) { fields, decoding in
        var cutover = silent
        cutover.approval = decoding.read(approval, in: fields, default: cutover.approval.value)
        cutover.maxLag = decoding.read(maxLag, in: fields, default: cutover.maxLag.value)
        cutover.fence = decoding.read(fence, in: fields, default: cutover.fence.value)
        cutover.verify = decoding.read(verify, in: fields, default: cutover.verify.value)
        return cutover
    }

    /// The cutover of a plan that says nothing about it.
    static let silent = Plan.Cutover(
        approval: Located(.manual),
        maxLag: Located(PlanDuration(microseconds: 5_000_000, text: "5 s")),
        fence: Located(.none),
        verify: Located(.checksums),
    )
}

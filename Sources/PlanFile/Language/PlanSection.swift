/// The whole plan: the keys at the left margin.
enum PlanSection {
    static let version = Key("version", languageVersion, "The version of the plan language.", default: 1)
    static let name = Key(
        "name", planName,
        "The migration's name, from which the slot, the publications and the state's rows have theirs.",
        required: true,
    )
    static let extends = Key(
        "extends", .path,
        "Another plan file, relative to this file's folder, that this one completes: this file's keys win, lists "
            + "replace, mappings merge.",
    )
    static let mode = Key(
        "mode", Shape<Plan.Mode>.choice(),
        "`live` follows the source's changes until cutover; `offline` copies a source that nobody writes to.",
        default: "live",
    )
    static let source = Key("source", ServerSection.shape, "The database to move.", required: true)
    static let target = Key("target", ServerSection.shape, "The database to move it into.", required: true)
    static let select = Key(
        "select", SelectSection.shape,
        "What is migrated: by default everything but system schemas and members of extensions.",
    )
    static let hypertables = Key(
        "hypertables", Shape<Plan.Hypertable>.list(of: HypertableSection.shape, "a list of hypertables"),
        "The tables that become hypertables.", default: .array([]),
    )
    static let copy = Key("copy", CopySection.shape, "How rows are copied.")
    static let replication = Key("replication", ReplicationSection.shape, "How changes are followed in live mode.")
    static let roles = Key("roles", RolesSection.shape, "Which roles are migrated.")
    static let grants = Key("grants", GrantsSection.shape, "Which owners and privileges are kept.")
    static let cutover = Key("cutover", CutoverSection.shape, "How the application moves over.")

    static let keys = [
        version.declared, name.declared, extends.declared, mode.declared, source.declared, target.declared,
        select.declared, hypertables.declared, copy.declared, replication.declared, roles.declared, grants.declared,
        cutover.declared,
    ]
    static let shape = Shape<Plan>.section(
        keys, partial: true, wanted: "a mapping with `name`, `source` and `target`", build: build)

    private static let languageVersion = Shape<Int>.scalar(
        "the number 1", schema: .withVariable(["enum": [1]]),
    ) { scalar throws(ValueProblem) in
        guard try scalar.requireInteger() == 1 else {
            throw ValueProblem(
                .unknownVersion, reason: "this Skein knows version 1 only", cure: "Use a newer Skein for this plan.")
        }
        return 1
    }

    private static let planName = Shape<PlanName>.text(
        "a name such as `iot-production`", pattern: PlanName.pattern, examples: ["iot-production"],
    ) { text throws(ValueProblem) in try PlanName(parsing: text) }

    private static func build(_ fields: Fields, _ decoding: inout Decoding) -> Plan? {
        _ = decoding.read(version, in: fields)
        let name = decoding.read(name, in: fields)
        let source = decoding.read(source, in: fields)?.value
        let target = decoding.read(target, in: fields)?.value
        let silentCopy = Plan.CopySettings(skipTableData: [], format: Located(.auto))
        let silentReplication = Plan.Replication(
            plugin: Located(.auto), identity: [], spool: SpoolSection.silent(decoding.file))
        let everything = Plan.Selection(
            schemas: .init(include: [], exclude: []), tables: .init(include: [], exclude: []), excludedIndexes: [],
            excludedExtensions: [],
        )
        let roles = Plan.Roles(migrate: Located(true), exclude: [], passwords: Located(false))
        let mode = decoding.read(mode, in: fields, default: .live)
        let selection = decoding.read(select, in: fields)?.value ?? everything
        let tables = hypertableEntries(fields, &decoding)
        let copySettings = decoding.read(copy, in: fields)?.value ?? silentCopy
        let following = decoding.read(replication, in: fields)?.value ?? silentReplication
        let roleSettings = decoding.read(Self.roles, in: fields)?.value ?? roles
        let grantSettings =
            decoding.read(grants, in: fields)?.value
            ?? Plan.Grants(owners: Located(false), privileges: Located(false))
        let cutoverSettings = decoding.read(cutover, in: fields)?.value ?? CutoverSection.silent
        guard let name, let source, let target else { return nil }
        return Plan(
            file: decoding.file, hash: "", name: name, mode: mode, source: source, target: target, select: selection,
            hypertables: tables, copy: copySettings, replication: following, roles: roleSettings,
            grants: grantSettings, cutover: cutoverSettings,
        )
    }

    private static func hypertableEntries(_ fields: Fields, _ decoding: inout Decoding) -> [Plan.Hypertable] {
        let entries = decoding.list(hypertables, in: fields).map(\.value)
        var seen: Set<QualifiedName> = []
        for entry in entries where !seen.insert(entry.table.value).inserted {
            decoding.reportTableTwice(entry.table, in: "hypertables")
        }
        return entries
    }
}
